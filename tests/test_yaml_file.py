"""YAML is read strictly, and an error says on which line and what was probably meant."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from postloan.model.fault import USAGE, Fault
from postloan.yaml_file import read_yaml


class Item(BaseModel):
    """A nested record."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    column: str
    kind: Literal["date", "money"] = "date"


class Settings(BaseModel):
    """A file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    items: dict[str, Item | str] = {}
    n: int = 1


def read(tmp_path: Path, text: str | bytes) -> Settings:
    path = tmp_path / "settings.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_yaml(path, Settings)


def test_values_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    assert read(tmp_path, "name: no\nn: 010\n") == Settings(name="no", n=10)
    assert read(tmp_path, b"\xef\xbb\xbfname: x\n").name == "x"


@pytest.mark.parametrize(
    ("text", "what", "mend"),
    [
        ("name: a\nname: b\n", "line 2: found duplicate key", "correct the YAML"),
        ("name: [\n", "line 2: ", "correct the YAML"),
        ("", "line 1: the file must hold names and values", "name: value"),
        ("- a\n", "line 1: the file must hold names and values", "name: value"),
        ("n: 2\n", "line 1: name: Field required", "add `name`"),
        ("name: a\nnn: 2\n", "line 2: nn: unknown name", "did you mean n?"),
        ("name: a\nitems:\n  b:\n    colum: x\n", "line 4: items.b.colum: unknown name", "column?"),
        ("name: a\nitems:\n  q: {column: x, kind: mony}\n", "line 3: items.q.kind", "money?"),
        ("name: a\nn: x\n", "line 2: n: Input should be a valid integer", "correct the value"),
        (b"name: \xff\n", "byte 6 is not UTF-8", "save the file as UTF-8"),
    ],
)
def test_an_error_says_where_and_how_to_mend(tmp_path: Path, text: str | bytes, what: str, mend: str) -> None:
    with pytest.raises(Fault) as caught:
        read(tmp_path, text)
    assert what in caught.value.what
    assert "settings.yaml" in caught.value.what
    assert mend in caught.value.mend
    assert caught.value.exit_code == USAGE
    assert "\n" not in caught.value.what


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="No such file"):
        read_yaml(tmp_path / "nothing.yaml", Settings)
