"""Read a YAML file strictly: YAML 1.2, duplicate keys refused, typed by pydantic, errors with a line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from postloan.model.fault import USAGE, Fault
from postloan.model.misplaced import Misplaced
from postloan.model.nearest import nearest

M = TypeVar("M", bound=BaseModel)


def read_yaml(path: Path, model: type[M], changes: Mapping[str, object] | None = None) -> M:
    """Return the file as a ``model``, which should be frozen and forbid extra keys.

    ``yes``, ``no`` and ``010`` stay what YAML 1.2 says they are (text, text, ten).

    Args:
        path: The file.
        model: What it must be.
        changes: Values set over the file's before it is checked, by dotted path (``parts.0.name``).

    Raises:
        Fault: 2, for a missing file, broken YAML, a key given twice, an unknown key or a wrong value;
            names the file, the line and, for a misspelt name, the nearest valid one.
    """
    tree, data = _read(path)
    for place, value in (changes or {}).items():
        _set(data, place, value)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _invalid(path, tree, model, error) from None


def has_key(path: Path, key: str) -> bool:
    """Say whether the file has ``key`` at its top; raises Fault 2 for a file that cannot be read."""
    return key in _read(path)[1]


def _read(path: Path) -> tuple[Node | None, dict[str, Any]]:
    text = _text(path)
    try:
        yaml = _yaml()
        tree: Node | None = yaml.compose(text)
        data: Any = None if tree is None else yaml.constructor.construct_document(tree)
    except (YAMLError, ValueError) as error:  # ValueError: a date that no calendar has
        raise _broken(path, error) from None
    if not isinstance(data, dict):
        raise Fault(f"{path}: line 1: the file must hold names and values", "write it as `name: value` lines")
    return tree, data


def _set(data: Any, place: str, value: object) -> None:
    """Set a value at a dotted path that exists, or a new name in a part that does."""
    *above, last = place.split(".")
    for step in above:
        data = data[_key(data, step, place)]
    if isinstance(data, dict):
        data[last] = value
    else:
        data[_key(data, last, place)] = value


def _key(data: Any, step: str, place: str) -> str | int:
    if isinstance(data, dict) and step in data:
        return step
    if isinstance(data, list) and step.isdecimal() and int(step) < len(data):
        return int(step)
    names = [str(name) for name in data] if isinstance(data, dict) else []
    raise Fault(f"{place}: there is no {step!r}", nearest(step, names))


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = False
    return yaml


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Fault(f"{path}: byte {error.start} is not UTF-8", "save the file as UTF-8") from None
    except OSError as error:
        raise Fault(f"{path}: {error.strerror or error}", "check the path and its permissions") from None


def _broken(path: Path, error: Exception) -> Fault:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    line = f"line {mark.line + 1}: " if mark is not None else ""
    problem = getattr(error, "problem", None) or str(error)
    return Fault(f"{path}: {line}{_one_line(problem)}", "correct the YAML at that line", USAGE)


def _invalid(path: Path, tree: Node | None, model: type[BaseModel], error: ValidationError) -> Fault:
    """Turn the first of pydantic's errors into a fault and say how many more there are."""
    # A misspelt name also shows as a missing one: the spelling is what the user can act on.
    details = sorted(error.errors(include_url=False), key=lambda d: d["type"] != "extra_forbidden")
    first = details[0]
    misplaced = _misplaced(first)
    line, keys = _place(tree, (*first["loc"], *(misplaced.loc if misplaced else ())))
    if first["type"] == "missing":
        keys.append(str(first["loc"][-1]))
    said = _one_line(first["msg"]).removeprefix("Value error, ")
    problem = "unknown name" if first["type"] == "extra_forbidden" else said
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    what = f"{path}: line {line}: {'.'.join(keys) or 'file'}: {problem}{more}"
    return Fault(what, _mend(model, first), USAGE)


def _misplaced(detail: Any) -> Misplaced | None:
    error = detail.get("ctx", {}).get("error")
    return error if isinstance(error, Misplaced) else None


def _mend(model: type[BaseModel], detail: Any) -> str:
    kind, loc = detail["type"], detail["loc"]
    if misplaced := _misplaced(detail):
        return misplaced.mend
    if kind == "extra_forbidden":
        return nearest(str(loc[-1]), _field_names(model, loc[:-1]))
    if kind == "missing":
        return f"add `{loc[-1]}`"
    expected = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
    if expected:
        return nearest(str(detail["input"]), expected)
    return "correct the value at that line"


def _place(tree: Node | None, loc: Sequence[str | int]) -> tuple[int, list[str]]:
    """Return the line and keys of the deepest part of ``loc`` in the file; union tags are passed over."""
    line, node, keys = 1, tree, []
    for part in loc:
        found = _child(node, part)
        if found is not None:
            line, node = found
            keys.append(str(part))
    return line, keys


def _child(node: Node | None, part: str | int) -> tuple[int, Node] | None:
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        item: Node = node.value[part]
        return item.start_mark.line + 1, item
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    return None


def _field_names(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Return the names allowed at ``loc``: of every model that may stand there."""
    models: list[type[BaseModel]] = [model]
    for part in loc:
        fields = [m.model_fields[str(part)].annotation for m in models if str(part) in m.model_fields]
        if fields:
            models = [inner for annotation in fields for inner in _models_in(annotation)]
    return [info.alias or name for m in models for name, info in m.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def _one_line(text: str) -> str:
    return " ".join(str(text).split())
