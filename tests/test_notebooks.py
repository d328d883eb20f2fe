"""Notebooks are thin: parameters, one call per section, a sentinel; no logic, no outputs, no machine's traces."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from postloan.report.reports import REPORTS

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.If,
    ast.IfExp,
    ast.Lambda,
    ast.BinOp,
    ast.Compare,
    ast.comprehension,
    ast.Try,
    ast.With,
)
MOST_LINES = 40


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> NotebookNode:
    return nbformat.read(request.param, as_version=4)  # type: ignore[no-any-return, no-untyped-call]


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_is_a_notebook() -> None:
    assert "monthly_review" in [path.stem for path in NOTEBOOKS]


def test_it_is_valid_and_committed_without_outputs(notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in code(notebook))
    assert notebook.metadata.kernelspec.name == "python3"


def test_it_holds_no_logic(notebook: NotebookNode) -> None:
    trees = [ast.parse(cell.source) for cell in code(notebook)]
    found = {type(node).__name__ for tree in trees for node in ast.walk(tree) if isinstance(node, LOGIC)}
    assert not found


def test_it_is_short(notebook: NotebookNode) -> None:
    lines = [line for cell in code(notebook) for line in cell.source.splitlines() if line.strip()]
    assert len(lines) <= MOST_LINES


def test_its_parameters_are_tagged_and_typed(notebook: NotebookNode) -> None:
    tagged = [cell for cell in code(notebook) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert all(isinstance(node, ast.AnnAssign) for node in ast.parse(tagged[0].source).body)


@pytest.mark.parametrize("report", REPORTS)
def test_it_shows_every_section_in_order_and_ends_with_the_sentinel(report: str) -> None:
    path = next(path for path in NOTEBOOKS if path.stem == report)
    cells = code(nbformat.read(path, as_version=4))  # type: ignore[no-untyped-call]
    assert [cell.source for cell in cells[2:]] == [
        *(f'pack.show("{key}")' for key in REPORTS[report].sections),
        "pack.done()",
    ]
