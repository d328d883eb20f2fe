"""The subject of an investigation: a customer, a connected group, a list of loans, or a segment."""

from __future__ import annotations

from dataclasses import dataclass

from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.model.mask import scrubbed
from postloan.model.nearest import nearest

ONE = ("customer", "group", "loan")  # who is looked at one by one
SEGMENT = ("branch", "product", "industry", "region", "cohort", "officer")
# Columns of ``position`` that the keys of a segment cut.
COLUMNS = {"officer": "officer_id", "loan": "loan_id", "customer": "customer_id"}


LABELS = {
    "customer": Label("客户", "Customer"),
    "group": Label("关联集团", "Connected group"),
    "loan": Label("借据", "Loan"),
    "branch": Label("机构", "Branch"),
    "product": Label("产品", "Product"),
    "industry": Label("行业", "Industry"),
    "region": Label("地区", "Region"),
    "cohort": Label("放款批次", "Cohort"),
    "officer": Label("客户经理", "Officer"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Conditions that all hold: a key and the values it may have.

    ``text`` is how it is written: ``customer=KH01``, ``loan=A,B``, ``industry=建筑业&region=东江省``; a cohort is
    the month of lending, ``2026-02``.
    """

    text: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def parse(cls, text: str) -> Subject:
        """Return the subject that ``text`` names.

        Raises:
            Fault: 2 for a key that does not exist, a part without value, or a mix of one by one and segment.
        """
        parts = tuple(_part(part) for part in text.split("&"))
        keys = [key for key, _ in parts]
        if len(set(keys)) != len(keys) or (len(keys) > 1 and any(key in ONE for key in keys)):
            raise Fault(
                f"subject {scrubbed(text)!r}: {keys[0]} and {keys[-1]} cannot be combined",
                f"give one of {', '.join(ONE)}, or different ones of {', '.join(SEGMENT)}",
            )
        return cls(text, parts)

    @property
    def is_segment(self) -> bool:
        """Say whether it is a part of the portfolio, not some customers or loans."""
        return all(key in SEGMENT for key, _ in self.parts)

    def name(self, lang: str) -> str:
        """Return the subject as a reader sees it: the keys in words, the values as they are."""
        comma = "、" if lang == "zh" else ", "
        return " · ".join(f"{LABELS[key].text(lang)} {comma.join(values)}" for key, values in self.parts)


def _part(text: str) -> tuple[str, tuple[str, ...]]:
    key, sign, value = text.partition("=")
    if key not in (*ONE, *SEGMENT):
        raise Fault(f"subject {scrubbed(text)!r}: no key {scrubbed(key)!r}", nearest(key, (*ONE, *SEGMENT)))
    values = tuple(part for part in value.split(",") if part)
    if not sign or not values:
        raise Fault(f"subject {scrubbed(text)!r} names nothing", f"write {key}=VALUE")
    return key, values
