"""The page of rules, docs/rules.md: which policy has each rule and where, which case pins it, what it waits for.

``python -m postloan.jobs.rules_page`` writes it; a test holds it in step with the files it is made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator

from postloan.policy.files import read_policy
from postloan.yaml_file import has_key, read_yaml

REGISTER, PAGE = Path("docs/rules.yaml"), Path("docs/rules.md")
_POLICIES, _CASES = Path("params/policies"), Path("tests/policies")
_HEAD = """\
# Rules

Every rule of the source documents: the policy that has it and the cases that pin it, or what it waits for.
Made by `make rules` from `docs/rules.yaml`, `params/policies/` and `tests/policies/`; not edited by hand.
"""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Told(_Record):
    rule: str
    title: str
    done_by: str | None = None
    needs: str | None = None
    not_yet: str | None = None
    not_computable: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _in_is_a_word_of_python(cls, data: object) -> object:
        return {{"in": "done_by"}.get(k, k): v for k, v in data.items()} if isinstance(data, dict) else data


class _Document(_Record):
    document: str
    rules: tuple[_Told, ...]


class _Register(_Record):
    documents: tuple[_Document, ...]


def rules_page(root: Path) -> str:
    """Return the page for the project in ``root``; raises Fault 2 for a file that cannot be read."""
    register = read_yaml(root / REGISTER, _Register)
    places = {kind: _places(root, kind) for kind in (_POLICIES, _CASES)}
    waits = _awaited(root)
    parts = [_HEAD]
    for document in register.documents:
        parts.append(f"## {document.document}\n\n| rule | what | where | cases |\n|---|---|---|---|")
        parts += [_line(told, places[_POLICIES], places[_CASES], waits) for told in document.rules]
        parts.append("")
    return "\n".join(parts)


def registered(root: Path) -> set[str]:
    """Return the numbers of all rules."""
    return {told.rule for part in read_yaml(root / REGISTER, _Register).documents for told in part.rules}


def implemented(root: Path) -> set[str]:
    """Return the numbers of the rules that a policy has, without what follows the dot."""
    return set(_places(root, _POLICIES))


def _places(root: Path, folder: Path) -> Mapping[str, list[str]]:
    """Return where each rule stands, by its number: each file once, at its first part, else its first number."""
    found: dict[str, list[str]] = {}
    for path in sorted((root / folder).glob("*.yaml")):
        name = f"{folder.name}/{path.name}"
        for rule, line in _lines_of(path.read_text(encoding="utf-8")).items():
            found.setdefault(rule, []).append(f"[{name}:{line}](../{folder}/{path.name}#L{line})")
    return found


def _lines_of(text: str) -> Mapping[str, int]:
    parts: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for line, told in enumerate(text.partition("\nawaits:")[0].splitlines(), 1):
        listed = re.search(r"\brules?: ([^,}#]+)", told)
        for word in listed.group(1).split() if listed else ():
            rule, dot, _ = word.partition(".")
            (parts if dot else numbers).setdefault(rule, line)
    return numbers | parts


def _awaited(root: Path) -> Mapping[str, list[str]]:
    """Return what the rules of policies wait for, by number."""
    found: dict[str, list[str]] = {}
    for path in sorted((root / _POLICIES).glob("*.yaml")):
        if not has_key(path, "segments"):
            for awaited in read_policy(path).policy.awaits:
                rule = awaited.rule.partition(".")[0]
                found.setdefault(rule, []).append(f"{awaited.rule} ({awaited.what.zh}): {awaited.needs.en}")
    return found


def _line(
    told: _Told,
    policies: Mapping[str, list[str]],
    cases: Mapping[str, list[str]],
    waits: Mapping[str, list[str]],
) -> str:
    where = [*policies.get(told.rule, []), *_otherwise(told)]
    if told.rule in waits:
        where.append("not part of it yet, it takes: " + "; ".join(waits[told.rule]))
    shown = "<br>".join(where) or "no policy has it yet"
    return f"| {told.rule} | {told.title} | {shown} | {'<br>'.join(cases.get(told.rule, []))} |"


def _otherwise(told: _Told) -> Iterator[str]:
    if told.done_by:
        yield told.done_by
    if told.needs:
        yield f"needs data the contract does not have yet: {told.needs}"
    if told.not_yet:
        yield f"not judged yet, though the contract has the data: {told.not_yet}"
    if told.not_computable:
        yield f"not computable: {told.not_computable}"


if __name__ == "__main__":
    PAGE.write_text(rules_page(Path()), encoding="utf-8")
