"""The gate: what differs from the records, refers outside or shows an identifier is not published."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import report_samples as samples
from nbformat import v4 as nbf

from postloan.model.fault import Fault
from postloan.report import checks, codec, workbook
from postloan.report.display import section_html
from postloan.report.excel import write_workbook
from postloan.report.figures import write_figures
from postloan.report.html import to_html
from postloan.report.section import Field, Figure, Format, Row, Section, Table

SECTIONS = samples.sections()
STYLE = samples.style()


def page(path: Path, sections: Sequence[Section] = SECTIONS) -> None:
    shown = [
        nbf.new_output(  # type: ignore[no-untyped-call]
            "display_data",
            data={"text/html": section_html(section, STYLE), codec.SECTION_MIME: codec.encode(section)},
        )
        for section in sections
    ]
    cells = [nbf.new_code_cell("", outputs=[output]) for output in shown]  # type: ignore[no-untyped-call]
    notebook = nbf.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    path.write_text(to_html(notebook, samples.head(), STYLE), encoding="utf-8")


def figures(path: Path) -> None:
    write_figures(path, SECTIONS, samples.head(), STYLE)


def appendix(path: Path) -> None:
    write_workbook(path, SECTIONS, (), samples.head(), STYLE, [])


FORMATS = {
    "html": (page, checks.check_html),
    "json": (figures, checks.check_figures),
    "xlsx": (appendix, checks.check_workbook),
}


@pytest.mark.parametrize("name", ["𠮷祥支行", "东\u200b支行", "东\u202e支行", "东\n支行", "<b>&", 'a"b'])
def test_a_branch_may_have_any_name(tmp_path: Path, name: str) -> None:
    fields = (Field("branch", "Branch", Format.TEXT), Field("loans", "Loans", Format.COUNT))
    rows = (Row(name, (name, Figure(1))),)
    sections = [Section("s", "Heading", "Takeaway", (Table("t", "Title", fields, rows),))]
    page(tmp_path / "pack.html", sections)
    checks.check_html(tmp_path / "pack.html", sections, STYLE)
    write_workbook(tmp_path / "pack.xlsx", sections, (), samples.head(), STYLE, [])
    checks.check_workbook(tmp_path / "pack.xlsx", sections, STYLE)
    write_figures(tmp_path / "figures.json", sections, samples.head(), STYLE)
    checks.check_figures(tmp_path / "figures.json", sections, STYLE)
    other = [
        Section("s", "Heading", "Takeaway", (Table("t", "Title", fields, (Row("!", ("!", Figure(1))),)),))
    ]
    for check, file in ((checks.check_html, "pack.html"), (checks.check_workbook, "pack.xlsx")):
        with pytest.raises(Fault):
            check(tmp_path / file, other, STYLE)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_written_passes(tmp_path: Path, kind: str) -> None:
    write, check = FORMATS[kind]
    path = tmp_path / f"pack.{kind}"
    write(path)
    before = path.read_bytes()
    check(path, SECTIONS, STYLE)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", FORMATS)
def test_a_format_of_other_figures_is_refused(tmp_path: Path, kind: str) -> None:
    write, check = FORMATS[kind]
    write(tmp_path / f"pack.{kind}")
    with pytest.raises(Fault, match="differ in figures") as caught:
        check(tmp_path / f"pack.{kind}", SECTIONS[:-1] if SECTIONS[-1].blocks else SECTIONS[1:], STYLE)
    assert caught.value.exit_code == 4


def test_one_changed_figure_is_refused_in_the_page(tmp_path: Path) -> None:
    path = tmp_path / "pack.html"
    page(path)
    text = path.read_text(encoding="utf-8")
    name, shown = next((n, t) for n, t in checks.read_page(path).figures.items() if t.strip())
    start = text.index(f'data-figure="{name}"')
    path.write_text(text[:start] + text[start:].replace(f">{shown}<", f">{shown}1<", 1), encoding="utf-8")
    with pytest.raises(Fault, match="differ in figures") as caught:
        checks.check_html(path, SECTIONS, STYLE)
    assert name in caught.value.what


def test_one_changed_figure_is_refused_in_the_json(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    figures(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    changed = next(figure for figure in content["figures"] if figure["value"] is not None)
    changed["value"] += 1
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(Fault, match="differ in figures") as caught:
        checks.check_figures(path, SECTIONS, STYLE)
    assert changed["id"] in caught.value.what


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="https://example.com/a.png">',
        '<a href="file:///etc/passwd">x</a>',
        '<link rel="stylesheet" href="a.css">',
        '<p style="background:url(https://example.com/a)">x</p>',
        "<style>@import 'a.css';</style>",
        "<style>p{background:url('//example.com/a')}</style>",
        '<iframe src="b.html"></iframe>',
        '<form action="https://example.com"></form>',
        '<svg><image xlink:href="a.png"/></svg>',
    ],
)
def test_a_reference_to_anything_outside_is_refused(tmp_path: Path, markup: str) -> None:
    path = tmp_path / "pack.html"
    page(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("</body>", f"{markup}</body>"), encoding="utf-8")
    with pytest.raises(Fault, match="refers to other files"):
        checks.check_html(path, SECTIONS, STYLE)


def test_missing_and_disordered_sections_are_refused() -> None:
    keys = [section.key for section in SECTIONS]
    checks.check_sections(SECTIONS, keys)
    with pytest.raises(Fault, match="missing"):
        checks.check_sections(SECTIONS[1:], keys)
    with pytest.raises(Fault, match="out of order"):
        checks.check_sections(SECTIONS[::-1], keys)


def test_an_unmasked_identifier_is_refused_and_not_repeated() -> None:
    with pytest.raises(Fault, match="unmasked") as caught:
        checks.check_masked({"pack.html": "联系 13812345678"}, frozenset())
    assert "13812345678" not in caught.value.what
    checks.check_masked({"pack.html": "借据 13812345678"}, {"13812345678"})
    checks.check_masked({"pack.html": "联系 138****5678"}, frozenset())


def test_figures_of_two_cells_are_not_one_number(tmp_path: Path) -> None:
    cells = "<tr><td>186</td><td>1234</td><td>5678</td></tr><p>186<span>1234</span>5678</p>"
    (tmp_path / "page.html").write_text(f"<table>{cells}</table>", encoding="utf-8")
    text = "".join(checks.read_page(tmp_path / "page.html").text)
    assert text.split() == ["186", "1234", "5678", "18612345678"]
    with pytest.raises(Fault, match=r"page.html: phone 186\*\*\*\*5678$"):
        checks.check_masked({"page.html": text}, ())


def test_texts_of_json_are_its_strings_alone() -> None:
    content = {"name": "a", "rows": [{"amount": 13812345678, "who": ["b", None, True]}]}
    assert list(checks.strings_in(content)) == ["name", "a", "rows", "amount", "who", "b"]


def test_the_workbook_is_read_back_as_stored(tmp_path: Path) -> None:
    path = tmp_path / "pack.xlsx"
    appendix(path)
    names = workbook.sheet_names(path)
    assert checks.FIGURES_SHEET in names
    assert any("=" in text for text in workbook.texts(path))
    rows = list(workbook.rows(path, names.index(checks.FIGURES_SHEET)))
    assert sum(1 for row in rows if "." in row.get("A", "")) >= sum(1 for s in SECTIONS for _ in s.figures())
    with zipfile.ZipFile(path) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())
