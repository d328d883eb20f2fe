"""The command line: parse, call one job, print where the output is.

Jobs are imported inside their verbs, so that ``postloan --help`` answers at once.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from postloan.model.fault import CRASHED, Fault

app = typer.Typer(
    name="postloan",
    help="Post-loan management: from a lender's ledger to signed-off review packs.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Lang(StrEnum):
    """Language of what is printed or built."""

    ZH = "zh"
    EN = "en"


class EngineName(StrEnum):
    """What computes: DuckDB on this machine, or Spark."""

    DUCKDB = "duckdb"
    SPARK = "spark"


class Output(StrEnum):
    """Form of what is printed."""

    TEXT = "text"
    JSON = "json"


BookPath = Annotated[Path, typer.Option("--book", help="Folder of the book.")]
AsOf = Annotated[
    datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Observation date, end of day.")
]
KnownAt = Annotated[
    datetime | None,
    typer.Option("--known-at", formats=["%Y-%m-%d"], help="Only what the lender knew by this day."),
]
OnEngine = Annotated[
    EngineName | None, typer.Option("--engine", help="What computes; the figures are the same.")
]
SparkMaster = Annotated[
    str | None,
    typer.Option(help="Where Spark runs: local[2], spark://host:7077, yarn. All cores here if left out."),
]
OutputForm = Annotated[Output, typer.Option("--format", help="Form of what is printed.")]


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the generated files.")],
    loans: Annotated[int, typer.Option(min=1, help="Number of loans.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 7,
) -> None:
    """Generate the synthetic lender's files (合成数据)."""
    from postloan.jobs.demo import demo as run

    typer.echo(run(out, loans=loans, seed=seed).text())


@app.command()
def check(
    mapping: Annotated[Path, typer.Argument(help="Mapping of the lender's files, params/sources/*.yaml.")],
    source: Annotated[Path, typer.Option("--from", help="Folder with the lender's files.")],
    book: Annotated[Path | None, typer.Option("--book", help="Folder of the book, to check against.")] = None,
    page: Annotated[Path | None, typer.Option(help="Also write it as a page for the data's owner.")] = None,
    lang: Lang = Lang.EN,
    form: OutputForm = Output.TEXT,
) -> None:
    """Say what a load of a lender's files would do; nothing is written into a book."""
    from postloan.jobs.check import check as run
    from postloan.jobs.check_page import write_check_page

    report = run(mapping, source, book)
    if page is not None:
        write_check_page(report, page, lang.value)
    typer.echo(_json(report.as_dict()) if form is Output.JSON else report.text(lang.value))
    raise typer.Exit(report.exit_code)


@app.command()
def load(
    mapping: Annotated[Path, typer.Argument(help="Mapping of the lender's files, params/sources/*.yaml.")],
    source: Annotated[Path, typer.Option("--from", help="Folder with the lender's files.")],
    book: BookPath,
    delivered_on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Day the lender knew what the files don't date; over the mapping's."
        ),
    ] = None,
    lang: Lang = Lang.EN,
    form: OutputForm = Output.TEXT,
) -> None:
    """Check the files of a lender and take them into the book."""
    from postloan.jobs.load import load as run

    report = run(mapping, source, book, _day(delivered_on))
    typer.echo(_json(report.as_dict()) if form is Output.JSON else report.text(lang.value))
    raise typer.Exit(report.exit_code)


@app.command()
def quarantine(
    book: BookPath,
    out: Annotated[Path, typer.Option(help="CSV file to write.")],
    unmasked: Annotated[
        bool, typer.Option(help="Show identifiers and unmapped columns as delivered.")
    ] = False,
    lang: Lang = Lang.ZH,
    form: OutputForm = Output.TEXT,
) -> None:
    """List the rows that the book does not take, with their reasons, for whoever mends them."""
    from postloan.jobs.quarantine import quarantine as run

    report = run(book, out, lang.value, is_masked=not unmasked)
    typer.echo(_json(report.as_dict()) if form is Output.JSON else report.text(lang.value))


@app.command(name="map")
def map_files(
    files: Annotated[list[Path], typer.Argument(help="The lender's files, or folders that hold them.")],
    out: Annotated[Path, typer.Option(help="Where to write the proposed mapping.")],
    form: OutputForm = Output.TEXT,
) -> None:
    """Propose a mapping of a lender's files, with its doubts marked, for a person to correct."""
    from postloan.jobs.map import propose_mapping as run

    report = run(files, out)
    typer.echo(_json(report.as_dict()) if form is Output.JSON else report.text())


@app.command()
def show(
    metrics: Annotated[list[str], typer.Argument(help="Metric names, such as npl_ratio.")],
    book: BookPath,
    as_of: AsOf,
    by: Annotated[
        list[str] | None, typer.Option("--by", help="Dimension to break down by; may be repeated.")
    ] = None,
    policy: Annotated[str, typer.Option(help="Policy that classifies.")] = "cn_regulation",
    known_at: KnownAt = None,
    engine: OnEngine = None,
    spark_master: SparkMaster = None,
    lang: Lang = Lang.ZH,
    form: OutputForm = Output.TEXT,
) -> None:
    """Print metrics with numerator, denominator, n, unknown, interval and definition."""
    from postloan.jobs.derived.engines import engine_of
    from postloan.jobs.show import show as run

    chosen = {"fmt": form.value, "lang": lang.value, "policy": policy}
    if spark_master and engine is not EngineName.SPARK:
        raise Fault("a Spark master is given, but the engine is duckdb", "add --engine spark")
    on = engine_of(engine or EngineName.DUCKDB, spark_master)
    typer.echo(run(metrics, book, as_of.date(), by=by or [], known_at=_day(known_at), engine=on, **chosen))


