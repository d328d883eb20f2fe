"""The seconds of a build as a table: what all packs share once, aligned whatever the letters."""

from __future__ import annotations

from postloan.jobs.timings import timing_lines

SECONDS = {
    "城东支行": {"facts": 0.24, "metrics": 12.3, "notebook": 3.31, "html": 0.7, "publish": 0.01},
    "north": {"facts": 0.24, "metrics": 12.3, "notebook": 3.0, "html": 0.6, "publish": 0.02},
}


def test_steps_of_all_packs_stand_on_one_line_and_each_pack_on_its_own() -> None:
    assert timing_lines(SECONDS, "en") == [
        "pack (seconds)       facts  metrics  notebook  html  publish",
        "shared by all packs    0.2     12.3",
        "城东支行                                  3.3   0.7      0.0",
        "north                                     3.0   0.6      0.0",
    ]


def test_a_chinese_character_takes_two_columns() -> None:
    heads, shared, *_ = timing_lines(SECONDS, "zh")
    assert heads == "报告（秒）    事实  指标  笔记本  HTML  发布"
    assert shared == "全部报告共用   0.2  12.3"


def test_nothing_made_is_no_table() -> None:
    assert timing_lines({}, "en") == []
