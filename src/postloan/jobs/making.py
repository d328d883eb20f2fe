"""Making packs: facts and results once for all scopes, then notebooks run and published two at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

from postloan.book.store import Book
from postloan.jobs import reconciliation, status
from postloan.jobs.derived.engines import engine_of
from postloan.jobs.derived.facts import facts_under
from postloan.jobs.duty_frames import duty_frames
from postloan.jobs.full_classes import full_class_frames
from postloan.jobs.known_then import restatement_frames
from postloan.jobs.outcome import PackResult, failed, published
from postloan.jobs.pack import Order, make_pack
from postloan.jobs.plan import Plan
from postloan.jobs.plan_frames import plan_frames
from postloan.jobs.rule_frames import rule_frames
from postloan.jobs.standing import standing
from postloan.jobs.steps import Echo, Steps
from postloan.jobs.subject_frames import subject_frames
from postloan.jobs.watch_frames import watch_frames, with_watch_tables
from postloan.jobs.work_frames import work_frames
from postloan.metrics.collections import METRICS as WORK_METRICS
from postloan.metrics.defined import defined
from postloan.metrics.duties import METRICS as DUTY_METRICS
from postloan.metrics.facts import Facts
from postloan.metrics.lists import LOAN_LISTS
from postloan.metrics.monthly import scoped_results
from postloan.metrics.rule_checks import METRICS as CHECK_METRICS
from postloan.metrics.targets import by_duty
from postloan.model.fault import CRASHED, Fault
from postloan.model.quarantine import QUARANTINE
from postloan.policy.files import Rulebook
from postloan.policy.floors import class_floors
from postloan.report.excel import Definition
from postloan.report.forked import KernelSource, kernel_source
from postloan.report.head import Head
from postloan.report.pack import write_pack
from postloan.report.packs import PackFile, subject_of
from postloan.report.publish import staging
from postloan.report.results import write_results

AT_ONCE = 2  # kernels beside each other; each is a process of its own
_NUMBERS = ("loan_id", "customer_id")
_LIKE_A_PHONE = r"^1[3-9]\d{9}$"


@dataclass(frozen=True, slots=True)
class Results:
    """What was computed once for all packs of a run."""

    folder: Path
    frames: Mapping[str, pd.DataFrame]
    shown: frozenset[str]


def made_of(
    file: PackFile, book: Book, plans: Sequence[Plan], out: Path, today: date, echo: Echo
) -> dict[str, PackResult]:
    """Make the packs and return what became of each by scope.

    A pack that fails leaves the others, and its own last version, as they are.

    Args:
        file: Parameters of all of them.
        book: What they report on.
        plans: One or more packs, all of one date.
        out: Folder of all packs; its lock is held.
        today: Day of generation, printed in the packs.
        echo: Takes the progress lines.

    Raises:
        Fault: 4 if the results, which all packs share, cannot be computed or written.
    """
    with staging(out) as root, kernel_source(root) as kernels:
        steps = Steps(echo)
        try:
            orders = orders_of(file, book, plans, root, today, steps)
        except OSError as error:
            raise Fault(
                f"the results cannot be written: {error}", "make room on the disk", CRASHED
            ) from error
        return packs_of(orders, root, steps, kernels)


def orders_of(
    file: PackFile, book: Book, plans: Sequence[Plan], root: Path, today: date, steps: Steps
) -> list[Order]:
    """Compute the results of all packs into ``root`` and return what is to be made, a pack each.

    Raises:
        Fault: 4 if the results cannot be computed.
        OSError: no space or no permission.
    """
    results = _results(file, book, plans[0].shelf.as_of, [plan.scope for plan in plans], root, steps)
    return [_order(file, book, plan, results, today) for plan in plans]


def packs_of(
    orders: Sequence[Order], root: Path, steps: Steps, kernels: KernelSource | None
) -> dict[str, PackResult]:
    """Make packs from results that lie in ``root``, two at a time, and return what became of each by scope.

    Args:
        orders: What to make.
        root: Private folder on the disk of their shelves.
        steps: What was done for all of them; each pack goes on with times of its own.
        kernels: Forks their kernels; None starts an interpreter for each.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda order: _result(order, root, steps, kernels), orders)
        return {result.scope: result for result in found}


def drafted(file: PackFile, book: Book, plan: Plan, root: Path) -> Path:
    """Compute one pack's results into ``root`` and return its pack file, for a notebook opened by hand."""
    as_of = plan.shelf.as_of
    results = _results(file, book, as_of, [plan.scope], root, Steps(lambda line: None))
    order = _order(file, book, plan, results, as_of)
    path = root / "pack.json"
    head = replace(order.head, is_final=False)
    write_pack(path, head, file.targets(), Path(results.folder.name), order.largest_minor)
    return path


def _results(
    file: PackFile, book: Book, as_of: date, scopes: Sequence[str], root: Path, steps: Steps
) -> Results:
    given = file.parameters
    with steps.step("facts"):
        engine = engine_of(given.engine, given.spark_master)
        facts = facts_under(book, as_of, file.policy, engine, partial(steps.note, "facts"))
        facts = with_watch_tables(facts, as_of, file.work.policy)
    with steps.step("metrics"):
        frames = _frames(file, book, facts, as_of, scopes)
    folder = root / "results"
    write_results(frames, folder)
    return Results(folder, frames, _shown(book))


