"""A Chinese core-banking extract, with every fault planted in it found where it is, through to the pack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

import core_banking_files as source
from postloan.book.store import Book
from postloan.jobs.build import build
from postloan.jobs.check import check
from postloan.jobs.check_page import write_check_page
from postloan.jobs.load import LoadReport, load
from postloan.jobs.map import propose_mapping
from postloan.jobs.outcome import State
from postloan.model.fault import REFUSED, Fault
from postloan.model.mask import unmasked
from postloan.model.quarantine import QUARANTINE
from postloan.report.checks import read_page
from postloan.sources.mapping import read_mapping
from postloan.sources.proposing.draft_yaml import CONFIRM

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "tests" / "data" / "core_banking"
MAPPING = ROOT / "params" / "sources" / "core_banking.yaml"
CUSTOMERS, LOANS, PLAN, PAYMENTS = "客户信息.csv", "借据.csv", "还款计划.txt", "还款流水.csv"


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault of the sample: what it is, where it stands, and all that must be said of its row."""

    kind: str
    file: str
    row: int
    reasons: tuple[str, ...]


QUARANTINED = (
    Planted(
        "zero-width space in a number", CUSTOMERS, 29, ("customer_id: full-width or invisible character",)
    ),
    Planted("unknown code", CUSTOMERS, 30, ("customer_kind: not one of 01, 02, 03",)),
    Planted("30 February", LOANS, 26, ("disbursed_on: not a date like %Y%m%d",)),
    Planted("same key, other content", LOANS, 28, ("same key, different content",)),
    Planted("same key, other content", LOANS, 29, ("same key, different content",)),
    Planted("required amount blank", LOANS, 30, ("principal_minor: missing",)),
    Planted("negative amount", LOANS, 31, ("principal_minor: below 0",)),
    Planted("matures before it is lent", LOANS, 32, ("Maturity must not be before disbursement",)),
    Planted("percent a hundredfold", LOANS, 33, ("Annual rate must be a fraction (4.35 % is 0.0435)",)),
    Planted("unknown code of letters", LOANS, 34, ("security: not one of A, B, C, D",)),
    Planted("instalment of no loan", PLAN, 290, ("loan_id: not in loan",)),
    Planted("field missing", PLAN, 291, ("too few fields (4, not 5)",)),
    Planted("29 February of no leap year", PLAN, 292, ("due_on: not a date like %Y-%m-%d",)),
    Planted("three decimals", PLAN, 293, ("principal_minor: more than 2 decimals",)),
    Planted("万 behind an amount in 元", PLAN, 294, ("principal_minor: unit behind the number",)),
    Planted("payment of no loan", PAYMENTS, 178, ("loan_id: not in loan",)),
    Planted("reversal of an unknown payment", PAYMENTS, 179, ("reverses_id: no such payment to reverse",)),
    Planted("reversal of nothing", PAYMENTS, 180, ("A reversal must name the payment it cancels",)),
    Planted("unknown flag", PAYMENTS, 182, ("payment_kind: not one of 0, 1",)),
    Planted(
        "full-width digits in a number",
        PAYMENTS,
        183,
        ("loan_id: full-width or invisible character", "loan_id: not in loan"),
    ),
    Planted("control character", PAYMENTS, 184, ("channel: control character",)),
    Planted("key blank", PAYMENTS, 185, ("payment_id: missing",)),
    Planted("field too many", PAYMENTS, 186, ("too many fields (10, not 9)",)),
)
WARNED = (
    Planted(
        "wrong check digit",
        CUSTOMERS,
        27,
        ("id_number: resident number with a wrong check digit or date of birth",),
    ),
    Planted("digit lost", CUSTOMERS, 28, ("id_number: digits of a resident number lost or added",)),
    Planted("paid before it was lent", PAYMENTS, 181, ("paid_on: before disbursement",)),
)
IGNORED = {
    LOANS: {"duplicate": 1, "total_line": 1},
    PLAN: {"blank": 1, "total_line": 1},
    PAYMENTS: {"duplicate": 1, "total_line": 1},
}
PROBLEM_KINDS = {planted.kind for planted in (*QUARANTINED, *WARNED)}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadReport, Book]:
    """The sample loaded as it is, with a limit that lets its many faults pass."""
    folder = tmp_path_factory.mktemp("core_banking")
    report = load(lenient(MAPPING, folder), SAMPLE, folder / "book")
    return report, Book.open(folder / "book")


def lenient(mapping: Path, folder: Path) -> Path:
    """Return a copy of the mapping that lets any number of rows be quarantined."""
    text = mapping.read_text(encoding="utf-8")
    assert "quarantine_share: 0.01" in text
    path = folder / "lenient.yaml"
    path.write_text(text.replace("quarantine_share: 0.01", "quarantine_share: 1"), encoding="utf-8")
    return path


