from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from postloan.model.fault import Fault
from postloan.policy.files import read_policy
from postloan.policy.floors import class_floors
from postloan.policy.parameter import Standing
from postloan.policy.policy import Policy
from postloan.yaml_file import read_yaml

REGULATION = Path(__file__).parents[2] / "params/policies/cn_regulation.yaml"
TEXT = REGULATION.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "message", "mend"),
    [
        ("value: 270,", "value: 80,", "the rung holds no number", "raise its upper bound"),
        ("to: doubtful_over_dpd", "under: doubtful_over_dpd", "leaves a gap after", "begin it from 180"),
        ("over: doubtful_over_dpd", "over: substandard_over_dpd", "overlaps", "begin it from 181"),
        ("over: doubtful_over_dpd", "from: doubtful_over_dpd", "overlaps", "begin it from 181"),
        ("outcome: normal, to: special", "outcome: normal, from: loss_over_dpd, to: special", "no number", ""),
        ("to: doubtful_over_dpd", "to: doubtful_dpd", "no column or parameter 'doubtful_dpd'", "doubtful_over_dpd"),
        ("to: doubtful_over_dpd", "to: normal_provision_rate", "days with a fraction", "like with like"),
        ("doubtful: doubtful_provision_rate", "doubtful: upgrade_months", "no fraction", "provision_rate"),
        ("value: 0.25,", "value: 25,", "between 0 and 1", ""),
        ("effective_from: 2023-07-01", "effective_from: 2001-01-01", "dates must rise", ""),
        ("effective_from: 2011-01-13", "effective_from: soon", "date", ""),
        ("standing: stated", "standng: stated", "unknown name", "did you mean standing?"),
        ("standing: stated", "standing: state", "stated", "did you mean stated?"),
        ("rule: F-12, standing: stated }", "standing: stated }", "Field required", "add `rule`"),
        ("source: 贷款风险分类指导原则(2001)、贷款风险分类指引(银监发〔2007〕54号)的常见做法, ", "", "Field required", "add `source`"),
        ("who: status = 'active'", "who: status = 'activ'", "no code 'activ'", "did you mean active?"),
        ("who: status = 'active'", "who: statu = 'active'", "no column or parameter 'statu'", "did you mean status?"),
        ("who: status = 'active'", "who: dpd > 15", "the number 15 stands in the condition", "make it a parameter"),
        ("who: status = 'active'", "who: dpd", "is days, not yes or no", "compare it"),
        ("who: status = 'active'", "who: dpd > (select dpd)", "is not allowed", ""),
        ("who: status = 'active'", "who: abs(dpd) > loss_over_dpd", "is not allowed", ""),
        ("who: status = 'active'", "who: status = ", "is not a condition", ""),
        ("outcome: doubtful,", "outcome: doubtfull,", "no outcome 'doubtfull'", "did you mean doubtful?"),
        ("becomes: substandard", "becomes: substandrd", "no outcome 'substandrd'", "did you mean substandard?"),
        ("worse: { dpd: higher }", "worse: { dp: higher }", "no column 'dp'", "did you mean dpd?"),
        ("share_over: contagion_share", "share_over: contagion_shar", "no parameter", "did you mean contagion_share?"),
        ("scheme: risk_class_by_dpd", "scheme: risk_clas_by_dpd", "no scheme", "did you mean risk_class_by_dpd?"),
    ],
)  # fmt: skip
def test_a_policy_that_does_not_hold_together_is_refused_with_line_and_remedy(
    tmp_path: Path, before: str, after: str, message: str, mend: str
) -> None:
    path = tmp_path / "broken.yaml"
    assert before in TEXT
    path.write_text(TEXT.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(Fault, match="line ") as caught:
        read_yaml(path, Policy)
    assert message in caught.value.what
    assert mend in caught.value.mend
    assert caught.value.exit_code == 2


def test_the_line_told_is_that_of_the_condition(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    broken = TEXT.replace("n_restructurings >= repeated_restructurings", "n_restructuring >= contagion_any")
    path.write_text(broken, encoding="utf-8")
    line = broken[: broken.index("n_restructuring >=")].count("\n") + 1
    with pytest.raises(Fault, match=rf"line {line}: schemes.risk_class.rules.10.when: "):
        read_yaml(path, Policy)


def test_every_number_has_a_source_and_says_how_surely() -> None:
    policy = read_policy("cn_regulation").policy
    unconfirmed = {
        name
        for name, parameter in policy.parameters.items()
        if Standing.UNCONFIRMED in {dated.standing for dated in parameter.values}
    }
    assert {"doubtful_over_dpd", "normal_provision_rate"} <= unconfirmed


def test_floors_are_those_of_the_day() -> None:
    policy = read_policy("cn_regulation").policy
    assert class_floors(policy, date(2010, 1, 1)) == {
        "": {"special_mention": 0, "substandard": 90, "doubtful": 180, "loss": 360}
    }
    assert class_floors(policy, date(2024, 1, 1))["信用卡"]["doubtful"] == 120
    assert class_floors(policy, date(2024, 1, 1))[""]["doubtful"] == 270
    assert class_floors(policy, date(2000, 1, 1)) == {}


def test_a_date_that_no_calendar_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(TEXT.replace("2011-01-13", "2011-13-01", 1), encoding="utf-8")
    with pytest.raises(Fault, match="month must be in 1") as caught:
        read_yaml(path, Policy)
    assert caught.value.exit_code == 2


GENERAL = (REGULATION.parent / "general.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "message", "mend"),
    [
        ("at_most: most_npl", "at_most: most_np", "no parameter 'most_np'", "did you mean most_npl?"),
        ("weight: weight_npl", "weight: weight_np", "no parameter 'weight_np'", "did you mean weight_npl?"),
        ("    at_most: most_npl\n", "    at_most: most_npl\n    at_least: most_npl\n", "one limit", ""),
        ("    metric: npl_ratio\n", "", "either a metric, or needs data", ""),
        ("at_most: most_npl", "at_mst: most_npl", "unknown name", "did you mean at_most?"),
        ("    metric: npl_ratio\n", "    metric: npl_ratio\n    of: { industry: most_npl }\n", "no list", ""),
    ],
)  # fmt: skip
def test_a_target_that_does_not_hold_together_is_refused_with_line_and_remedy(
    tmp_path: Path, before: str, after: str, message: str, mend: str
) -> None:
    path = tmp_path / "broken.yaml"
    assert before in GENERAL
    path.write_text(GENERAL.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(Fault, match="line ") as caught:
        read_yaml(path, Policy)
    assert message in caught.value.what
    assert mend in caught.value.mend
