"""The whole lender, chunk by chunk: as many loans as asked for in bounded memory."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from postloan import atomic
from postloan.sources.synthetic import controls, dirt, registers, tables
from postloan.sources.synthetic.chunk import Chunk, lived
from postloan.sources.synthetic.files import ParquetFile, Sink, TextFile
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.tables import Numbers
from postloan.sources.synthetic.truth import Happenings
from postloan.sources.synthetic.work import house
from postloan.sources.synthetic.work.contacts import handover_table
from postloan.sources.synthetic.work.everything import whole, worked
from postloan.sources.synthetic.work.view import staffed

CHUNK_LOANS = 20_000
TRUTH_FILE = "truth.json"
_TEXT = ("complaint", "warning", "legal_case", "meeting", "training", "improvement")
_PARQUET = (
    "collection_case", "assignment", "action", "handover", "promise", "legal_step", "sighting", "tow", "disposal_plan",
    "maturity_decision", "visit", "inspection", "survey_answer", "care", "statement", "signal", "finding",
    "other_bank_debt", "ownership", "guarantee", "collateral", "valuation", "document",
)  # fmt: skip
_FILES: Mapping[str, TextFile | ParquetFile] = {
    "customer": TextFile("customer.csv.gz", "gb18030", "%Y-%m-%d"),
    "loan": TextFile("loan.csv.gz", "gb18030", "%Y/%m/%d"),
    "staff": TextFile("staff.csv.gz", "gb18030", "%Y年%m月%d日"),
    "instalment": ParquetFile("instalment.parquet"),
    "payment": ParquetFile("payment.parquet"),
    "loan_event": ParquetFile("loan_event.parquet"),
    "provision": ParquetFile("provision.parquet"),
    "control_total": TextFile("control_total.csv", "utf-8", "%Y%m%d"),
    **{name: ParquetFile(f"{name}.parquet") for name in _PARQUET},
    **{name: TextFile(f"{name}.csv.gz", "gb18030", "%Y-%m-%d") for name in _TEXT},
}


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: rows by file name."""

    rows: dict[str, int]


def chunks(loans: int, seed: int, span: Span) -> Iterator[Chunk]:
    """Generate the lender's loans; each chunk depends on the seed and its own number only."""
    for number, start in enumerate(range(0, loans, CHUNK_LOANS)):
        yield lived(min(CHUNK_LOANS, loans - start), span, np.random.default_rng([seed, number, 0]))


@dataclass(slots=True)
class Totals:
    """What is added up over the chunks."""

    controls: controls.Totals = field(default_factory=Counter)
    calls: Counter[tuple[int, int]] = field(default_factory=Counter)


def delivered(
    chunk: Chunk, numbers: Numbers, span: Span, seed: int
) -> tuple[dict[str, pa.Table], Counter[tuple[int, int]]]:
    """Return the rows of a chunk by table, dirty ones at the end, and the calls of each collector by day."""
    random = np.random.default_rng([seed, numbers.loans, 1])
    ids, customers = tables.loan_ids(chunk, numbers), tables.customer_ids(len(chunk.people), numbers)
    people = registers.customers(chunk.people, customers, span, random)
    loans = dirt.plain(tables.loans(chunk, ids, customers, random))
    payments = dirt.plain(tables.payments(chunk, ids, numbers, span, random))
    seen = staffed(chunk, ids, customers, numbers, span, np.random.default_rng([seed, numbers.loans, 3]))
    work, calls = worked(seen)
    work["action"] = pa.concat_tables([work["action"], dirt.dirty_actions(work["action"])])
    ledger = {
        "customer": pa.concat_tables([people, dirt.dirty_customers(people)]),
        "loan": pa.concat_tables([loans, dirt.dirty_loans(loans)]),
        "instalment": tables.instalments(chunk, ids, span),
        "payment": pa.concat_tables([payments, dirt.dirty_payments(payments)]),
        "loan_event": tables.events(chunk, ids, numbers),
        "provision": tables.provisions(chunk, ids, span),
    }
    return ledger | work, calls


def write(out: Path, loans: int, seed: int, span: Span) -> Written:
    """Write all files and the truth file to ``out``, replacing what an earlier run left there.

    Files are written to a folder beside and moved when all are complete.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _staging(out) as folder:
        counts: Counter[str] = Counter()
        with ExitStack() as stack:
            sinks = {name: stack.enter_context(closing(file.open(folder))) for name, file in _FILES.items()}
            found = _write_chunks(sinks, counts, loans, seed, span)
            for name, table in of_the_house(found, span, seed).items():
                _put(sinks, counts, name, table)
        truth = json.dumps(Happenings.of(span).as_json(seed, loans), ensure_ascii=False, indent=2)
        (folder / TRUTH_FILE).write_text(truth + "\n", encoding="utf-8")
        for path in sorted(folder.iterdir()):
            path.replace(out / path.name)
    return Written({_FILES[name].name: counts[name] for name in _FILES})


def of_the_house(found: Totals, span: Span, seed: int) -> dict[str, pa.Table]:
    """Return what is of the whole lender, not of some loans."""
    random = np.random.default_rng([seed, 4])
    tables = {
        "staff": registers.staff(np.random.default_rng([seed, 2])),
        "control_total": controls.table(found.controls, span),
        "handover": handover_table(found.calls, random),
        "meeting": house.meeting_table(span, random),
        "training": house.training_table(span, random),
        "inspection": house.unit_inspection_table(span, random),
        "improvement": house.improvement_table(span, random),
    }
    ledger = ("staff", "control_total")
    return {name: table if name in ledger else whole(name, table) for name, table in tables.items()}


def _write_chunks(
    sinks: Mapping[str, Sink], counts: Counter[str], loans: int, seed: int, span: Span
) -> Totals:
    found, numbers = Totals(), Numbers()
    for chunk in chunks(loans, seed, span):
        rows, calls = delivered(chunk, numbers, span, seed)
        for name, table in rows.items():
            _put(sinks, counts, name, table)
        found.controls.update(controls.totals(chunk, span))
        found.calls.update(calls)
        numbers = numbers.after(chunk)
    return found


def _put(sinks: Mapping[str, Sink], counts: Counter[str], name: str, table: pa.Table) -> None:
    sinks[name].write(table)
    counts[name] += len(table)


@contextmanager
def _staging(out: Path) -> Iterator[Path]:
    folder = atomic.staging(out)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