@app.command()
def explain(
    subject: Annotated[str, typer.Argument(help="Number of a customer or a loan.")],
    book: BookPath,
    as_of: AsOf,
    policy: Annotated[str, typer.Option(help="Policy that grades.")] = "cn_regulation",
    role: Annotated[str, typer.Option(help="Who reads; decides whether the name is masked.")] = "other",
    lang: Lang = Lang.ZH,
    form: OutputForm = Output.TEXT,
) -> None:
    """Print what a policy says of a customer or a loan, why, and how near it is to something else."""
    from postloan.jobs.explain import explain as run

    card = run(subject, book, as_of.date(), policy=policy, role=role)
    typer.echo(_json(card.as_dict()) if form is Output.JSON else card.text(lang.value))


@app.command()
def simulate(
    policy: Annotated[str, typer.Argument(help="Policy, by name or path.")],
    book: BookPath,
    as_of: AsOf,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="PARAMETER=VALUE, or a dotted path into the file.")
    ] = None,
    lang: Lang = Lang.ZH,
    form: OutputForm = Output.TEXT,
) -> None:
    """Say how many customers and how much balance would move if a policy's values were others."""
    from postloan.jobs.simulate import simulate as run

    found = run(policy, book, as_of.date(), settings or [])
    typer.echo(_json(found.as_dict()) if form is Output.JSON else found.text(lang.value))


@app.command()
def build(
    pack: Annotated[Path, typer.Argument(help="Parameters of the pack, params/packs/*.yaml.")],
    book: Annotated[Path | None, typer.Option(help="Folder of the book.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Observation date.")
    ] = None,
    known_at: KnownAt = None,
    lang: Annotated[Lang | None, typer.Option(help="Language of the pack.")] = None,
    scope: Annotated[str | None, typer.Option(help="'all', a branch, or product=NAME.")] = None,
    by: Annotated[str | None, typer.Option(help="'branch' or 'product': one pack for each.")] = None,
    engine: OnEngine = None,
    spark_master: SparkMaster = None,
    out: Annotated[Path, typer.Option(help="Folder of the packs.")] = Path("outputs"),
    settings: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE, over the file.")] = None,
    timings: Annotated[bool, typer.Option("--timings", help="Also print the seconds of every step.")] = False,
    form: OutputForm = Output.TEXT,
) -> None:
    """Build, check and publish a report pack."""
    from postloan.jobs.build import build as run

    given = {"book": book, "as_of": _day(as_of), "known_at": _day(known_at), "lang": lang, "scope": scope}
    chosen = _overrides(given | {"engine": engine, "spark_master": spark_master}, settings or [])
    report = run(pack, out=out, by=by, overrides=chosen, today=_today(), echo=_progress(form))
    typer.echo(_json(report.as_dict()) if form is Output.JSON else report.text())
    if timings and form is Output.TEXT and (table := report.timings()):
        typer.echo(table)
    raise typer.Exit(report.exit_code)


@app.command()
def verify(
    pack: Annotated[Path, typer.Argument(help="Folder of a published pack.")],
    form: OutputForm = Output.TEXT,
) -> None:
    """Find any changed, missing or added byte in a published pack."""
    from postloan.jobs.verify import verify as run

    report = run(pack)
    typer.echo(_json(report.as_dict()) if form is Output.JSON else report.text())
    raise typer.Exit(report.exit_code)


@app.command()
def doctor(form: OutputForm = Output.TEXT) -> None:
    """Check Python, fonts, libraries, disk, locks and the calendar."""
    from postloan.jobs.doctor import doctor as run

    report = run(Path.cwd(), date.today())
    typer.echo(_json(report.as_dict()) if form is Output.JSON else report.text())
    raise typer.Exit(report.exit_code)


@app.command()
def lab() -> None:
    """Open the notebooks in JupyterLab."""
    from postloan.jobs.lab import lab as run

    raise typer.Exit(run(Path.cwd()))


def _json(content: object) -> str:
    import json

    return json.dumps(content, ensure_ascii=False, indent=1, default=str)


def _today() -> date:
    """Return the day of generation: SOURCE_DATE_EPOCH where set, so that the same inputs give the same bytes."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch else date.today()


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


def _overrides(given: Mapping[str, object], settings: list[str]) -> dict[str, str]:
    chosen = {name: str(value) for name, value in given.items() if value is not None}
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign:
            raise Fault(f"--set {setting!r} has no '='", "write --set NAME=VALUE")
        chosen[name] = value
    return chosen


def _progress(form: Output):  # type: ignore[no-untyped-def]
    # Standard output is the result; progress goes where it cannot spoil a JSON answer.
    return lambda line: typer.echo(line, err=form is Output.JSON)


def main() -> None:
    """Run the command line; an expected error is two lines, what and how to mend it."""
    # Queries are built of very many small objects that live on: looking for rubbish among them so often that it
    # shows helps nobody.
    gc.set_threshold(100_000, 50, 50)
    verbose = "-v" in sys.argv
    sys.argv = [word for word in sys.argv if word != "-v"]
    try:
        app()
    except Fault as fault:
        if verbose:
            traceback.print_exc()
        typer.echo(f"ERROR {fault.what}\n  fix: {fault.mend}", err=True)
        sys.exit(fault.exit_code)
    except Exception as error:
        if verbose:
            traceback.print_exc()
        typer.echo(
            f"ERROR {type(error).__name__}: {error}\n  fix: run again with -v and report what it prints",
            err=True,
        )
        sys.exit(CRASHED)