def _frames(
    file: PackFile, book: Book, facts: Facts, as_of: date, scopes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return every results frame, of all scopes; of an investigation also those of its subject."""
    control = book.read("control_total").to_pandas(date_as_object=False)
    capital = file.parameters.net_capital_minor or reconciliation.net_capital(control, as_of)
    floors = class_floors(file.policy.policy, as_of)
    frames = scoped_results(facts, as_of, scopes=scopes, class_floors=floors, capital_minor=capital)
    frames |= full_class_frames(facts, as_of, file.policy, scopes)
    frames |= _named({name: frames[name] for name in (*LOAN_LISTS, "class_moved")}, book)
    frames |= restatement_frames(book, facts, as_of, scopes)
    frames |= watch_frames(facts, as_of, file.work.policy, scopes)
    frames |= _work(file, book, facts, as_of, scopes)
    measures = frames["measures"]
    if "duty_measures" in frames:
        measures = pd.concat([measures, by_duty(frames["duty_measures"], as_of)], ignore_index=True)
    frames |= plan_frames(file.plan, book, facts, as_of, scopes, measures)
    if (subject := subject_of(file)) is not None:
        rules = file.plan or Rulebook.of(file.policy)
        frames |= subject_frames(book, facts, as_of, subject, rules, str(book.properties()["currency"]))
    frames["definitions"] = _explained(frames)
    frames["data_status"] = status.data_status(book.loads(), book.retries())
    frames["quarantine_reasons"] = status.quarantine_reasons(book.read(QUARANTINE))
    frames["load_warnings"] = status.load_warnings(book.loads())
    frames["freshness"] = status.freshness(book, as_of)
    frames["reconciliation"] = reconciliation.reconciliation(control, facts, as_of, scopes)
    return frames


def _work(
    file: PackFile, book: Book, facts: Facts, as_of: date, scopes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return the frames of work, duties and rule checks, and the names of the staff."""
    rules = file.work.policy
    frames = work_frames(facts, as_of, rules, scopes)
    if frames:
        frames["work_staff"] = book.read("staff").select(["staff_id", "name"]).to_pandas()
    frames |= duty_frames(facts, as_of, rules, file.plan, scopes)
    return frames | rule_frames(facts, as_of, rules, file.plan, scopes)


def _explained(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what the figures mean: those of the monthly review, and of what else was measured."""
    beside = {
        "work_measures": WORK_METRICS,
        "duty_labels": DUTY_METRICS,
        "check_measures": CHECK_METRICS,
    }
    # A target on duties is told even where the lender delivers nothing that duties are judged by.
    held = {*frames, *(["duty_labels"] if "plan_targets" in frames else [])}
    parts = [defined(metrics) for name, metrics in beside.items() if name in held]
    return pd.concat([frames["definitions"], *parts], ignore_index=True)


def _named(lists: Mapping[str, pd.DataFrame], book: Book) -> dict[str, pd.DataFrame]:
    """Put the customer's name beside the number in loan lists; it is masked where it is shown."""
    if not book.has("customer"):
        return dict(lists)
    customer = book.read("customer").select(["customer_id", "name"]).to_pandas()
    return {name: frame.merge(customer, on="customer_id", how="left") for name, frame in lists.items()}


def _shown(book: Book) -> frozenset[str]:
    """Return the loan and customer numbers that look like a mobile phone's: shown, so no leak."""
    loan = book.read("loan")
    columns = [loan[name].filter(pc.match_substring_regex(loan[name], _LIKE_A_PHONE)) for name in _NUMBERS]
    return frozenset(number for column in columns for number in column.to_pylist())


def _order(file: PackFile, book: Book, plan: Plan, results: Results, today: date) -> Order:
    judged = standing(results.frames, plan.scope, float(book.properties()["draft_share"]))
    return Order(
        file=file,
        head=_head(file, book, plan, judged.is_final, today),
        shelf=plan.shelf,
        results=results.folder,
        frames=frozenset(results.frames),
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
        subject=given.subject or "",
        plan=f"{file.plan.label.text(given.lang)} {file.plan.sha256[:8]}" if file.plan else "",
        prepared_by=given.prepared_by,
        generated_on=today,
        known_at=given.known_at,
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


def _result(order: Order, root: Path, whole: Steps, kernels: KernelSource | None) -> PackResult:
    """Make one pack; what goes wrong in it is its result, and the others go on."""
    scope = order.head.scope
    steps = Steps(whole.echo, f"{scope}: ")
    try:
        path = make_pack(order, root, steps, kernels)
    except Fault as fault:
        return failed(scope, fault)
    except OSError as error:
        mend = "make room on the disk or mend its permissions; the last pack is untouched"
        return failed(scope, Fault(f"the pack cannot be written: {error}", mend, CRASHED))
    return published(scope, path, order.standing, {**whole.seconds, **steps.seconds}, whole.notes)
