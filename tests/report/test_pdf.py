"""The printed pack: what stands on every page, that nothing is cut or run, and that bytes repeat."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import nbformat
import pytest
import report_samples as samples
from nbformat import NotebookNode
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from postloan.model.fault import Fault
from postloan.report import heading, typst_markup
from postloan.report.codec import SECTION_MIME, encode
from postloan.report.figures import figures_of
from postloan.report.fonts import glyphs
from postloan.report.pdf import PackPDFExporter, pack_pdf
from postloan.report.section import Field, Figure, Format, Paragraphs, Row, RowKind, Section, Table


def bare(text: str) -> str:
    """Leave out what the typesetter adds: spaces, line ends, break marks."""
    return re.sub(r"[\s\u200b\u00a0]+", "", text)


@pytest.fixture(scope="module", params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def pdf(lang: str) -> bytes:
    return pack_pdf(samples.sections(lang), samples.head(lang), samples.style(lang))


@pytest.fixture(scope="module")
def reader(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


@pytest.fixture(scope="module")
def pages(reader: PdfReader) -> list[str]:
    return [bare(page.extract_text()) for page in reader.pages]


def made_of(*blocks: Table | Paragraphs, key: str = "s") -> PdfReader:
    section = Section(key, "Heading", "Takeaway", blocks)
    return PdfReader(io.BytesIO(pack_pdf([section], samples.head("en"), samples.style("en"))))


def all_text(reader: PdfReader) -> str:
    return "".join(bare(page.extract_text()) for page in reader.pages)


def test_every_page_says_whose_when_and_in_what_state(lang: str, pages: list[str]) -> None:
    for text in pages:
        for part in heading.running_head(samples.head(lang), samples.style(lang)):
            assert bare(part) in text
    for number, text in enumerate(pages[1:], 2):
        assert f"{number}/{len(pages)}" in text
        assert "2025-07-03" in text
        assert "b0003-1f2e3d4c" in text


def test_contents_name_the_page_each_section_is_on(lang: str, reader: PdfReader, pages: list[str]) -> None:
    contents = reader.pages[1].extract_text()
    for section in samples.sections(lang):
        found = re.search(rf"^{re.escape(section.heading)}[ .]+(\d+)$", contents, re.MULTILINE)
        assert found, section.heading
        on_page = pages[int(found.group(1)) - 1]
        assert bare(section.heading + section.takeaway) in on_page


def test_bookmarks_and_metadata(lang: str, reader: PdfReader) -> None:
    headings = [section.heading for section in samples.sections(lang)]
    assert [entry["/Title"] for entry in reader.outline] == headings  # type: ignore[call-overload]
    meta = reader.metadata
    assert meta is not None
    assert heading.report_title(samples.head(lang)) in str(meta.title)
    assert str(meta.author) == samples.head(lang).prepared_by
    assert "20250703" in str(meta["/CreationDate"])
    root = DictionaryObject(reader.root_object)
    mark = root["/MarkInfo"]
    assert isinstance(mark, DictionaryObject)
    assert mark["/Marked"]
    assert str(root["/Lang"]).startswith(lang)


def test_the_summary_is_one_page_whatever_it_holds() -> None:
    section = samples.sections()[0]
    branches = samples.sections()[1].blocks[1]
    assert isinstance(branches, Table)
    fuller = replace(
        section,
        blocks=(
            Paragraphs("more", ("不良率上升的原因是个人消费贷逾期增加，需要跟进。" * 4,) * 10, bullets=True),
            *section.blocks,
            replace(branches, key="again"),
        ),
    )
    made = PdfReader(io.BytesIO(pack_pdf([fuller, samples.sections()[3]], samples.head(), samples.style())))
    assert len(made.pages) == 4  # cover, contents, summary, the next section
    assert "需要决定的事" in bare(made.pages[2].extract_text())


def test_a_wide_table_is_landscape_and_whole(lang: str, reader: PdfReader) -> None:
    wide = samples.sections(lang)[2].blocks[0]
    assert isinstance(wide, Table)
    turned = [page for page in reader.pages if page.mediabox.width > page.mediabox.height]
    assert len(turned) == 1
    text = bare(turned[0].extract_text())
    style = samples.style(lang)
    shown = [
        style.text(cell, c.format)
        for row in wide.rows
        for cell, c in zip(row.cells, wide.fields, strict=True)
    ]
    missing = [value for value in (*shown, *(c.label for c in wide.fields)) if bare(value) not in text]
    assert not missing
    assert bare(style.money_unit()) in text


def test_every_figure_in_print_reads_as_in_figures_json(lang: str, pages: list[str]) -> None:
    text = "".join(pages)
    cut = {f"maturities.cliff.L{row:05d}" for row in range(40, 300)}
    figures = figures_of(samples.sections(lang), samples.style(lang))
    shown = [figure for figure in figures if figure["id"].rpartition(".")[0] not in cut]
    assert len(shown) > 200
    assert not [figure["id"] for figure in shown if bare(figure["display"]) not in text]


def test_long_tables_are_cut_at_forty_rows_and_say_where_the_rest_is(pages: list[str], lang: str) -> None:
    text = "".join(pages)
    assert "L00039" in text
    assert "L00040" not in text
    assert bare({"zh": "共300行；完整清单见附录cliff", "en": "of 300 rows"}[lang]) in text


@pytest.mark.parametrize("notes", [(), ("A note.",)])
def test_few_rows_that_fill_more_than_a_page_go_on_overleaf(notes: tuple[str, ...]) -> None:
    fields = (Field("name", "Name", Format.TEXT), Field("text", "Text", Format.TEXT))
    rows = tuple(Row(f"r{n}", (f"<{n}>", "word " * 200)) for n in range(12))
    section = Section("s", "Heading", "Takeaway", (Table("t", "T", fields, rows),), notes)
    made = PdfReader(io.BytesIO(pack_pdf([section], samples.head("en"), samples.style("en"))))
    texts = [bare(page.extract_text()) for page in made.pages]
    on = [next(i for i, text in enumerate(texts) if f"<{n}>" in text) for n in range(12)]
    assert len(set(on)) > 1
    for i in set(on):
        assert texts[i].count("word") < 1500, "rows lie on one another"


def test_a_cut_table_keeps_its_total() -> None:
    column = Field("n", "Loans", Format.COUNT)
    rows = [Row(str(i), (Figure(i),)) for i in range(1, 60)]
    table = Table("t", "T", (column,), (*rows, Row("total", (Figure(987654),), RowKind.TOTAL)))
    assert "987,654" in all_text(made_of(table))


def test_data_is_printed_and_never_run(pages: list[str]) -> None:
    text = "".join(pages)
    for attack in samples.ATTACKS[:6]:
        assert bare(attack) in text
    assert "root:" not in text
    assert "[U+202E]gnp.exe" in text
    assert "〓田[U+0007]商店" in text
    assert samples.LONG_WORD in text
    assert bare(samples.LONG_NAME) in text or "Branch" in text


def test_no_link_leaves_the_document(reader: PdfReader) -> None:
    actions = [
        annotation.get_object().get("/A", {})
        for page in reader.pages
        for annotation in page.get("/Annots", ())
    ]
    assert not [action for action in actions if "/URI" in action]


def test_replaced_characters_are_counted() -> None:
    made = typst_markup.document(samples.sections(), samples.head(), samples.style())
    assert made.replaced == 3  # 𠮷, the bell, and the direction mark


def test_same_pack_same_bytes(pdf: bytes, lang: str) -> None:
    assert pack_pdf(samples.sections(lang), samples.head(lang), samples.style(lang)) == pdf


def test_nothing_starts_outside_the_page(reader: PdfReader) -> None:
    for page in reader.pages:
        right = float(page.mediabox.width)

        def within(text: str, cm: list[float], tm: list[float], *_: object, right: float = right) -> None:
            if text.strip():
                assert 50 < tm[4] * cm[0] + tm[5] * cm[2] + cm[4] < right - 50

        page.extract_text(visitor_text=within)


def notebook_of(bundles: Sequence[Mapping[str, object]]) -> NotebookNode:
    outputs = [{"output_type": "display_data", "data": data, "metadata": {}} for data in bundles]
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "secret = 1", "execution_count": 1}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{**cell, "outputs": outputs}]}
    return nbformat.from_dict(content)  # type: ignore[no-any-return, no-untyped-call]


def test_a_notebook_is_exported_by_its_sections_alone() -> None:
    shown = [{SECTION_MIME: encode(section), "text/html": "<p>no</p>"} for section in samples.sections()]
    exporter = PackPDFExporter(head=samples.head(), style=samples.style())
    made, resources = exporter.from_notebook_node(notebook_of(shown))
    assert made == pack_pdf(samples.sections(), samples.head(), samples.style())
    assert resources["output_extension"] == ".pdf"


def test_refuses_a_notebook_without_sections_and_headings_without_glyphs() -> None:
    with pytest.raises(Fault, match="no section"):
        PackPDFExporter(samples.head(), samples.style()).from_notebook_node(notebook_of([]))
    with pytest.raises(Fault, match=r"U\+20BB7"):
        pack_pdf([Section("s", "𠮷", "", ())], samples.head(), samples.style())


def test_our_own_words_have_glyphs() -> None:
    for lang in ("zh", "en"):
        words = [label.text(lang) for label in typst_markup._WORDS.values()]
        head = samples.head(lang)
        said = (*words, heading.report_title(head), *sum(heading.head_items(head, samples.style(lang)), ()))
        assert set("".join(said)) - glyphs() == set()


def test_a_thousand_rows_are_cut_to_forty_on_a_few_pages() -> None:
    fields = tuple(Field(f"c{i}", f"C{i}", Format.COUNT) for i in range(10))
    rows = tuple(Row(str(i), tuple(Figure(100_000 + i * 10 + j) for j in range(10))) for i in range(1000))
    reader = made_of(Table("t", "T", fields, rows))
    text = all_text(reader)
    assert "100,390" in text  # in the fortieth row
    assert "100,400" not in text
    assert len(reader.pages) <= 5


@pytest.mark.parametrize("columns", [1, 12, 13, 24, 40])
def test_any_number_of_columns_is_whole(columns: int) -> None:
    fields = tuple(Field(f"c{i}", f"Column {i}", Format.MONEY) for i in range(columns))
    rows = (Row("r", tuple(Figure(10**13 + i * 10**8) for i in range(columns))),)
    reader = made_of(Table("t", "T", fields, rows))
    text = all_text(reader)
    for i in range(columns):
        assert bare(samples.style("en").text(10**13 + i * 10**8, Format.MONEY)) in text
    is_turned = any(page.mediabox.width > page.mediabox.height for page in reader.pages)
    assert is_turned == (columns > 7)
