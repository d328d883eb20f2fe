"""The pack of a notebook: the one that ``build`` prepared, or a draft computed on the spot."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from postloan.report.pack import Pack, open_pack


def open_review(
    results: str,
    *,
    pack_file: str,
    book: str,
    as_of: str,
    policy: str,
    scope: str,
    lang: str,
    plan: str = "",
    subject: str = "",
) -> Pack:
    """Return the pack that the notebook shows.

    Args:
        results: Pack file that ``postloan build`` wrote; blank computes the results here, as a draft.
        pack_file: Parameters in ``params/packs/``; the values below go before what it says.
        book: Folder of the book; read only when the results are computed here.
        as_of: Observation date, ``YYYY-MM-DD``.
        policy: Name of a policy in ``params/policies/``.
        scope: ``all``, a branch, or ``product=`` and a product.
        lang: ``zh`` or ``en``.
        subject: Whom an investigation looks at; blank for a report on the portfolio.
        plan: Name of a plan policy or composition in ``params/policies/``; blank takes the pack file's.

    Raises:
        Fault: 2 for a parameter that cannot be, naming the nearest that can.
    """
    if results:
        return open_pack(results)
    # What computes is not loaded into a kernel that only renders.
    from postloan.jobs.build import draft

    given = {"book": book, "as_of": as_of, "policy": policy, "scope": scope, "lang": lang}
    given |= {"plan": plan} if plan else {}
    given |= {"subject": subject} if subject else {}
    with TemporaryDirectory() as folder:
        return open_pack(draft(Path(pack_file), given, Path(folder)))
