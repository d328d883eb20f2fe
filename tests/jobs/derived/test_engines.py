"""Which engine computes, and what is said where it cannot."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from postloan.cli import app
from postloan.jobs.derived import engines
from postloan.jobs.derived.engines import DUCKDB, engine_of
from postloan.model.fault import Fault
from postloan.report.packs import load_pack

PACK = Path(__file__).parents[3] / "params/packs/monthly_review.yaml"


def test_duckdb_needs_nothing_else() -> None:
    assert engine_of("duckdb") is DUCKDB


def test_spark_without_pyspark_is_refused_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(Fault, match="needs pyspark, which is not installed") as caught:
        engine_of("spark")
    assert caught.value.exit_code == 2
    assert "make spark" in caught.value.mend


@pytest.mark.parametrize("home", [None, "/nowhere/jdk"])
def test_spark_without_java_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str | None
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: object())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if home:
        monkeypatch.setenv("JAVA_HOME", home)
    with pytest.raises(Fault, match=f"needs Java, and there is none in {home or 'PATH'}") as caught:
        engine_of("spark")
    assert caught.value.exit_code == 2
    assert "install Java 17" in caught.value.mend


def test_a_pack_file_and_over_it_the_command_line_choose_the_engine() -> None:
    assert load_pack(PACK, {}).parameters.engine == "duckdb"
    chosen = load_pack(PACK, {"engine": "spark", "spark_master": "local[2]"}).parameters
    assert (chosen.engine, chosen.spark_master) == ("spark", "local[2]")


def test_a_spark_master_for_another_engine_is_refused() -> None:
    with pytest.raises(Fault, match="a Spark master is given, but the engine is duckdb") as caught:
        load_pack(PACK, {"spark_master": "local[2]"})
    assert caught.value.mend == "add --engine spark"
    given = ["show", "balance", "--book", "b", "--as-of", str(date(2026, 1, 1)), "--spark-master", "local[2]"]
    assert "the engine is duckdb" in str(CliRunner().invoke(app, given).exception)
