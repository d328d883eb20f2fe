"""Building packs: parameters, facts, results once for all scopes, then a notebook run and published per scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from postloan.book.lock import locked
from postloan.book.store import Book
from postloan.jobs import provenance, reconciliation, status
from postloan.jobs.branches import scopes as scopes_of
from postloan.jobs.facts import facts_under
from postloan.jobs.outcome import BuildReport, PackResult, failed, published, up_to_date
from postloan.jobs.pack import Order, make_pack
from postloan.jobs.standing import standing
from postloan.jobs.steps import Echo, Steps
from postloan.metrics.monthly import monthly_results
from postloan.model.fault import CRASHED, Fault
from postloan.policy.floors import class_floors
from postloan.report.excel import Definition
from postloan.report.head import Head
from postloan.report.index import write_index
from postloan.report.packs import PackFile, load_pack
from postloan.report.publish import Shelf, prepare, staging, sweep
from postloan.report.results import write_results

AT_ONCE = 2  # kernels beside each other; each is a process of its own


@dataclass(frozen=True, slots=True)
class Plan:
    """One pack that may have to be made, and what it would be made from."""

    scope: str
    shelf: Shelf
    origin: Mapping[str, object]
    key: str


@dataclass(frozen=True, slots=True)
class Results:
    """What was computed once for all packs of a run."""

    folder: Path
    frames: Mapping[str, pd.DataFrame]
    shown: frozenset[str]


def build(
    pack: Path,
    *,
    out: Path,
    by: str | None,
    overrides: Mapping[str, str],
    today: date,
    echo: Echo,
) -> BuildReport:
    """Build, check and publish the packs that a pack file asks for.

    Args:
        pack: The pack file, ``params/packs/*.yaml``.
        out: Folder of all packs.
        by: ``branch`` for one pack per branch, two at a time; None for one pack.
        overrides: Parameters of the command line as text.
        today: Day of generation, printed in the pack; no figure depends on it.
        echo: Takes the progress lines.

    Returns:
        One result per pack. A pack whose inputs have not changed is not made again, and one that fails
        leaves the others and its own last version as they are.

    Raises:
        Fault: 2 for parameters, scope, date or policy that cannot be; 5 if another run publishes under
            ``out``; 4 if a step before the packs fails.
    """
    file = load_pack(pack, overrides)
    book, as_of = _given(file)
    scopes = scopes_of(book.read("loan"), as_of, file.parameters.scope, by)
    prepare(out)
    with locked(out):
        sweep(out, file.parameters.report)
        plans = [_plan(file, book, as_of, out, scope) for scope in scopes]
        done = {plan.scope: path for plan in plans if (path := plan.shelf.made_from(plan.key))}
        pending = [plan for plan in plans if plan.scope not in done]
        made = _made(file, book, as_of, pending, out, today, echo) if pending else {}
        index = write_index(out)
    results = [
        made[plan.scope] if plan.scope in made else up_to_date(plan.scope, done[plan.scope]) for plan in plans
    ]
    return BuildReport(tuple(results), index)


def _given(file: PackFile) -> tuple[Book, date]:
    if file.parameters.book is None:
        raise Fault("no book is given", "add --book FOLDER")
    if file.parameters.as_of is None:
        raise Fault("no as-of date is given", "add --as-of YYYY-MM-DD")
    return Book.open(Path(file.parameters.book)), file.parameters.as_of


def _plan(file: PackFile, book: Book, as_of: date, out: Path, scope: str) -> Plan:
    shelf = Shelf(out, file.parameters.report, as_of, scope, file.parameters.lang)
    origin = provenance.origin(file, book, scope)
    return Plan(scope, shelf, origin, provenance.key(origin))


def _made(
    file: PackFile, book: Book, as_of: date, plans: Sequence[Plan], out: Path, today: date, echo: Echo
) -> dict[str, PackResult]:
    """Compute the results once, then make the packs, ``AT_ONCE`` at a time."""
    with staging(out) as root:
        steps = Steps(echo)
        try:
            results = _results(file, book, as_of, [plan.scope for plan in plans], root, steps)
        except OSError as error:
            raise Fault(
                f"the results cannot be written: {error}", "make room on the disk", CRASHED
            ) from error
        orders = [_order(file, book, plan, results, today) for plan in plans]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = pool.map(lambda order: _result(order, root, steps), orders)
            return {result.scope: result for result in found}


def _results(
    file: PackFile, book: Book, as_of: date, scopes: Sequence[str], root: Path, steps: Steps
) -> Results:
    with steps.step("facts"):
        facts = facts_under(book, as_of, file.policy)
    control = book.read("control_total").to_pandas(date_as_object=False)
    capital = file.parameters.net_capital_minor or reconciliation.net_capital(control, as_of)
    floors = class_floors(file.policy.policy, as_of)
    with steps.step("metrics"):
        frames = monthly_results(facts, as_of, scopes=scopes, class_floors=floors, capital_minor=capital)
        frames["data_status"] = status.data_status(book.loads())
        frames["quarantine_reasons"] = status.quarantine_reasons(book.loads())
        frames["reconciliation"] = reconciliation.reconciliation(control, facts, as_of, scopes)
    folder = root / "results"
    write_results(frames, folder)
    loan = book.read("loan").select(["loan_id", "customer_id"])
    shown = frozenset(name for column in loan.columns for name in column.to_pylist() if name is not None)
    return Results(folder, frames, shown)


def _order(file: PackFile, book: Book, plan: Plan, results: Results, today: date) -> Order:
    judged = standing(results.frames, plan.scope, file.parameters.draft_over)
    return Order(
        file=file,
        head=_head(file, book, plan, judged.is_final, today),
        shelf=plan.shelf,
        results=results.folder,
        largest_minor=_largest(results.frames["measures"], plan.scope),
        standing=judged,
        definitions=_definitions(results.frames["definitions"], file.parameters.lang),
        origin=plan.origin,
        key=plan.key,
        shown=results.shown,
    )


def _head(file: PackFile, book: Book, plan: Plan, is_final: bool, today: date) -> Head:
    given, lender = file.parameters, book.properties()
    policy = file.policy.policy
    return Head(
        report=given.report,
        lender=str(lender[f"lender_{given.lang}"]),
        as_of=plan.shelf.as_of,
        scope=plan.scope,
        lang=given.lang,
        currency=str(lender["currency"]),
        version=plan.shelf.next_version(),
        is_final=is_final,
        is_synthetic=bool(lender["is_synthetic"]),
        is_masked=given.masked,
        book_version=f"{book.version.number} ({book.version.id[:8]})",
        policy=policy.label.zh if given.lang == "zh" else policy.label.en,
        policy_version=file.policy.sha256[:8],
        prepared_by=given.prepared_by,
        generated_on=today,
    )


def _largest(measures: pd.DataFrame, scope: str) -> int:
    balances = measures[
        (measures["scope"] == scope) & (measures["metric"] == "balance") & (measures["by"] == "")
    ]["numerator"].dropna()
    return int(balances.max()) if len(balances) else 0


def _definitions(frame: pd.DataFrame, lang: str) -> list[Definition]:
    return [
        Definition(str(row["slug"]), str(row[lang]), str(row[f"definition_{lang}"]), str(row["source"]))
        for row in frame.to_dict("records")
    ]


def _result(order: Order, root: Path, whole: Steps) -> PackResult:
    """Make one pack; what goes wrong in it is its result, and the others go on."""
    steps = Steps(whole.echo, f"{order.head.scope}: ")
    try:
        path = make_pack(order, root, steps)
    except Fault as fault:
        return failed(order.head.scope, fault)
    except OSError as error:
        mend = "make room on the disk or mend its permissions; the last pack is untouched"
        return failed(order.head.scope, Fault(f"the pack cannot be written: {error}", mend, CRASHED))
    return published(order, path, {**whole.seconds, **steps.seconds})
