"""The words of a pack's head, the same on the HTML page, every PDF page and every Excel sheet."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from postloan.model.label import Label
from postloan.model.scope import ALL, MISSING, divided_by, product_of
from postloan.model.subject import Subject
from postloan.report.head import Head
from postloan.report.reports import REPORTS
from postloan.report.style import Style

_REPORTS = {
    **{name: report.label for name, report in REPORTS.items()},
    "explore_portfolio": Label("贷款组合探查", "Portfolio exploration"),
}
_ALL = Label("全部机构", "All branches")
_MISSING = {
    "branch": Label("未填机构", "Branch not given"),
    "product": Label("未填产品", "Product not given"),
}
_STATUS = {True: Label("正式", "Final"), False: Label("草稿", "Draft")}
_SYNTHETIC = Label("合成数据", "Synthetic data")
_CLASSIFICATION = Label("内部", "Internal")
_LABELS = {
    "lender": Label("机构", "Lender"),
    "as_of": Label("数据日期", "As of"),
    "known_at": Label("所知截止", "As known on"),
    "scope": Label("范围", "Scope"),
    "unit": Label("金额单位", "Money in"),
    "version": Label("版本", "Version"),
    "status": Label("状态", "Status"),
    "data": Label("数据性质", "Data"),
    "masking": Label("个人信息", "Personal data"),
    "policy": Label("分类政策", "Policy"),
    "plan": Label("管理方案", "Plan"),
    "book": Label("数据版本", "Book version"),
    "prepared_by": Label("编制", "Prepared by"),
    "generated_on": Label("生成日期", "Generated on"),
    "classification": Label("密级", "Classification"),
}
_MASKED = {True: Label("已脱敏", "Masked"), False: Label("未脱敏", "Not masked")}


def report_title(head: Head) -> str:
    """Return the report's name; raises KeyError for a report without one."""
    return _REPORTS[head.report].text(head.lang)


def period(head: Head) -> str:
    """Return the month reported on: 2025年6月, June 2025; the full date where it is not a month's end."""
    day_after = date.fromordinal(head.as_of.toordinal() + 1)
    if day_after.day != 1:
        return long_date(head.as_of, head.lang)
    pattern = "y年M月" if head.lang == "zh" else "MMMM y"
    return format_date(head.as_of, pattern, locale=head.lang)


def long_date(on: date, lang: str) -> str:
    """Return a date as written in a title: 2025年6月30日, 30 June 2025."""
    return format_date(on, "y年M月d日" if lang == "zh" else "d MMMM y", locale=lang)


def scope_name(head: Head) -> str:
    """Return what the pack covers: all branches, or the branch or product by its own name."""
    if head.subject:
        return Subject.parse(head.subject).name(head.lang)
    if head.scope == ALL:
        return _ALL.text(head.lang)
    name = product_of(head.scope) or head.scope
    return _MISSING[str(divided_by(head.scope))].text(head.lang) if name == MISSING else name


def status(head: Head) -> str:
    """Return 正式 or 草稿, Final or Draft."""
    return _STATUS[head.is_final].text(head.lang)


def synthetic_label(head: Head) -> str:
    """Return 合成数据 where the lender is invented, else an empty text."""
    return _SYNTHETIC.text(head.lang) if head.is_synthetic else ""


def known_label(head: Head) -> str:
    """Return 截至…所知 where later knowledge is left out, else an empty text."""
    if head.known_at is None:
        return ""
    return Label(f"截至{head.known_at}所知", f"as known on {head.known_at}").text(head.lang)


def running_head(head: Head, style: Style) -> tuple[str, ...]:
    """Return what stands on every page and sheet, in order; join with `` · ``."""
    parts = (
        head.lender,
        report_title(head),
        head.as_of.isoformat(),
        known_label(head),
        scope_name(head),
        style.money_unit(),
        head.version,
        status(head),
        synthetic_label(head),
    )
    return tuple(part for part in parts if part)


def head_items(head: Head, style: Style) -> tuple[tuple[str, str], ...]:
    """Return the pack's identity as label and value, for the cover and the contents sheet."""
    values = {
        "lender": head.lender,
        "scope": scope_name(head),
        "as_of": head.as_of.isoformat(),
        "known_at": head.known_at.isoformat() if head.known_at else "",
        "unit": style.money_unit(),
        "version": head.version,
        "status": status(head),
        "data": synthetic_label(head),
        "masking": _MASKED[head.is_masked].text(head.lang),
        "policy": f"{head.policy} {head.policy_version}".strip(),
        "plan": head.plan,
        "book": head.book_version,
        "prepared_by": head.prepared_by,
        "generated_on": head.generated_on.isoformat(),
        "classification": _CLASSIFICATION.text(head.lang),
    }
    return tuple((_LABELS[name].text(head.lang), value) for name, value in values.items() if value)
