"""The page: complete in itself, deaf to what data says, every figure once, usable and printable."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import report_samples
from nbformat import NotebookNode, v4

from postloan.model.fault import Fault
from postloan.report import codec
from postloan.report.display import section_html, show
from postloan.report.html import cleaned, to_html
from postloan.report.section import Field, Figure, Format, Listing, Row, RowKind, Section, Table
from postloan.report.tables_html import MOST_ROWS, shown_rows, table_html

CHROMIUM = Path("/usr/bin/chromium")
nbf: Any = v4  # has no types
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
ATTACK = "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'><svg onload='window.pwned=1'>"


def notebook(sections: list[Section], lang: str, *outputs: NotebookNode) -> Any:
    style = report_samples.style(lang)
    shown = [
        nbf.new_output(
            "display_data",
            data={
                "text/html": f"<style>p{{}}</style>{section_html(section, style)}",
                codec.SECTION_MIME: codec.encode(section),
            },
        )
        for section in sections
    ]
    cells = [nbf.new_code_cell("secret_code()", outputs=[output]) for output in (*shown, *outputs)]
    return nbf.new_notebook(cells=cells)


@pytest.fixture(scope="module", params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def sections(lang: str) -> list[Section]:
    return report_samples.sections(lang)


@pytest.fixture(scope="module")
def page(lang: str, sections: list[Section]) -> str:
    noise = nbf.new_output("stream", name="stdout", text="printed by a cell")
    head = report_samples.head(lang, prepared_by=f"A {ATTACK}")
    return to_html(notebook(sections, lang, noise), head, report_samples.style(lang))


class Reader(HTMLParser):
    """Collects what a page refers to, its ids and its figures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, name: str) -> list[str]:
        return [value for _, attrs in self.tags if (value := attrs.get(name)) is not None]


def shown_figures(sections: list[Section]) -> list[str]:
    return [
        name
        for section in sections
        for name, table, row, _, _ in section.figures()
        if row in shown_rows(table)
    ]


def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    reader = Reader(page)
    assert all(value.startswith("data:image/svg+xml;base64,") for value in reader.values("src"))
    assert all(value.startswith("#s-") for value in reader.values("href"))
    css = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    assert re.findall(r"url\((?!data:font/otf)", css) == []
    assert "@import" not in css
    assert {tag for tag, _ in reader.tags} & {"link", "iframe", "object", "embed", "base", "form"} == set()


def test_only_our_own_script_may_run(page: str) -> None:
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    assert len(scripts[0].encode()) <= 1536
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = next(a["content"] for _, a in Reader(page).tags if a.get("http-equiv"))
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digest}'; img-src data:; style-src 'unsafe-inline'; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )


def test_no_attribute_runs_anything(page: str) -> None:
    assert [name for _, attrs in Reader(page).tags for name in attrs if name.startswith("on")] == []


def test_code_prompts_and_prints_are_hidden(page: str) -> None:
    assert "secret_code" not in page
    assert "printed by a cell" not in page


def test_every_figure_shown_has_its_id_once(page: str, sections: list[Section]) -> None:
    reader = Reader(page)
    assert sorted(reader.values("data-figure")) == sorted(shown_figures(sections))
    ids = reader.values("id")
    assert len(ids) == len(set(ids))
    assert not any(re.search(r"\s", name) for name in ids)


def test_contents_lead_to_every_section(page: str, sections: list[Section]) -> None:
    reader = Reader(page)
    assert reader.values("href") == [f"#s-{section.key}" for section in sections]
    assert {f"s-{section.key}" for section in sections} <= set(reader.values("id"))


def test_the_head_says_whose_and_in_what_state(page: str, lang: str) -> None:
    words = {
        "zh": ("湖山小额贷款公司", "草稿 v002", "合成数据", "2025年6月"),
        "en": ("Lakeside Credit", "Draft v002", "Synthetic data", "June 2025"),
    }
    assert all(word in page for word in words[lang])
    assert Reader(page).tags[0] == ("html", {"lang": "zh-CN" if lang == "zh" else "en"})


def test_same_bytes(lang: str, sections: list[Section]) -> None:
    book = notebook(sections, lang)
    args = (report_samples.head(lang), report_samples.style(lang))
    assert to_html(book, *args) == to_html(notebook(sections, lang), *args)


def test_size(page: str) -> None:
    assert len(page.encode()) < 1_500_000


def test_a_failed_cell_is_a_fault() -> None:
    failed = nbf.new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])
    with pytest.raises(Fault, match="cell 1 of the notebook failed: ZeroDivisionError"):
        to_html(
            notebook(report_samples.sections()[:1], "zh", failed),
            report_samples.head(),
            report_samples.style(),
        )


def test_a_notebook_without_sections_is_a_fault() -> None:
    with pytest.raises(Fault, match="shows no section"):
        to_html(nbf.new_notebook(), report_samples.head(), report_samples.style())


@pytest.mark.parametrize(
    ("markup", "left"),
    [
        ("<p>a</p><script>x()</script>", "<p>a</p>"),
        ("<style>p{}</style><p>a</p>", "<p>a</p>"),
        ('<p onclick="x()" style="position:fixed" class="evil">a</p>', "<p>a</p>"),
        ('<a href="javascript:x()">a</a>', "a"),
        ('<img src="http://a.test/x.png" alt="a">', '<img alt="a">'),
        ('<img src="data:text/html;base64,AAAA" alt="a">', '<img alt="a">'),
        (
            '<img src="data:image/svg+xml;base64,AAAA" alt="a">',
            '<img src="data:image/svg+xml;base64,AAAA" alt="a">',
        ),
        ('<iframe src="file:///etc/passwd"></iframe>', ""),
        ('<td id="nav">1</td>', "1"),
        ('<p id="f-a.b" class="pl-note n">a</p>', '<p id="f-a.b">a</p>'),
        ("<meta http-equiv=refresh content='0;url=//a.test'>", ""),
    ],
)
def test_outputs_are_cleaned(markup: str, left: str) -> None:
    assert cleaned(markup) == left


