from __future__ import annotations

import pytest

from postloan.model.fault import Fault
from postloan.model.subject import LABELS, ONE, SEGMENT, Subject


@pytest.mark.parametrize(
    ("text", "parts", "is_segment"),
    [
        ("customer=KH01", (("customer", ("KH01",)),), False),
        ("loan=A,B", (("loan", ("A", "B")),), False),
        ("group=JT1", (("group", ("JT1",)),), False),
        ("industry=建筑业&region=东江省", (("industry", ("建筑业",)), ("region", ("东江省",))), True),
        ("branch=A=B", (("branch", ("A=B",)),), True),
    ],
)
def test_a_subject_is_read_as_it_is_written(text: str, parts: object, is_segment: bool) -> None:
    subject = Subject.parse(text)
    assert (subject.parts, subject.is_segment) == (parts, is_segment)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("custmer=KH01", "did you mean customer"),
        ("customer", "write customer=VALUE"),
        ("customer=", "write customer=VALUE"),
        ("customer=A&branch=B", "cannot be combined"),
        ("branch=A&branch=B", "cannot be combined"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_way_to_write_it(text: str, message: str) -> None:
    with pytest.raises(Fault) as error:
        Subject.parse(text)
    assert message in f"{error.value} {error.value.mend}"


def test_a_person_in_a_subject_is_not_repeated_in_the_message() -> None:
    with pytest.raises(Fault) as error:
        Subject.parse("phne=13812345678")
    assert "13812345678" not in str(error.value)


def test_every_key_has_a_name_in_both_languages() -> None:
    assert set(LABELS) == {*ONE, *SEGMENT}
    subject = Subject.parse("industry=建筑业&region=东江省")
    assert subject.name("zh") == "行业 建筑业 · 地区 东江省"
    assert subject.name("en") == "Industry 建筑业 · Region 东江省"
