"""Publish or nothing: whatever call fails, a reader finds the old pack or the new one, complete."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from postloan.model.fault import Fault
from postloan.report.index import entries, is_listed, write_index
from postloan.report.manifest import differences
from postloan.report.publish import CURRENT, Shelf, prepare, publish, slug, staging, sweep

HEAD = {
    "report": "monthly_review",
    "lender": "某某<script>贷款",
    "as_of": "2025-06-30",
    "scope": "all",
    "lang": "zh",
    "is_final": False,
    "is_synthetic": True,
}


def shelf(out: Path) -> Shelf:
    return Shelf(out, "monthly_review", date(2025, 6, 30), "all", "zh")


def make(out: Path, key: str) -> Path:
    place = shelf(out)
    version = place.next_version()
    with staging(out) as root:
        staged = root / "pack"
        staged.mkdir()
        (staged / f"{place.file_stem(version)}.html").write_text(key, encoding="utf-8")
        (staged / "figures.json").write_text("{}", encoding="utf-8")
        return publish(staged, place, version, {**HEAD, "version": version, "key": key})


def test_versions_rise_and_the_first_never_changes(tmp_path: Path) -> None:
    first = make(tmp_path, "one")
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    second = make(tmp_path, "two")
    assert (first.name, second.name) == ("v001", "v002")
    assert shelf(tmp_path).current() == second
    assert {path.name: path.read_bytes() for path in first.iterdir()} == before
    assert differences(first) == differences(second) == ()
    assert all(path.stat().st_mode & 0o222 == 0 for path in second.iterdir())


def test_same_inputs_are_found_again(tmp_path: Path) -> None:
    path = make(tmp_path, "one")
    assert shelf(tmp_path).made_from("one") == path
    assert shelf(tmp_path).made_from("two") is None


class Killed(BaseException):
    """Stands for a kill: nothing of ours catches it."""


def fail_at(monkeypatch: pytest.MonkeyPatch, call: int, error: BaseException) -> list[int]:
    """Make the ``call``-th of all writing system calls raise; return the counter."""
    count = [0]

    def wrapped(real: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **kwargs: object) -> object:
            count[0] += 1
            if count[0] == call:
                raise error
            return real(*args, **kwargs)

        return run

    for name in ("replace", "rename", "fsync"):
        monkeypatch.setattr(os, name, wrapped(getattr(os, name)))
    return count


@pytest.mark.parametrize("error", [Killed(), OSError(28, "No space left on device")])
def test_a_kill_at_any_call_leaves_the_old_pack_or_the_new(tmp_path: Path, error: BaseException) -> None:
    """The loop ends with the run in which no call was left to fail."""
    make(tmp_path, "old")
    write_index(tmp_path)
    for call in range(1, 100):
        with pytest.MonkeyPatch.context() as patch:
            count = fail_at(patch, call, error)
            try:
                make(tmp_path, f"new {call}")
                write_index(tmp_path)
            except type(error):
                pass
        current = shelf(tmp_path).current()
        assert current is not None
        assert differences(current) == ()
        assert all(differences(path) == () for path in shelf(tmp_path).versions())
        if count[0] < call:
            break
    assert call > 8
    assert shelf(tmp_path).current() == shelf(tmp_path).versions()[-1]


def test_a_version_renamed_but_not_pointed_to_is_taken_up(tmp_path: Path) -> None:
    make(tmp_path, "old")
    newest = make(tmp_path, "new")
    (newest.parent / CURRENT).write_text("v001\n", encoding="utf-8")
    assert shelf(tmp_path).made_from("new") == newest
    assert shelf(tmp_path).current() == newest


def test_leftovers_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    make(tmp_path, "one")
    (tmp_path / ".staging-dead" / "deep").mkdir(parents=True)
    (shelf(tmp_path).folder / ".staging-file").touch()
    sweep(tmp_path, "monthly_review")
    assert [path.name for path in tmp_path.rglob(".staging*")] == []
    assert differences(shelf(tmp_path).versions()[0]) == ()


def test_staging_is_private_and_goes_away(tmp_path: Path) -> None:
    with staging(tmp_path) as folder:
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_scopes_get_names_that_no_other_scope_has() -> None:
    names = ["all", "north", "North", "城东支行", "城西支行", "../../etc", "a b", "a_b", "", "(missing)"]
    slugs = [slug(name) for name in names]
    assert len({s.lower() for s in slugs}) == len(names)
    assert all(s.isascii() and s.replace("-", "").replace("_", "").isalnum() for s in slugs)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for out in ("file", "link"):
        with pytest.raises(Fault) as caught:
            prepare(tmp_path / out)
        assert caught.value.exit_code == 2


def test_the_index_lists_all_versions_newest_first_and_escapes(tmp_path: Path) -> None:
    make(tmp_path, "one")
    make(tmp_path, "two")
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert [entry.manifest["version"] for entry in entries(tmp_path)] == ["v002", "v001"]
    assert [entry.is_current for entry in entries(tmp_path)] == [True, False]
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert is_listed(tmp_path, shelf(tmp_path).versions()[0])
    assert not is_listed(tmp_path, shelf(tmp_path).folder / "v003")
    assert "合成数据" in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_index_of_a_thousand_packs_lists_them_all(tmp_path: Path) -> None:
    import shutil

    first = make(tmp_path, "one")
    for number in range(2, 1001):
        shutil.copytree(first, first.parent / f"v{number:03d}")
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert page.count("<tr") == 1 + 1000  # the head and the packs