def entry(report: LoadReport, file: str) -> dict[str, object]:
    return next(e for e in report.as_dict()["files"] if e["file"] == file)


def members(workbook: bytes) -> dict[str, bytes]:
    """Return what a workbook holds; how it is packed depends on the machine."""
    with ZipFile(BytesIO(workbook)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_sample_is_what_its_generator_writes() -> None:
    files = source.sample()
    assert {path.name for path in SAMPLE.iterdir()} == set(files)
    for name, content in files.items():
        found = (SAMPLE / name).read_bytes()
        assert members(found) == members(content) if name.endswith(".xlsx") else found == content, name


def test_the_texts_are_gb18030_and_not_utf8() -> None:
    for name in (CUSTOMERS, LOANS, PLAN, PAYMENTS):
        content = (SAMPLE / name).read_bytes()
        assert content.decode("gb18030")
        with pytest.raises(UnicodeDecodeError):
            content.decode("utf-8")


def test_every_planted_fault_is_found_with_its_row_and_all_its_reasons(
    loaded: tuple[LoadReport, Book],
) -> None:
    kept = loaded[1].read(QUARANTINE).to_pylist()
    found = {(row["file"], row["row"]): tuple(sorted(row["reasons"])) for row in kept}
    assert found == {(p.file, p.row): p.reasons for p in QUARANTINED}
    assert len(PROBLEM_KINDS) >= 15


def test_what_is_doubtful_is_taken_in_with_a_warning(loaded: tuple[LoadReport, Book]) -> None:
    warnings = [(e["file"], w["first_row"], w["reason"]) for e in loaded[0].entries for w in e["warnings"]]
    assert sorted(warnings) == sorted((p.file, p.row, p.reasons[0]) for p in WARNED)


@pytest.mark.parametrize("file", sorted(IGNORED))
def test_totals_repeats_and_blank_lines_are_counted_and_no_facts(
    loaded: tuple[LoadReport, Book], file: str
) -> None:
    assert entry(loaded[0], file)["ignored"] == IGNORED[file]


def test_rows_and_money_are_all_accounted_for(loaded: tuple[LoadReport, Book]) -> None:
    accounts = [
        tuple(e[f"rows_{part}"] for part in ("read", "accepted", "quarantined", "ignored"))
        for e in loaded[0].entries
    ]
    assert accounts == [
        (28, 26, 2, 0),
        (6, 6, 0, 0),
        (34, 24, 8, 2),
        (295, 288, 5, 2),
        (186, 176, 8, 2),
        (4, 4, 0, 0),
    ]
    money = entry(loaded[0], LOANS)["money"]["principal_minor"]  # type: ignore[index]
    assert money == {
        "read": 243_000_000,
        "accepted": 111_600_000,
        "quarantined": 7_500_000,
        "ignored": 123_900_000,
        "unreadable_rows": 0,
    }


def test_the_total_line_ties(loaded: tuple[LoadReport, Book]) -> None:
    lines = (SAMPLE / LOANS).read_text(encoding="gb18030").splitlines()
    amounts = [line.split('"')[1].replace(",", "") for line in lines if '"' in line]
    assert float(amounts[-1]) == sum(map(float, amounts[:-1]))
    assert "1个合计与明细相符" in str(entry(loaded[0], LOANS)["notes"])


def test_what_is_unusual_and_right_is_kept_as_it_is(loaded: tuple[LoadReport, Book]) -> None:
    customers = loaded[1].read("customer").to_pylist()
    by_id = {row["customer_id"]: row for row in customers}
    assert by_id["0000000003"]["name"] == "合成𠮷客户"
    assert by_id["0000000004"]["name"] == "合成䶮客户"
    assert by_id["0000000006"]["name"] == "合成㐂客户"
    assert by_id["0000000008"]["address"] == "合成路8号\n8室"
    loans = loaded[1].read("loan").to_pylist()
    assert loans[0]["loan_id"] == "0000000000000020250001"
    assert loans[0]["disbursed_on"] == date(2025, 1, 10)


def test_full_width_digits_of_an_amount_are_read_and_said(loaded: tuple[LoadReport, Book]) -> None:
    plan = loaded[1].read("instalment").to_pylist()
    amounts = {r["principal_minor"] for r in plan if r["loan_id"].endswith("0002")}
    assert amounts == {300_000}
    assert "1 × full-width" in str(entry(loaded[0], PLAN)["notes"])


def test_at_the_lenders_own_limit_the_delivery_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"客户信息.csv: 2 of 28 rows .*and 3 more refusals") as caught:
        load(MAPPING, SAMPLE, tmp_path / "book")
    assert caught.value.exit_code == REFUSED
    assert not (tmp_path / "book" / "CURRENT").exists()


