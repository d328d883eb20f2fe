"""The whole lender, chunk by chunk: as many loans as asked for in bounded memory."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
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

CHUNK_LOANS = 20_000
TRUTH_FILE = "truth.json"
_FILES: Mapping[str, TextFile | ParquetFile] = {
    "customer": TextFile("customer.csv.gz", "gb18030", "%Y-%m-%d"),
    "loan": TextFile("loan.csv.gz", "gb18030", "%Y/%m/%d"),
    "staff": TextFile("staff.csv.gz", "gb18030", "%Y年%m月%d日"),
    "instalment": ParquetFile("instalment.parquet"),
    "payment": ParquetFile("payment.parquet"),
    "loan_event": ParquetFile("loan_event.parquet"),
    "provision": ParquetFile("provision.parquet"),
    "control_total": TextFile("control_total.csv", "utf-8", "%Y%m%d"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: rows by file name."""

    rows: dict[str, int]


def chunks(loans: int, seed: int, span: Span) -> Iterator[Chunk]:
    """Generate the lender's loans; each chunk depends on the seed and its own number only."""
    for number, start in enumerate(range(0, loans, CHUNK_LOANS)):
        yield lived(min(CHUNK_LOANS, loans - start), span, np.random.default_rng([seed, number, 0]))


def delivered(chunk: Chunk, numbers: Numbers, span: Span, seed: int) -> dict[str, pa.Table]:
    """Return the rows of a chunk by table, dirty ones at the end."""
    random = np.random.default_rng([seed, numbers.loans, 1])
    ids, customers = tables.loan_ids(chunk, numbers), tables.customer_ids(len(chunk.people), numbers)
    people = registers.customers(chunk.people, customers, random)
    loans = dirt.plain(tables.loans(chunk, ids, customers, random))
    payments = dirt.plain(tables.payments(chunk, ids, numbers, span, random))
    return {
        "customer": pa.concat_tables([people, dirt.dirty_customers(people)]),
        "loan": pa.concat_tables([loans, dirt.dirty_loans(loans)]),
        "instalment": tables.instalments(chunk, ids, span),
        "payment": pa.concat_tables([payments, dirt.dirty_payments(payments)]),
        "loan_event": tables.events(chunk, ids, numbers),
        "provision": tables.provisions(chunk, ids, span),
    }


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
            _put(sinks, counts, "staff", registers.staff(np.random.default_rng([seed, 2])))
            _put(sinks, counts, "control_total", controls.table(found, span))
        truth = json.dumps(Happenings.of(span).as_json(seed, loans), ensure_ascii=False, indent=2)
        (folder / TRUTH_FILE).write_text(truth + "\n", encoding="utf-8")
        for path in sorted(folder.iterdir()):
            path.replace(out / path.name)
    return Written({_FILES[name].name: counts[name] for name in _FILES})


def _write_chunks(
    sinks: Mapping[str, Sink], counts: Counter[str], loans: int, seed: int, span: Span
) -> controls.Totals:
    found: controls.Totals = Counter()
    numbers = Numbers()
    for chunk in chunks(loans, seed, span):
        for name, table in delivered(chunk, numbers, span, seed).items():
            _put(sinks, counts, name, table)
        found.update(controls.totals(chunk, span))
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
