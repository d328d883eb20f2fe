"""Position: loan months with the loan's attributes, its class and its allowance. One row per loan and date."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from postloan.engine.query import run
from postloan.model.derived import POSITION

# The estimate is rounded half up per loan, so that a breakdown adds up to its total.
_POSITION = """
SELECT m.*,
    coalesce(l.customer_id, l.loan_id) AS customer_id,
    l.branch,
    l.product,
    coalesce(l.industry, c.industry) AS industry,
    coalesce(l.region, c.region) AS region,
    l.officer_id,
    c.customer_kind,
    date_trunc('month', l.disbursed_on)::DATE AS cohort,
    l.principal_minor,
    l.matures_on,
    l.renewed_from IS NOT NULL AS is_renewed,
    r.risk_class,
    p.provision_minor,
    ((m.balance_minor::HUGEINT * r.provision_ppm + 500000) // 1000000)::BIGINT AS standard_provision_minor
FROM loan_month AS m
LEFT JOIN loan AS l USING (loan_id)
LEFT JOIN customer AS c ON c.customer_id = l.customer_id
LEFT JOIN risk_class AS r ON r.loan_id = m.loan_id AND r.month_end = m.month_end
LEFT JOIN provision AS p ON p.loan_id = m.loan_id AND p.month_end = m.month_end
ORDER BY m.loan_id, m.month_end
"""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the positions of a set of loans are made of; contract tables, and the classes of their months.

    Args:
        loan_month: Months of the loans.
        loan: At least those loans.
        customer: At least their customers; may be empty.
        risk_class: ``loan_id``, ``month_end``, ``risk_class``, ``provision_ppm`` (parts per million).
        provision: Allowances the lender gives; may be empty.
    """

    loan_month: pa.Table
    loan: pa.Table
    customer: pa.Table
    risk_class: pa.Table
    provision: pa.Table


def position(ledger: Ledger) -> pa.Table:
    """Return table ``position``, sorted by loan and date.

    A loan without a customer is its own customer; industry and region fall back on the customer's. A class
    or an allowance that is not given is blank, never zero.
    """
    tables = {
        "loan_month": ledger.loan_month,
        "loan": ledger.loan,
        "customer": ledger.customer,
        "risk_class": ledger.risk_class,
        "provision": ledger.provision,
    }
    return run(_POSITION, POSITION.schema(), tables)
