"""Scopes are known before anything is computed, and an empty one is never built."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from postloan.jobs.scopes import scopes
from postloan.model.fault import Fault

LENT = {"东城": date(2025, 1, 5), "西城": date(2025, 3, 1), None: date(2025, 2, 1), "新设": None}
LOAN = pa.table(
    {
        "branch": [*LENT, "东城"],
        "product": ["个人消费贷", "小微经营贷", None, "个人消费贷", "个人消费贷"],
        "disbursed_on": [*LENT.values(), date(2025, 6, 1)],
    },
    schema=pa.schema([("branch", pa.string()), ("product", pa.string()), ("disbursed_on", pa.date32())]),
)


def test_the_whole_lender_or_one_branch() -> None:
    assert scopes(LOAN, date(2025, 1, 5), "all", None) == ("all",)
    assert scopes(LOAN, date(2025, 3, 1), "西城", None) == ("西城",)


def test_one_pack_per_branch_that_has_lent_missing_ones_included() -> None:
    assert scopes(LOAN, date(2025, 6, 30), "all", "branch") == ("(missing)", "东城", "西城")
    assert scopes(LOAN, date(2025, 2, 1), "all", "branch") == ("(missing)", "东城")


def test_one_product_or_one_pack_per_product() -> None:
    assert scopes(LOAN, date(2025, 6, 30), "product=小微经营贷", None) == ("product=小微经营贷",)
    every = ("product=(missing)", "product=个人消费贷", "product=小微经营贷")
    assert scopes(LOAN, date(2025, 6, 30), "all", "product") == every


@pytest.mark.parametrize(
    ("as_of", "scope", "by", "what", "mend"),
    [
        (date(2025, 6, 30), "西成", None, "no branch '西成'", "西城"),
        (date(2025, 6, 30), "新设", None, "no branch", "东城"),
        (date(2025, 2, 28), "西城", None, "nothing in '西城' was lent", "2025-03-01"),
        (date(2025, 1, 4), "all", None, "nothing was lent", "2025-01-05"),
        (date(2025, 1, 4), "all", "branch", "nothing was lent", "2025-01-05"),
        (date(2025, 6, 30), "all", "region", "cannot be divided by 'region'", "branch"),
        (date(2025, 6, 30), "product=小微经营代", None, "no product '小微经营代'", "小微经营贷"),
        (date(2025, 6, 30), "东城", "branch", "exclude each other", "one"),
    ],
)
def test_what_cannot_be_built_is_refused(
    as_of: date, scope: str, by: str | None, what: str, mend: str
) -> None:
    with pytest.raises(Fault) as caught:
        scopes(LOAN, as_of, scope, by)
    assert caught.value.exit_code == 2
    assert what in caught.value.what
    assert mend in caught.value.mend


def test_a_book_without_lending_is_refused() -> None:
    with pytest.raises(Fault, match="no loan that was paid out"):
        scopes(LOAN.slice(3, 1), date(2025, 6, 30), "all", None)
