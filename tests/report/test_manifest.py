"""The manifest finds any changed, missing or added byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from postloan.report.manifest import MANIFEST, differences, seal

FILES = {"a.html": b"<p>1</p>", "b.pdf": b"%PDF-1.7 \x00\xff", "deep/c.json": b"{}"}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    (tmp_path / MANIFEST).write_bytes(seal(tmp_path, {"report": "monthly_review", "lender": "某某"}))
    return tmp_path


def test_an_untouched_pack_has_no_differences(pack: Path) -> None:
    assert differences(pack) == ()


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_every_flipped_bit_shows(pack: Path, name: str) -> None:
    path = pack / name
    original = path.read_bytes()
    for position in range(len(original) * 8):
        changed = bytearray(original)
        changed[position // 8] ^= 1 << position % 8
        path.write_bytes(bytes(changed))
        assert any(line.startswith(name) for line in differences(pack)), position


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_every_missing_file_shows(pack: Path, name: str) -> None:
    (pack / name).unlink()
    assert any(line.startswith(f"{name}: missing") for line in differences(pack))


@pytest.mark.parametrize("name", ["extra.html", "deep/extra.json", ".hidden"])
def test_every_added_file_shows(pack: Path, name: str) -> None:
    (pack / name).touch()
    assert differences(pack) == (f"{name}: added",)


def test_an_added_folder_and_an_added_link_show(pack: Path) -> None:
    (pack / "empty").mkdir()
    (pack / "link").symlink_to(pack / "a.html")
    assert differences(pack) == ("empty: added", "link: added")


def test_two_swapped_files_show(pack: Path) -> None:
    first, second = pack / "a.html", pack / "b.pdf"
    first.write_bytes(FILES["b.pdf"])
    second.write_bytes(FILES["a.html"])
    assert differences(pack) == ("a.html: changed", "b.pdf: changed")


def test_a_file_replaced_by_a_link_to_the_same_bytes_shows(pack: Path) -> None:
    elsewhere = pack.parent / "elsewhere"
    (pack / "a.html").rename(elsewhere)
    (pack / "a.html").symlink_to(elsewhere)
    assert differences(pack) == ("a.html: changed",)
