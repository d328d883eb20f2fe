"""The command line: light to start, two lines per error, the documented exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VERBS = ["demo", "check", "load", "quarantine", "map", "show"]
VERBS += ["explain", "simulate", "build", "verify", "doctor", "lab"]
HEAVY = ("pandas", "numpy", "ibis", "duckdb", "pyarrow", "matplotlib", "numba", "papermill", "nbconvert")


def postloan(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from postloan.cli import main; main()", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_help_loads_nothing_heavy() -> None:
    asked = f"import postloan.cli, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_every_verb() -> None:
    done = postloan("--help")
    assert done.returncode == 0
    verbs = re.findall(r"^  ([a-z]+)  ", done.stdout.partition("Commands:")[2], re.MULTILINE)
    assert verbs == VERBS


def assert_two_lines(done: subprocess.CompletedProcess[str], exit_code: int) -> None:
    assert done.returncode == exit_code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("ERROR ")
    assert lines[1].startswith("  fix: ")


def test_a_folder_that_is_no_book_is_a_usage_error(tmp_path: Path) -> None:
    done = postloan("show", "npl_ratio", "--book", str(tmp_path), "--as-of", "2026-10-31")
    assert_two_lines(done, 2)


def test_a_missing_mapping_is_a_usage_error(tmp_path: Path) -> None:
    done = postloan(
        "load", str(tmp_path / "no.yaml"), "--from", str(tmp_path), "--book", str(tmp_path / "book")
    )
    assert_two_lines(done, 2)
    assert not (tmp_path / "book").exists()


def test_a_setting_without_a_value_is_a_usage_error() -> None:
    done = postloan("build", "params/packs/monthly_review.yaml", "--set", "lang")
    assert_two_lines(done, 2)


def test_an_unknown_option_is_a_usage_error() -> None:
    assert postloan("show", "npl_ratio", "--bok", "B").returncode == 2


def test_a_traceback_needs_v(tmp_path: Path) -> None:
    words = ("show", "npl_ratio", "--book", str(tmp_path), "--as-of", "2026-10-31")
    assert "Traceback" not in postloan(*words).stderr
    assert "Traceback" in postloan(*words, "-v").stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_doctor_finds_this_machine_ready(form: str) -> None:
    done = postloan("doctor", "--format", form)
    assert done.returncode == 0, done.stdout
    if form == "json":
        answer = json.loads(done.stdout)
        assert answer["exit_code"] == 0
        assert all(finding["ok"] for finding in answer["findings"])
    else:
        assert "python" in done.stdout


def test_verify_of_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    done = postloan("verify", str(tmp_path))
    assert done.returncode in (2, 6)
    assert done.stderr.startswith("ERROR ") or "manifest" in done.stdout
