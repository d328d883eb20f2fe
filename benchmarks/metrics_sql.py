"""The catalogue's stocks as one would write them by hand in DuckDB's SQL: one pass to states, one over states."""

from __future__ import annotations

DAYS = (0, 7, 30, 60, 90, 180)
_LEAST, _MOST = "coalesce(dpd, dpd_low)", "coalesce(dpd, dpd_high)"
_NPL = "risk_class IN ('substandard', 'doubtful', 'loss')"
_PART_ONLY = "customer_kind = 'individual' AND coalesce(over_90, false) = false"
_KNOWN_1104 = """
    has_balance AND over_0 IS NOT NULL AND over_90 IS NOT NULL
    AND (NOT (over_0 AND NOT over_90) OR (customer_kind IS NOT NULL AND has_overdue_principal))
"""

# Slug: where it is known, where the numerator counts, its amount, the denominator's amount and condition.
_Record = tuple[str, str, str, str | None, str]


def _flagged(flag: str) -> dict[str, _Record]:
    known = f"is_{flag} IS NOT NULL"
    return {
        f"{flag}_balance": (f"{known} AND has_balance", f"is_{flag}", "balance", None, ""),
        f"{flag}_rate_balance": (f"{known} AND has_balance", f"is_{flag}", "balance", "balance", "true"),
        f"{flag}_rate_count": (known, f"is_{flag}", "loans", "loans", "true"),
    }


RECORDS: dict[str, _Record] = {
    "loans_active": ("true", "true", "loans", None, ""),
    "balance": ("has_balance", "true", "balance", None, ""),
    "overdue_amount": ("has_overdue", "true", "overdue", None, ""),
    "overdue_balance": ("over_0 IS NOT NULL AND has_balance", "over_0", "balance", None, ""),
    "loans_overdue": ("over_0 IS NOT NULL", "over_0", "loans", None, ""),
    "overdue_rate_balance": ("over_0 IS NOT NULL AND has_balance", "over_0", "balance", "balance", "true"),
    "overdue_rate_amount": ("has_overdue AND has_balance", "true", "overdue", "balance", "true"),
    "overdue_rate_count": ("over_0 IS NOT NULL", "over_0", "loans", "loans", "true"),
    "overdue_rate_1104": (
        _KNOWN_1104, "over_0", f"CASE WHEN {_PART_ONLY} THEN overdue_principal ELSE balance END", "balance", "true",
    ),
    "par_30_with_restructured": (
        "over_30 IS NOT NULL AND is_restructured IS NOT NULL AND has_balance",
        "over_30 OR is_restructured", "balance", "balance", "true",
    ),
    "npl_balance": ("risk_class IS NOT NULL AND has_balance", _NPL, "balance", None, ""),
    "loans_npl": ("risk_class IS NOT NULL", _NPL, "loans", None, ""),
    "npl_ratio": ("risk_class IS NOT NULL AND has_balance", _NPL, "balance", "balance", "true"),
    "special_mention_ratio": (
        "risk_class IS NOT NULL AND has_balance", "risk_class = 'special_mention'", "balance", "balance", "true",
    ),
    "over_90_to_npl": (
        "risk_class IS NOT NULL AND has_balance AND over_90 IS NOT NULL", "over_90", "balance", "balance", _NPL,
    ),
    "provision_balance": ("has_provision", "true", "provision", None, ""),
    "provision_coverage": (
        "has_provision AND risk_class IS NOT NULL AND has_balance", "true", "provision", "balance", _NPL,
    ),
    "provision_ratio": ("has_provision AND has_balance", "true", "provision", "balance", "true"),
    "provision_standard": ("has_standard", "true", "standard", None, ""),
    **{f"par_{d}": (f"over_{d} IS NOT NULL AND has_balance", f"over_{d}", "balance", "balance", "true") for d in DAYS},
    **{f"over_{d}_rate_count": (f"over_{d} IS NOT NULL", f"over_{d}", "loans", "loans", "true") for d in DAYS[1:]},
    **_flagged("restructured"), **_flagged("extended"), **_flagged("renewed"),
}  # fmt: skip
_STATES = f"""
    SELECT month_end, branch, product, status = 'active' AS is_active,
        customer_kind, risk_class, is_restructured, is_extended, is_renewed,
        balance_minor IS NOT NULL AS has_balance, overdue_minor IS NOT NULL AS has_overdue,
        overdue_principal_minor IS NOT NULL AS has_overdue_principal,
        provision_minor IS NOT NULL AS has_provision, standard_provision_minor IS NOT NULL AS has_standard,
        {", ".join(f"CASE WHEN {_LEAST} > {d} THEN true WHEN {_MOST} <= {d} THEN false END AS over_{d}" for d in DAYS)},
        count(*) AS loans, sum(balance_minor) AS balance,
        sum(balance_minor::HUGEINT * balance_minor) AS squares, sum(overdue_minor) AS overdue,
        sum(overdue_principal_minor) AS overdue_principal, sum(provision_minor) AS provision,
        sum(standard_provision_minor) AS standard
    FROM position GROUP BY ALL
"""


def _figures(slug: str, record: _Record) -> str:
    known, hit, amount, weight, whole = record
    parts = [
        f"coalesce(sum(loans) FILTER (is_active AND {known}), 0) AS {slug}_n",
        f"coalesce(sum(loans) FILTER (is_active AND NOT ({known})), 0) AS {slug}_unknown",
        f"coalesce(sum({amount}) FILTER (is_active AND {known} AND ({hit})), 0) AS {slug}_numerator",
    ]
    if weight:
        parts.append(
            f"coalesce(sum({weight}) FILTER (is_active AND {known} AND {whole}), 0) AS {slug}_denominator"
        )
    if weight == "balance" and amount == "balance":  # what the effective number of loans needs
        parts.append(f"sum(squares) FILTER (is_active AND {known} AND {whole}) AS {slug}_squares")
    return ", ".join(parts)


ADDITIVE = f"""
    SELECT month_end, branch, product, {", ".join(_figures(slug, record) for slug, record in RECORDS.items())}
    FROM ({_STATES}) GROUP BY ALL
"""

# Everything that those records read, once.
SCAN = """
    SELECT max(month_end), max(branch), max(product), max(status), max(dpd), max(dpd_low), max(dpd_high),
        max(customer_kind), max(risk_class), max(is_restructured), max(is_extended), max(is_renewed),
        max(balance_minor), max(overdue_minor), max(overdue_principal_minor), max(provision_minor),
        max(standard_provision_minor)
    FROM position
"""

FLOWS = """
    SELECT month_end, from_state, to_state, count(*), sum(from_balance_minor), sum(to_balance_minor)
    FROM flow WHERE base = 'month' GROUP BY ALL
"""
VINTAGES = """
    SELECT cohort, mob, count(*), sum(balance_minor),
        count(*) FILTER (dpd > 30), count(*) FILTER (dpd > 60), count(*) FILTER (dpd > 90),
        sum(balance_minor) FILTER (dpd > 30), sum(balance_minor) FILTER (dpd > 60),
        sum(balance_minor) FILTER (dpd > 90)
    FROM position GROUP BY ALL
"""
COHORTS = """
    SELECT cohort, month_end, count(*), sum(balance_minor), count(*) FILTER (dpd > 30),
        sum(balance_minor) FILTER (dpd > 30)
    FROM position GROUP BY ALL
"""
