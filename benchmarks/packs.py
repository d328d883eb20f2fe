"""Packs from computed results: ours against papermill, nbconvert and Chromium, one command after another.

Both start from the same results and the same notebook. Every command of the stock way is a new process, and
so is ours: its imports count. Ours also writes Excel and figures, checks all of it and publishes; the stock
way makes HTML and PDF alone.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import distribution
from pathlib import Path

from benchmarks.contest import Contest, Entrant, Work
from postloan.book.store import Book
from postloan.jobs import provenance
from postloan.jobs.demo import demo
from postloan.jobs.load import load
from postloan.jobs.making import orders_of
from postloan.jobs.plan import Plan
from postloan.jobs.scopes import scopes
from postloan.jobs.steps import Steps
from postloan.report.pack import write_pack
from postloan.report.packs import load_pack
from postloan.report.publish import Shelf

PROJECT = Path(__file__).parents[1]
AS_OF = date(2026, 10, 31)
ORDERS, RESULTS, PACK = "orders.pickle", "results", "pack.json"
N_PACKS, N_PACKS_QUICK, QUICK = 12, 2, 2_000
CHROMIUM = Path("/usr/bin/chromium")


def _prepared(folder: Path, loans: int, chosen: Callable[[Book], Sequence[str]]) -> None:
    demo(folder / "files", loans=loans)
    load(PROJECT / "params/sources/demo.yaml", folder / "files", folder / "book")
    book = Book.open(folder / "book")
    file = load_pack(PROJECT / "params/packs/monthly_review.yaml", {})
    plans = []
    for scope in chosen(book):
        origin = provenance.origin(file, book, scope)
        shelf = Shelf(folder / "out", file.parameters.report, AS_OF, scope, file.parameters.lang)
        plans.append(Plan(scope, shelf, origin, provenance.key(origin)))
    orders = orders_of(file, book, plans, folder, AS_OF, Steps(lambda line: None))
    (folder / ORDERS).write_bytes(pickle.dumps(orders))
    for number, order in enumerate(orders):
        place = folder / f"stock-{number:02d}"
        place.mkdir()
        results = Path("..") / RESULTS
        write_pack(place / PACK, order.head, order.file.targets(), results, order.largest_minor)


def prepare_one(folder: Path, loans: int) -> None:
    """Write the results of one pack of the whole synthetic lender, and a pack file for the stock way."""
    _prepared(folder, loans, lambda book: ["all"])


def prepare_many(folder: Path, loans: int) -> None:
    """Write the results of a pack per branch, and per product up to twelve in all; two for a small lender."""
    most = N_PACKS_QUICK if loans <= QUICK else N_PACKS
    _prepared(folder, loans, lambda book: _groups(book)[:most])


def _groups(book: Book) -> list[str]:
    loan = book.read("loan")
    return [name for by in ("branch", "product") for name in scopes(loan, AS_OF, "all", by)]


def ours(data: Path, scratch: Path) -> Work:
    """Make all packs in one new process."""
    command = [sys.executable, "-m", "benchmarks.packs_ours", str(data), str(scratch)]
    return lambda: _run(command, PROJECT, {})


def stock(data: Path, scratch: Path) -> Work:
    """Make HTML and PDF of every pack by three commands each, one after another."""
    browsers = _browsers(scratch)
    places = sorted(data.glob("stock-*"))

    def work() -> None:
        for place in places:
            out = scratch / place.name
            out.mkdir()
            _stock_pack(place, out, browsers)

    return work


def _stock_pack(place: Path, out: Path, browsers: dict[str, str]) -> None:
    bin_ = Path(sysconfig.get_path("scripts"))
    notebook = out / "pack.ipynb"
    given = PROJECT / "notebooks/monthly_review.ipynb"
    papermill: list[str | Path] = [
        bin_ / "papermill",
        given,
        notebook,
        "-p",
        "results",
        place / PACK,
        "-k",
        "python3",
    ]
    _run([*papermill, "--no-progress-bar"], out, {})
    convert: list[str | Path] = [bin_ / "jupyter", "nbconvert", notebook, "--to"]
    _run([*convert, "html"], out, {})
    _run([*convert, "webpdf", "--disable-chromium-sandbox"], out, browsers)


def _browsers(scratch: Path) -> dict[str, str]:
    """Return the environment in which playwright takes the system's Chromium for its own."""
    listed = distribution("playwright").locate_file("playwright/driver/package/browsers.json")
    browsers = json.loads(Path(str(listed)).read_text(encoding="utf-8"))["browsers"]
    (shell,) = (found for found in browsers if found["name"] == "chromium-headless-shell")
    place = scratch / f"browsers/chromium_headless_shell-{shell['revision']}"
    binary = place / "chrome-headless-shell-linux64/chrome-headless-shell"
    binary.parent.mkdir(parents=True)
    binary.symlink_to(CHROMIUM)
    (place / "INSTALLATION_COMPLETE").touch()
    return {"PLAYWRIGHT_BROWSERS_PATH": str(scratch / "browsers")}


def _run(command: Sequence[str | Path], folder: Path, more: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **more}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[:3]}: {done.stderr.strip().splitlines()[-1:]}")


_OURS = Entrant("postloan: HTML, PDF, XLSX, figures, checks", ours)
_STOCK = Entrant("papermill, nbconvert html, nbconvert webpdf", stock, ("playwright",))

CONTESTS = (
    Contest(
        "pack_from_results",
        "The monthly pack of a 20,000-loan lender from computed results, against the stock commands.",
        prepare_one,
        size=20_000,
        quick_size=QUICK,
        ours=_OURS,
        others=(_STOCK,),
        target=1 / 3,
    ),
    Contest(
        "packs_of_branches",
        "Twelve packs (ten branches, two products; two branches when quick) from results computed once, "
        "against the stock commands one after another.",
        prepare_many,
        size=20_000,
        quick_size=QUICK,
        ours=_OURS,
        others=(_STOCK,),
        target=1 / 5,
    ),
)