def test_cleaning_leaves_our_own_sections_alone(lang: str, sections: list[Section]) -> None:
    for section in sections:
        markup = section_html(section, report_samples.style(lang))
        assert Reader(cleaned(markup)).tags == Reader(markup).tags


def test_ids_of_similar_keys_stay_apart() -> None:
    fields = (Field("name", "n", Format.TEXT), Field("v", "v", Format.COUNT))
    keys = ("a b", "a%20b", "a\u3000b", 'a"b', "a<b", "a\u202eb")
    table = Table("t", "t", fields, tuple(Row(key, (key, Figure(1))) for key in keys))
    markup = table_html(Section("s", "h", "", (table,)), table, report_samples.style())
    ids = [name for name in Reader(markup).values("id") if name.startswith("f-")]
    assert len(set(ids)) == len(keys)
    # A mark that turns the direction of writing is named, in an id as everywhere on the page.
    said = [key.replace("\u202e", "[U+202E]") for key in keys]
    assert Reader(markup).values("data-figure") == [f"s.t.{key}.v" for key in said]


def test_a_long_table_is_cut_and_says_so_but_keeps_its_total() -> None:
    fields = (Field("name", "n", Format.TEXT), Field("v", "v", Format.COUNT))
    rows = [Row(str(i), (str(i), Figure(1))) for i in range(MOST_ROWS + 1)]
    total = Row("total", ("total", Figure(MOST_ROWS + 1)), RowKind.TOTAL)
    table = Table("t", "t", fields, (*rows, total), sheet="appendix")
    markup = table_html(Section("s", "h", "", (table,)), table, report_samples.style("en"))
    assert "200 of 201 rows, full list in Excel sheet appendix" in markup
    assert "40 of 201 rows" in markup
    assert markup.index("s.t.total.v") > markup.index("<tfoot>")


def test_listings_point_to_excel() -> None:
    section = Section("s", "h", "", (Listing("loans", "All loans", (), ((1,), (2,))),))
    assert "All loans: 2 rows, in Excel sheet loans" in section_html(section, report_samples.style("en"))


def test_show_gives_html_and_the_record(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: seen.append((bundle, raw)))
    section = report_samples.sections()[0]
    show(section, report_samples.style())
    (bundle, raw), *_ = seen
    assert raw
    assert codec.decode(bundle[codec.SECTION_MIME]) == section
    assert "pl-section" in bundle["text/html"]


# What follows needs a browser.


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def opened(browser: Any, page: str, tmp_path: Path) -> Iterator[tuple[Any, list[str]]]:
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    heard: list[str] = []
    tab.on("request", lambda request: heard.append(request.url))
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.goto(path.as_uri())
    yield tab, [text for text in heard if not text.startswith(("file:", "data:"))]
    context.close()


@pytest.mark.browser
def test_opens_offline_and_inert(opened: tuple[Any, list[str]]) -> None:
    tab, heard = opened
    assert heard == []
    assert tab.evaluate("window.pwned") is None
    assert tab.evaluate("document.fonts.check('14px \"Noto Sans SC\"')")


@pytest.mark.browser
def test_the_policy_stops_what_cleaning_would_miss(opened: tuple[Any, list[str]]) -> None:
    tab, _ = opened
    tab.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", ATTACK)
    tab.wait_for_timeout(50)
    assert tab.evaluate("window.pwned") is None


@pytest.mark.browser
def test_nothing_is_wider_than_the_window(opened: tuple[Any, list[str]]) -> None:
    tab, _ = opened
    for width in (1280, 420):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_tables_sort_and_filter(opened: tuple[Any, list[str]]) -> None:
    tab, _ = opened
    table = tab.locator("#t-maturities\\.cliff")
    head = table.locator("thead th").nth(3).locator("[role=button]")
    head.click()
    assert table.locator("tbody tr").first.locator("td").last.inner_text() == "199"
    head.press("Enter")
    assert table.locator("tbody tr").first.locator("td").last.inner_text() == "0"
    table.locator("input").fill("L00017")
    assert table.locator("tbody tr:visible").count() == 1


@pytest.mark.browser
def test_grouped_tables_don_t_sort(opened: tuple[Any, list[str]]) -> None:
    tab, _ = opened
    assert tab.locator("#t-overdue\\.by_branch [role=button]").count() == 0


@pytest.mark.browser
def test_paper_is_a4_with_one_landscape_page(opened: tuple[Any, list[str]], tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    tab, _ = opened
    path = tmp_path / "printed.pdf"
    tab.pdf(path=str(path), prefer_css_page_size=True, print_background=True)
    with path.open("rb") as file:
        pages = pypdf.PdfReader(file).pages
        sizes = [(round(page.mediabox.width), round(page.mediabox.height)) for page in pages]
        text = "".join(page.extract_text() for page in pages)
    assert set(sizes) == {(595, 842), (842, 595)}
    assert sizes.count((842, 595)) == 1
    assert "L00039" in text
    assert "L00040" not in text
