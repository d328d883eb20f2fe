"""The five categories as stocks: non-performing and special-mention shares, over-90 to NPL (F-13)."""

from __future__ import annotations

from typing import Any

import ibis

from postloan.metrics.delinquency import is_over_known, over
from postloan.metrics.metric import Basis, Metric, Unit
from postloan.metrics.portfolio import (
    POSITION,
    balance,
    both,
    is_active,
    is_balance_known,
    one,
    share_of_balance,
    total,
    where,
)
from postloan.model.codes import NPL_CLASSES
from postloan.model.label import Label

_FAMILY = "classification"


def is_npl(t: ibis.Table) -> Any:
    """Substandard, doubtful or loss."""
    return t.risk_class.isin(NPL_CLASSES)


def is_class_known(t: ibis.Table) -> Any:
    """The loan has a class."""
    return t.risk_class.notnull()


def _are_known(t: ibis.Table) -> Any:
    return is_class_known(t) & is_balance_known(t)


METRICS: tuple[Metric, ...] = (
    total(
        "npl_balance", _FAMILY, Label("不良贷款余额", "Non-performing balance"),
        Label("次级、可疑、损失类贷款的本金余额", "Outstanding principal of substandard, doubtful and loss loans"),
        where(is_npl, balance), _are_known, "F-13", True,
    ),
    Metric(
        "loans_npl", Label("不良贷款笔数", "Non-performing loans"), _FAMILY, POSITION, is_active, is_class_known,
        where(is_npl, one), None, Basis.COUNT, Unit.LOANS, True,
        Label("次级、可疑、损失类贷款笔数", "Substandard, doubtful and loss loans"), "F-13",
    ),
    share_of_balance(
        "npl_ratio", _FAMILY, Label("不良率", "NPL ratio"),
        Label("次级、可疑、损失类贷款余额 / 本金余额", "Balance of substandard, doubtful and loss loans / outstanding principal"),
        is_npl, is_class_known, "F-13",
    ),
    share_of_balance(
        "special_mention_ratio", _FAMILY, Label("关注率", "Special-mention ratio"),
        Label("关注类贷款余额 / 本金余额", "Balance of special-mention loans / outstanding principal"),
        lambda t: t.risk_class == "special_mention", is_class_known, "F-13",
    ),
    Metric(
        "over_90_to_npl", Label("逾期90天以上贷款与不良贷款之比", "Over 90 days past due to NPL"), _FAMILY, POSITION,
        is_active, both(_are_known, is_over_known(90)), where(over(90), balance), where(is_npl, balance),
        Basis.AMOUNT, Unit.FRACTION, True,
        Label(
            "逾期超过90天贷款余额 / 不良贷款余额；大于1说明分类滞后",
            "Balance of loans more than 90 days past due / non-performing balance; above 1 classification is late",
        ),
        "F-13",
    ),
)  # fmt: skip
