from __future__ import annotations

from pathlib import Path

from postloan.jobs.rules_page import PAGE, implemented, registered, rules_page

ROOT = Path(__file__).parents[2]


def test_the_page_is_in_step_with_what_it_is_made_of() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == rules_page(ROOT), "run `make rules`"


def test_every_rule_of_a_policy_is_registered() -> None:
    assert implemented(ROOT) - registered(ROOT) == set()


def test_a_rule_of_a_policy_is_told_with_its_cases() -> None:
    (line,) = [line for line in rules_page(ROOT).splitlines() if line.startswith("| S1-6 |")]
    assert "policies/machinery.yaml:" in line
    assert "../tests/policies/machinery.yaml#L" in line
    assert "not part of it yet, it takes: S1-6.D2 (停工两个月以上): months idle of the machine" in line


def test_a_rule_without_a_policy_says_why() -> None:
    lines = {line.split(" | ")[0]: line for line in rules_page(ROOT).splitlines()}
    assert "not computable: the document gives no numbers" in lines["| P3-3"]
    assert "needs data the contract does not have yet: disasters" in lines["| P10-2"]
    assert "not judged yet, though the contract has the data: scores of staff" in lines["| P2-2"]
    assert "no policy has it yet" not in rules_page(ROOT)
