"""All ways of the narrow replay say the same of every loan and month."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.contest import Entrant
from benchmarks.replay import CONTESTS, OUTPUTS, prepare
from benchmarks.workload import write
from postloan.model.derived import LOAN_MONTH

LOANS = 400
COLUMNS = ("loan_id", "month_end", "dpd", "overdue_minor", "bucket")
SCHEMA = pa.schema([LOAN_MONTH.schema().field(name).with_nullable(True) for name in COLUMNS])
ALL_OUTPUTS, NARROW, NARROW_PANDAS = CONTESTS


def result_of(entrant: Entrant, data: Path, scratch: Path) -> pa.Table:
    scratch.mkdir()
    entrant.setup(data, scratch)()
    rows = pq.read_table(scratch).select(list(COLUMNS)).cast(SCHEMA)
    return rows.sort_by([("loan_id", "ascending"), ("month_end", "ascending")])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workload")
    write(folder, LOANS)
    return folder


@pytest.mark.parametrize("peer", [*NARROW.others, *NARROW_PANDAS.others], ids=lambda peer: peer.name)
def test_every_way_says_the_same_of_every_row(peer: Entrant, data: Path, tmp_path: Path) -> None:
    for name in peer.needs:
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    ours = result_of(NARROW.ours, data, tmp_path / "ours")
    theirs = result_of(peer, data, tmp_path / "theirs")
    assert ours.num_rows > LOANS
    assert ours.to_pylist() == theirs.to_pylist()


def test_duckdb_writes_as_many_rows_as_a_replay(tmp_path: Path) -> None:
    prepare(tmp_path / "data", LOANS)
    (peer,) = ALL_OUTPUTS.others
    for entrant, name in ((ALL_OUTPUTS.ours, "ours"), (peer, "theirs")):
        (tmp_path / name).mkdir()
        entrant.setup(tmp_path / "data", tmp_path / name)()
    for name in OUTPUTS:
        ours = pq.read_table(tmp_path / "ours" / name)
        theirs = pq.read_table(tmp_path / "theirs" / f"{name}.parquet")
        assert ours.num_rows == theirs.num_rows > LOANS
        assert [str(kind) for kind in ours.schema.types] == [str(kind) for kind in theirs.schema.types]
