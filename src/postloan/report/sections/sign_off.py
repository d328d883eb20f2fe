"""The sign-off block: prepared, reviewed, approved, by different people, on paper."""

from __future__ import annotations

from postloan.report.pack import Pack
from postloan.report.section import Field, Format, Row, Section, Table


def sign_off(pack: Pack) -> Section:
    """Build the section; names and dates other than the preparer's are left for the signatories."""
    text = pack.text
    fields = (
        Field("role", text("Role"), Format.TEXT),
        Field("name", text("Name"), Format.TEXT),
        Field("date", text("Date"), Format.TEXT),
        Field("comment", text("Comment"), Format.TEXT),
    )
    rows = (
        Row("prepared", (text("Prepared"), pack.head.prepared_by, "", "")),
        Row("reviewed", (text("Reviewed"), "", "", "")),
        Row("approved", (text("Approved"), "", "", "")),
    )
    return Section(
        key="sign_off",
        heading=text("Sign-off"),
        takeaway=text(
            "Prepared, reviewed and approved by different people; signing does not change the pack."
        ),
        blocks=(Table("signatures", text("Signatures"), fields, rows),),
    )
