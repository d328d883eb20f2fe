"""The view: everything an analyst has chosen, as one small record that can be copied, kept and opened again."""

from __future__ import annotations

import json
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from postloan.model.fault import Fault
from postloan.model.label import Label

ATTRIBUTES = ("branch", "product", "industry", "band")  # of a loan, the same at every date
STATES = ("bucket", "risk_class")  # of a loan at a date; of a flow at its opening
FILTERS = (*ATTRIBUTES, *STATES)


class Tab(StrEnum):
    """What is shown under the headline figures."""

    AGEING = "ageing"
    FLOWS = "flows"
    VINTAGES = "vintages"
    LOANS = "loans"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FlowCell(_Record):
    """The loans that went from one state to another in the month."""

    from_state: str
    to_state: str


class CohortCell(_Record):
    """The loans of a cohort that had been over 30 days past due by so many months on book."""

    grain: Literal["month", "quarter"]
    cohort: date
    mob: int = Field(ge=0)


class Behind(_Record):
    """The loans in the numerator of a headline figure."""

    metric: str


class View(_Record):
    """What is looked at. A filter of None cuts nothing; ``(missing)`` keeps what the lender did not give."""

    version: Literal[1] = 1
    month: date
    branch: str | None = None
    product: str | None = None
    industry: str | None = None
    band: str | None = None
    bucket: str | None = None
    risk_class: str | None = None
    tab: Tab = Tab.AGEING
    figure: str = "overdue_rate_balance"  # whose definition and query are shown
    pick: FlowCell | CohortCell | Behind | None = None  # which loans are listed; None: all active ones
    page: int = Field(default=1, ge=1)
    sort: str = "balance_minor"
    is_descending: bool = True
    loan: str | None = None  # whose dossier is open
    shows_card: bool = False  # the grades of the loan, which take a moment
    shows_query: bool = False
    lang: Literal["zh", "en"] = "zh"

    def to(self, **changes: Any) -> View:
        """Return the view changed; other loans than before start at the first page, with no dossier open."""
        other = (
            {"page": 1, "loan": None, "shows_card": False}
            if changes.keys() & {*FILTERS, "month", "pick", "sort"}
            else {}
        )
        return View.model_validate({**dict(self), **other, **changes})

    def text(self) -> str:
        """Return the view as JSON that ``opened`` takes; what is left as it comes is left out."""
        return json.dumps(self.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)


def opened(text: str) -> View:
    """Return the view that a JSON text holds.

    Raises:
        Fault: 2 for a text that is no view, naming every part that cannot be.
    """
    try:
        return View.model_validate_json(text)
    except ValidationError as error:
        parts = [".".join(map(str, found["loc"])) or "JSON" for found in error.errors(include_url=False)]
        named = ", ".join(dict.fromkeys(parts))
        raise Fault(
            Label(f"这段文字不是视图，问题在：{named}", f"this is no view, because of: {named}"),
            Label("请粘贴“复制视图”给出的文字", "paste what “Copy view” gave"),
        ) from None
