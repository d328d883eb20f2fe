"""figures.json: ids unique, values raw, displays as printed, bytes repeatable."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import report_samples as samples

from postloan.model.fault import Fault
from postloan.report.figures import figures_of, write_figures
from postloan.report.heading import head_items, period, running_head


def test_each_figure_says_what_it_stands_on() -> None:
    by_id = {figure["id"]: figure for figure in figures_of(samples.sections(), samples.style())}
    rate = by_id["summary.headline.m0.value"]
    assert (rate["value"], rate["display"], rate["unit"]) == (0.0231, "2.31%", "%")
    assert (rate["numerator"], rate["denominator"], rate["n"], rate["unknown"]) == (2310, 100000, 1200, 3)
    assert (rate["row"], rate["column"], rate["section"]) == ("逾期率（余额）", "本月", "摘要")
    money = by_id["overdue.by_branch.b0.balance"]
    assert (money["value"], money["display"], money["unit"]) == (123456789012, "123,456.79", "万元")
    assert by_id["summary.headline.m4.value"]["display"] == "—"


def test_an_id_used_twice_is_refused() -> None:
    section = samples.sections()[0]
    with pytest.raises(Fault, match=r"summary\.headline\.m0\.value"):
        figures_of([section, replace(section, heading="x")], samples.style())


def test_same_sections_same_bytes(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        write_figures(tmp_path / name, samples.sections(), samples.head(), samples.style())
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert content["head"]["as_of"] == "2025-06-30"
    assert len(content["figures"]) == len(figures_of(samples.sections(), samples.style()))


def test_the_head_reads_in_both_languages() -> None:
    zh, en = samples.head(), samples.head("en", is_final=True, is_synthetic=False, scope="North")
    assert running_head(zh, samples.style()) == (
        *(
            "湖山小额贷款公司",
            "贷后管理月度报告",
            "2025-06-30",
            "全部机构",
            "万元",
            "v002",
            "草稿",
            "合成数据",
        ),
    )
    assert running_head(en, samples.style("en"))[3:] == ("North", "USD thousand", "v002", "Final")
    assert (period(zh), period(en)) == ("2025年6月", "June 2025")
    assert period(replace(zh, as_of=zh.as_of.replace(day=15))) == "2025年6月15日"
    assert ("密级", "内部") in head_items(zh, samples.style())
