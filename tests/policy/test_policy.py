from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from postloan.model.fault import Fault
from postloan.policy.floors import class_floors
from postloan.policy.policy import Policy
from postloan.yaml_file import read_yaml

TEXT = (Path(__file__).parents[2] / "params/policies/cn_regulation.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("value: 270,", "value: 80,", "do not rise"),
        ("value: 270,", "value: -1,", "0 or more"),
        ("value: 0.25,", "value: 25,", "between 0 and 1"),
        ("doubtful: doubtful_over_dpd", "doubtful: doubtful_dpd", "no parameter 'doubtful_dpd'"),
        ("doubtful: doubtful_over_dpd", "doubtful: normal_provision_rate", "must be in days"),
        ("effective_from: 2023-07-01", "effective_from: 2001-01-01", "dates must rise"),
        ("products: [credit_card, 信用卡]", "products: []", "exactly one ladder"),
        ("products: [credit_card, 信用卡]", "products: [信用卡, 信用卡]", "two ladders"),
        ("confirmed: true", "confirmd: true", "unknown name"),
        ("effective_from: 2011-01-13", "effective_from: soon", "date"),
    ],
)
def test_a_policy_that_does_not_hold_together_is_refused(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    path = tmp_path / "broken.yaml"
    assert before in TEXT
    path.write_text(TEXT.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(Fault, match="line ") as caught:
        read_yaml(path, Policy)
    assert message in caught.value.what
    assert caught.value.exit_code == 2


def test_every_number_has_a_source_and_says_whether_it_is_confirmed() -> None:
    policy = Policy.model_validate(
        read_yaml(Path(__file__).parents[2] / "params/policies/cn_regulation.yaml", Policy)
    )
    unconfirmed = {
        name
        for name, parameter in policy.parameters.items()
        if not all(v.confirmed for v in parameter.values)
    }
    assert {"doubtful_over_dpd", "normal_provision_rate"} <= unconfirmed


def test_floors_are_those_of_the_day() -> None:
    policy = read_yaml(Path(__file__).parents[2] / "params/policies/cn_regulation.yaml", Policy)
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
