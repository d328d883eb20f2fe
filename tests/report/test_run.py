"""A notebook runs to its end or the run has failed, whatever Jupyter calls it."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from postloan.model.fault import Fault
from postloan.report import kernel
from postloan.report.pack import SENTINEL
from postloan.report.run import execute

DONE = f"print({SENTINEL!r})"


def notebook(folder: Path, *cells: str, last: str = DONE) -> Path:
    parameters = new_code_cell('results: str = "x"', id="parameters", metadata={"tags": ["parameters"]})  # type: ignore[no-untyped-call]
    rest = [new_code_cell(source, id=f"cell-{i}") for i, source in enumerate((*cells, last))]  # type: ignore[no-untyped-call]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = folder / "report.ipynb"
    nbformat.write(new_notebook(cells=[parameters, *rest], metadata=metadata), path)  # type: ignore[no-untyped-call]
    return path


def run(folder: Path, *cells: str, last: str = DONE, timeout: int = 60) -> str:
    source = notebook(folder, *cells, last=last)
    staged = folder / "staged"
    staged.mkdir(exist_ok=True)
    execute(source, {"results": "pack.json"}, staged / "out.ipynb", timeout)
    return (staged / "out.ipynb").read_text(encoding="utf-8")


def test_a_good_notebook_runs_in_this_interpreter_and_its_own_folder(tmp_path: Path) -> None:
    text = run(tmp_path, "import os, sys; print(results, sys.executable, os.getcwd())")
    assert f"pack.json {sys.executable} {tmp_path / 'staged'}" in text
    assert [path.name for path in (tmp_path / "staged").iterdir()] == ["out.ipynb"]


def test_the_executed_notebook_is_the_same_every_time(tmp_path: Path) -> None:
    cells = ("import sys; print('shown'); print('no' + 'ise', file=sys.stderr)", "print({'b', 'a', 'c'})")
    first = run(tmp_path, *cells)
    assert first == run(tmp_path, *cells)
    assert "shown" in first
    assert "noise" not in first


BAD = {
    "raises": ("1 / 0", "ZeroDivisionError"),
    "raises in a thread": (
        "import threading as t; x = t.Thread(target=lambda: 1 / 0); x.start(); x.join()",
        "traceback",
    ),
    "swallows and prints": (
        "import traceback\ntry:\n    1 / 0\nexcept Exception:\n    traceback.print_exc()",
        "traceback",
    ),
    "leaves quietly": ("import sys; sys.exit(0)", "last cell did not run"),
    "leaves with a code": ("import sys; sys.exit(3)", "SystemExit"),
    "drops out": ("import os; os._exit(0)", "kernel died"),
    "is killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "kernel died"),
    "asks": ("input('name?')", "input"),
    "never ends": ("while True: pass", "longer than 3 s"),
    "is no Python": ("x = = 2", "SyntaxError"),
    "prints too much": ("print('x' * 3_000_000)", "MB of output"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_notebook_fails_with_its_reason(
    tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "OUTPUT_LIMIT", 1024 * 1024)
    source, reason = BAD[case]
    with pytest.raises(Fault) as caught:
        run(tmp_path, source, timeout=3)
    assert caught.value.exit_code == 4
    assert reason in caught.value.what
    assert "\n" not in caught.value.what
    assert not (tmp_path / "staged" / "out.ipynb").exists()


def test_a_notebook_without_the_sentinel_fails(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="last cell did not run") as caught:
        run(tmp_path, "print(1)", last="print(2)")
    assert caught.value.exit_code == 4


def test_a_notebook_that_goes_elsewhere_changes_nothing_here(tmp_path: Path) -> None:
    run(tmp_path, "import os; os.chdir('/')")
    assert Path.cwd() != Path("/")


@pytest.mark.parametrize("name", ["result", "results\nimport os", "__class__"])
def test_an_undeclared_parameter_is_refused_before_a_kernel_starts(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("papermill.execute_notebook", lambda *_, **__: pytest.fail("a kernel was started"))
    with pytest.raises(Fault) as caught:
        execute(notebook(tmp_path), {name: "x"}, tmp_path / "out.ipynb", 60)
    assert caught.value.exit_code == 2
    assert "results" in caught.value.mend


def test_a_parameters_value_is_never_code(tmp_path: Path) -> None:
    source = notebook(tmp_path, "print(results)")
    (tmp_path / "staged").mkdir()
    value = '"; import os; os.mkdir("made"); "'
    execute(source, {"results": value}, tmp_path / "staged" / "out.ipynb", 60)
    assert not list(tmp_path.rglob("made"))


@pytest.mark.parametrize("content", [None, "not a notebook"])
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "report.ipynb"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(Fault) as caught:
        execute(path, {}, tmp_path / "out.ipynb", 60)
    assert caught.value.exit_code == 2
