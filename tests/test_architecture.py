"""The architecture page is true, notebooks are thin, and the project speaks of itself alone."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "postloan"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Lambda, ast.BinOp, ast.Try)


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def told_places() -> set[str]:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`[^|]+`) \|", page, flags=re.MULTILINE)
    return {name.rstrip("/") for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_architecture_page_names_every_part_of_the_package_and_no_other() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    modules = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}
    assert told_places() == folders | modules


def test_architecture_page_fits_one_page() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_thin(path: Path) -> None:
    cells = [
        cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"
    ]
    source = "\n".join("".join(cell["source"]) for cell in cells)
    assert len([line for line in source.splitlines() if line.strip()]) <= 40
    assert [type(n).__name__ for n in ast.walk(ast.parse(source)) if isinstance(n, LOGIC)] == []


# Registry hosts, absolute machine paths, promises.
OUTSIDE = re.compile(
    r"(?:pypi|npmjs|debian|pythonhosted)\.(?:org|com)|(?<![\w.])/(?:work|root|home)/|\bTODO\b|\bFIXME\b"
)


def test_project_speaks_of_itself_alone() -> None:
    here = Path(__file__)
    suffixes = {".py", ".md", ".toml", ".yaml", ".yml", ".ipynb", ".po", ".typ", ".j2", ".css", ".lock", ""}
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path != here and path.suffix in suffixes
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if OUTSIDE.search(line)
    ]
    assert found == []


def test_only_the_ground_is_at_the_top_level() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {"notebooks", "src", "params", "outputs", "tests", "README.md", "environment.yml"} <= names
    assert not {name for name in names if name.endswith(".py")}
