"""Seeded faults that the doctor must find."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from postloan.jobs import doctor as module
from postloan.jobs.doctor import Diagnosis, doctor

TODAY = date(2026, 11, 22)


def failing(diagnosis: Diagnosis) -> list[str]:
    return [finding.check for finding in diagnosis.findings if not finding.is_well]


def test_a_ready_machine_has_no_finding(tmp_path: Path) -> None:
    assert failing(doctor(tmp_path, TODAY)) == []
    assert doctor(tmp_path, TODAY).exit_code == 0


def test_a_year_without_published_working_days_is_found(tmp_path: Path) -> None:
    diagnosis = doctor(tmp_path, date(2031, 1, 1))
    assert failing(diagnosis) == ["working-day calendar"]
    assert diagnosis.exit_code == 2


def test_a_held_lock_is_found(tmp_path: Path) -> None:
    (tmp_path / "outputs").mkdir()
    with FileLock(tmp_path / "outputs" / "build.lock"):
        assert failing(doctor(tmp_path, TODAY)) == ["locks"]


def test_a_full_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
    assert failing(doctor(tmp_path, TODAY)) == ["disk"]


def test_a_library_of_another_version_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.version

    def older(name: str) -> str:
        return "2.0.0" if name == "duckdb" else real(name)

    monkeypatch.setattr(module, "version", older)
    assert failing(doctor(tmp_path, TODAY)) == ["libraries"]
    assert "duckdb 2.0.0" in doctor(tmp_path, TODAY).text()


def test_a_missing_font_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pylopdf_fonts_zh_cn

    monkeypatch.setattr(pylopdf_fonts_zh_cn, "sans_path", lambda: tmp_path / "gone.otf")
    assert failing(doctor(tmp_path, TODAY)) == ["chinese font"]


def test_an_old_python_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    assert failing(doctor(tmp_path, TODAY)) == ["python"]


def test_a_folder_that_cannot_be_written_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Any, mode: int) -> bool:
        return False

    monkeypatch.setattr(os, "access", refuse)
    assert failing(doctor(tmp_path, TODAY)) == ["output folder"]


def test_the_remedy_stands_under_what_is_not_well(tmp_path: Path) -> None:
    lines = doctor(tmp_path, date(2031, 1, 1)).text().splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("FAIL"))
    assert lines[place + 1].startswith("     fix: ")
