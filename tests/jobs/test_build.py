"""From a pack file and a book to published packs; one small synthetic lender for all tests here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pytest
from pypdf import PdfReader

from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.jobs import making
from postloan.jobs.build import build
from postloan.jobs.demo import demo
from postloan.jobs.formats import FIGURES
from postloan.jobs.load import load
from postloan.jobs.outcome import BuildReport, State
from postloan.jobs.verify import verify
from postloan.model.fault import Fault
from postloan.model.scope import MISSING
from postloan.report import run
from postloan.report.publish import Shelf, slug
from postloan.report.reports import REPORTS

PROJECT = Path(__file__).parents[2]
PACK = PROJECT / "params" / "packs" / "monthly_review.yaml"
AS_OF = date(2026, 10, 31)
TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lender")
    demo(folder / "files", loans=400)
    load(PROJECT / "params" / "sources" / "demo.yaml", folder / "files", folder / "book")
    return folder / "book"


def make(lender: Path, out: Path, by: str | None = None, **overrides: str) -> BuildReport:
    given = {"book": str(lender), "as_of": AS_OF.isoformat(), **overrides}
    return build(PACK, out=out, by=by, overrides=given, today=TODAY, echo=lambda line: None)


@pytest.fixture(scope="module")
def out(book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one pack of the whole lender, in Chinese."""
    folder = tmp_path_factory.mktemp("out")
    report = make(book, folder)
    assert [pack.state for pack in report.packs] == [State.PUBLISHED], report.text()
    return folder


def contents(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def shelf(out: Path, scope: str = "all", lang: str = "zh") -> Shelf:
    return Shelf(out, "monthly_review", AS_OF, scope, lang)


def test_a_pack_has_every_format_and_verifies(out: Path) -> None:
    current = shelf(out).current()
    assert current is not None
    stem = "postloan_monthly_review_all_2026-10-31_v001"
    names = {FIGURES, "manifest.json", *(f"{stem}.{kind}" for kind in ("html", "pdf", "xlsx", "ipynb"))}
    assert set(contents(current)) == names
    assert verify(shelf(out).folder).exit_code == 0
    assert len(PdfReader(current / f"{stem}.pdf").pages) > len(REPORTS["monthly_review"].sections) / 2
    assert "合成数据" in (out / "index.html").read_text(encoding="utf-8")
    assert (current.parent / "v001.run.json").is_file()


def test_nothing_of_the_machine_is_in_the_pack(out: Path, book: Path) -> None:
    current = shelf(out).current()
    assert current is not None
    for name, data in contents(current).items():
        assert str(book.parent).encode() not in data, name
        assert str(out).encode() not in data, name


def test_the_same_inputs_again_start_no_kernel(
    out: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "facts_under", lambda *_: pytest.fail("facts were computed"))
    report = make(book, out)
    assert [pack.state for pack in report.packs] == [State.UP_TO_DATE]
    assert "already up to date" in report.text()
    assert len(shelf(out).versions()) == 1


def test_the_same_inputs_elsewhere_give_the_same_bytes(out: Path, book: Path, tmp_path: Path) -> None:
    make(book, tmp_path)
    first, second = shelf(out).current(), shelf(tmp_path).current()
    assert first is not None
    assert second is not None
    assert contents(first) == contents(second)


def test_every_figure_of_the_json_is_in_the_print(out: Path) -> None:
    current = shelf(out).current()
    assert current is not None
    pdf = next(current.glob("*.pdf"))
    text = "".join(page.extract_text() for page in PdfReader(pdf).pages).replace(" ", "").replace("\n", "")
    figures = json.loads((current / FIGURES).read_text(encoding="utf-8"))["figures"]
    headline = [figure for figure in figures if figure["id"].startswith("summary.")]
    assert headline
    assert [f["id"] for f in headline if f["display"].replace(" ", "") not in text] == []


def test_one_branch_that_fails_fails_alone(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = run.execute

    def execute(notebook: Path, parameters: Mapping[str, str], path: Path, *rest: object) -> object:
        if branches[0] in path.parent.name:
            raise Fault("the notebook did not finish: planted", "none", 4)
        return real(notebook, parameters, path, *rest)  # type: ignore[arg-type]

    lent = Book.open(book).read("loan")
    names = sorted(name or MISSING for name in pc.unique(lent["branch"]).to_pylist())
    branches = [slug(name) for name in names]
    monkeypatch.setattr("postloan.jobs.pack.execute", execute)
    report = make(book, tmp_path, by="branch", formats="html", lang="en")
    states = {pack.scope: pack.state for pack in report.packs}
    assert states == {name: State.FAILED if name == names[0] else State.PUBLISHED for name in names}
    assert report.exit_code == 4
    assert "planted" in report.text()
    assert all(verify(shelf(tmp_path, name, "en").folder).exit_code == 0 for name in names[1:])
    assert not shelf(tmp_path, names[0], "en").versions()
    assert not list(tmp_path.glob(".staging*"))


@pytest.mark.parametrize(
    ("overrides", "mend"),
    [
        ({"scope": "没有的支行"}, ""),
        ({"as_of": "1999-12-31"}, "from"),
        ({"lang": "fr"}, "zh"),
        ({"book": "/nowhere"}, "load"),
    ],
)
def test_what_cannot_be_is_refused_before_a_kernel_starts(
    book: Path, tmp_path: Path, overrides: dict[str, str], mend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "facts_under", lambda *_: pytest.fail("facts were computed"))
    with pytest.raises(Fault) as caught:
        make(book, tmp_path / "out", **overrides)
    assert caught.value.exit_code == 2
    assert mend in caught.value.mend
    assert not (tmp_path / "out").exists()


def test_a_second_run_meets_the_lock(book: Path, tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(Fault) as caught:
        make(book, tmp_path)
    assert caught.value.exit_code == 5
    assert str(os.getpid()) in caught.value.what


def test_a_changed_byte_is_found(out: Path) -> None:
    current = shelf(out).current()
    assert current is not None
    path = next(current.glob("*.html"))
    original = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(original[:-1] + b" ")
    found = verify(current)
    path.write_bytes(original)
    assert found.exit_code == 6
    assert found.differences == (f"{path.name}: changed",)
    assert path.name in found.text()


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        verify(tmp_path / "nowhere")
    assert caught.value.exit_code == 2