def test_a_number_that_excel_destroyed_refuses_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, content in source.sample().items():
        (folder / name).write_bytes(content)
    destroyed = "0000009005,合成客户戊,01,9.99999E+17,10000009005,合成路,,合成县,2020-01-01\r\n"
    with (folder / CUSTOMERS).open("ab") as file:
        file.write(destroyed.encode("gb18030"))
    report = check(lenient(MAPPING, tmp_path), folder)
    assert report.exit_code == REFUSED
    told = [refusal for refusal in report.intake.refusals if refusal["file"] == CUSTOMERS]
    assert "have lost their last digits" in told[0]["what"]
    assert "format the column as text" in told[0]["mend"]


@pytest.mark.parametrize(("lang", "said"), [("zh", "放款金额：小于0"), ("en", "principal_minor: below 0")])
def test_the_page_of_the_check_can_be_sent(tmp_path: Path, lang: str, said: str) -> None:
    report = check(lenient(MAPPING, tmp_path), SAMPLE)
    write_check_page(report, tmp_path / "check.html", lang)
    page = read_page(tmp_path / "check.html")
    text = "".join(page.text)
    assert said in text
    assert page.references == []
    assert unmasked(text) == []


def test_the_proposed_mapping_needs_only_its_marked_corrections(
    tmp_path: Path, loaded: tuple[LoadReport, Book]
) -> None:
    """A user fills in what the proposal asks for, and loads the same rows as the mapping made by hand."""
    report = propose_mapping([SAMPLE], tmp_path / "mapping.yaml")
    text = report.mapping.read_text(encoding="utf-8")
    answers = {
        "请填写机构名称, en: Name of the lender": "合成县域银行, en: Synthetic County Bank",
        "is_synthetic: false": "is_synthetic: true",
        "quarantine_share: 0.001": "quarantine_share: 1",
        '# repayment_method: {column: 还款方式, codes: {"01": "?", "02": "?"}}': (
            'repayment_method: {column: 还款方式, codes: {"01": annuity, "02": equal_principal}}'
        ),
        '# security: {column: 担保方式, codes: {A: "?", B: "?", C: "?", D: "?", E: "?"}}': (
            "security: {column: 担保方式, codes: {A: credit, B: guarantee, C: mortgage, D: pledge}}"
        ),
        '# customer_kind: {column: 客户类型, codes: {"01": "?", "02": "?", "03": "?", "09": "?"}}': (
            'customer_kind: {column: 客户类型, codes: {"01": individual, "02": micro, "03": company}}'
        ),
        'payment_kind: {column: 冲正标志, codes: {"0": "?", "1": "?", "9": "?"}}': (
            'payment_kind: {column: 冲正标志, codes: {"0": repayment, "1": reversal}}'
        ),
        "{放款总额: principal,": "{放款笔数: rows, 本期回款: payments, 放款总额: principal,",
    }
    lines = text.splitlines()
    for asked, answer in answers.items():
        assert text.count(asked) == 1, asked
        if "?" in asked:  # every code that is to be filled in is asked for right above
            place = next(i for i, line in enumerate(lines) if asked in line)
            assert CONFIRM in lines[place - 1]
        text = text.replace(asked, answer)
    report.mapping.write_text(text, encoding="utf-8")
    load(report.mapping, report.folder, tmp_path / "book")
    mine, theirs = Book.open(tmp_path / "book"), loaded[1]
    for name in ("customer", "staff", "loan", "instalment", "payment", "control_total"):
        keys = [(column, "ascending") for column in mine.read(name).column_names]
        assert mine.read(name).sort_by(keys).equals(theirs.read(name).sort_by(keys)), name
    assert len(read_mapping(report.mapping).files) == len(read_mapping(MAPPING).files)


@pytest.mark.slow
def test_the_extract_becomes_a_pack(loaded: tuple[LoadReport, Book], tmp_path: Path) -> None:
    book = loaded[1].root
    report = build(
        ROOT / "params" / "packs" / "monthly_review.yaml",
        out=tmp_path,
        by=None,
        overrides={"book": str(book), "as_of": source.CUT_OFF.isoformat(), "lang": "zh"},
        today=date(2026, 2, 3),
        echo=lambda line: None,
    )
    assert report.exit_code == 1  # so many rows in quarantine keep it a draft
    assert [pack.state for pack in report.packs] == [State.PUBLISHED], report.text()
    figures = json.loads(next(tmp_path.rglob("figures.json")).read_text(encoding="utf-8"))["figures"]
    differences = {f["id"]: f["value"] for f in figures if f["id"].startswith("data_status.reconciliation.")}
    assert differences
    assert {v for name, v in differences.items() if name.endswith(".difference")} == {0}
