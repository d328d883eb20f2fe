"""Allowances against losses (F-48): the lender's own, or an estimate by class that is never called coverage."""

from __future__ import annotations

from typing import Any

import ibis

from postloan.metrics.classification import is_class_known, is_npl
from postloan.metrics.metric import Basis, Expression, Metric, Unit
from postloan.metrics.portfolio import POSITION, balance, is_active, is_balance_known, total, where
from postloan.model.label import Label

_FAMILY = "provisions"


def _provision(t: ibis.Table) -> Any:
    return t.provision_minor


def _is_given(t: ibis.Table) -> Any:
    return t.provision_minor.notnull()


def _ratio(slug: str, label: Label, definition: Label, denominator: Expression, known: Expression) -> Metric:
    return Metric(
        slug, label, _FAMILY, POSITION, is_active, lambda t: _is_given(t) & known(t), _provision, denominator,
        Basis.AMOUNT, Unit.FRACTION, False, definition, "F-48",
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    total(
        "provision_balance", _FAMILY, Label("拨备余额", "Loss allowance"),
        Label("贷款人提供的存续贷款损失准备余额", "Loss allowance the lender holds against active loans"),
        _provision, _is_given, "F-48",
    ),
    _ratio(
        "provision_coverage", Label("拨备覆盖率", "Provision coverage"),
        Label("拨备余额 / 不良贷款余额", "Loss allowance / non-performing balance"),
        where(is_npl, balance), lambda t: is_class_known(t) & is_balance_known(t),
    ),
    _ratio(
        "provision_ratio", Label("贷款拨备率", "Provisions to loans"),
        Label("拨备余额 / 本金余额", "Loss allowance / outstanding principal"), balance, is_balance_known,
    ),
    total(
        "provision_standard", _FAMILY, Label("标准法测算拨备", "Standard-percentage estimate"),
        Label(
            "按五级分类的标准比例测算，不是贷款人计提的拨备，不得称为拨备覆盖",
            "Balance × the policy's percentage for each class; an estimate and not the lender's allowance",
        ),
        lambda t: t.standard_provision_minor, lambda t: t.standard_provision_minor.notnull(), "F-48 [unconfirmed]",
    ),
)  # fmt: skip
