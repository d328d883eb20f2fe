"""Make the packs of a prepared workload: ``python -m benchmarks.packs_ours DATA SCRATCH``."""

from __future__ import annotations

import pickle
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from postloan.report.forked import kernel_source


def make(data: Path, scratch: Path) -> None:
    """Make and publish every pack into ``scratch``; raises RuntimeError if one fails."""
    shutil.copytree(data / "results", scratch / "results")
    with kernel_source(scratch) as kernels:
        # Imported while the source of kernels loads, as it does while `postloan build` computes.
        from postloan.jobs.making import packs_of
        from postloan.jobs.steps import Steps

        orders = [
            replace(order, shelf=replace(order.shelf, out=scratch / "out"))
            for order in pickle.loads((data / "orders.pickle").read_bytes())
        ]
        made = packs_of(orders, scratch, Steps(lambda line: None), kernels)
    for result in made.values():
        if result.fault is not None:
            raise RuntimeError(result.fault.what)


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
