"""pyproject, the lock file and environment.yml name the same packages at the same versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [Requirement(line) for line in PROJECT["dependencies"]]
DEVELOPMENT = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
SPARK = [Requirement(line) for line in PROJECT["optional-dependencies"]["spark"]]
LOCKS = ("requirements.lock", "requirements-spark.lock")


def locked(name: str = "requirements.lock") -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, flags=re.MULTILINE)
    return {canonicalize_name(name): pin for name, pin in pins}


def conda() -> dict[str, str]:
    content = YAML(typ="safe").load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    by_pip = next(item["pip"] for item in content["dependencies"] if isinstance(item, dict))
    pins = (Requirement(line) for line in by_pip)
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


@pytest.mark.parametrize("need", [*DIRECT, *DEVELOPMENT], ids=lambda need: need.name)
def test_lock_file_satisfies_pyproject(need: Requirement) -> None:
    pins = locked()
    assert canonicalize_name(need.name) in pins
    assert need.specifier.contains(pins[canonicalize_name(need.name)])


def test_environment_names_every_direct_dependency_at_the_locked_version() -> None:
    pins = locked()
    names = {canonicalize_name(need.name) for need in (*DIRECT, *DEVELOPMENT)}
    assert conda() == {name: pins[name] for name in names}


@pytest.mark.parametrize("need", [*DIRECT, *SPARK], ids=lambda need: need.name)
def test_lock_file_of_spark_satisfies_pyproject(need: Requirement) -> None:
    assert need.specifier.contains(locked("requirements-spark.lock")[canonicalize_name(need.name)])


def test_lock_files_agree() -> None:
    with_spark, pins = locked("requirements-spark.lock"), locked()
    assert {name: pin for name, pin in with_spark.items() if pins.get(name, pin) != pin} == {}


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    packages = [block for block in blocks if "==" in block.split("\n")[0]]
    assert packages
    assert [block.split("\n")[0] for block in packages if "--hash=sha256:" not in block] == []


def test_every_direct_dependency_is_explained() -> None:
    told = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert [need.name for need in (*DIRECT, *DEVELOPMENT, *SPARK) if f"`{need.name}`" not in told] == []
