"""The results folder: what is written is what is read, byte for byte the same each time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from postloan.model.fault import CRASHED, Fault
from postloan.report.results import open_results, write_results

BIG = 2**60 + 1  # a float would lose the last digit

FRAMES = {
    "walks": pd.DataFrame(
        {
            "scope": ["all", "东城支行"],
            "month_end": pd.Series([pd.Timestamp(2025, 6, 30), pd.NaT]).astype("datetime64[ms]"),
            "amount_minor": pd.array([BIG, None], dtype="Int64"),
            "value": [0.25, float("nan")],
            "is_new": pd.array([True, None], dtype="boolean"),
        }
    ),
    "empty": pd.DataFrame({"scope": pd.Series(dtype="str"), "n": pd.Series(dtype="Int64")}),
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_results(FRAMES, tmp_path / "results")
    found = open_results(tmp_path / "results")
    assert set(found) == set(FRAMES)
    assert found["walks"]["amount_minor"].iloc[0] == BIG
    for name, frame in FRAMES.items():
        pd.testing.assert_frame_equal(found[name], frame)


def test_the_same_frames_are_the_same_bytes(tmp_path: Path) -> None:
    for run in ("one", "two"):
        write_results(FRAMES, tmp_path / run)
    one, two = ([path.read_bytes() for path in sorted((tmp_path / run).iterdir())] for run in ("one", "two"))
    assert one == two


def test_a_folder_without_results_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        open_results(tmp_path)
    assert caught.value.exit_code == CRASHED
