"""Pack files: the typed parameters of a report, read from ``params/packs/`` and the command line.

Everything is checked here, before any kernel starts. Precedence: command line, then file, then default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from postloan.model.fault import Fault
from postloan.model.nearest import nearest
from postloan.model.scope import ALL
from postloan.model.subject import Subject
from postloan.policy.files import PolicyFile, Rulebook, read_policy, read_rulebook
from postloan.report.target import Target
from postloan.yaml_file import read_yaml

_ONLY_IN_FILE = ("targets",)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TargetParameter(_Strict):
    """A limit on a metric and who set it: exactly one of ``at_most`` and ``at_least``."""

    at_most: float | None = None
    at_least: float | None = None
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("give exactly one of at_most and at_least")
        return self


class PackParameters(_Strict):
    """Everything a pack can be asked for; nothing else is accepted."""

    report: Literal["monthly_review", "team_performance", "risk_investigation"]
    policy: str = Field(min_length=1)
    plan: str | None = Field(default=None, min_length=1)  # what grades and sets targets; None: no plan
    work: str = Field(default="post_loan_work", min_length=1)  # the policy with the rules of work
    subject: str | None = Field(
        default=None, min_length=1
    )  # whom an investigation looks at: customer=…, industry=…
    book: str | None = None
    as_of: date | None = None
    known_at: date | None = None  # only what the lender knew by this day; None: all the book holds
    scope: str = Field(default=ALL, min_length=1)
    lang: Literal["zh", "en"] = "zh"
    formats: Annotated[tuple[Literal["html", "pdf", "xlsx"], ...], Field(strict=False, min_length=1)] = (
        "html",
        "pdf",
        "xlsx",
    )
    masked: bool = True
    audience: Literal["internal", "external"] = "internal"
    net_capital_minor: int | None = Field(default=None, gt=0)
    prepared_by: str = ""
    engine: Literal["duckdb", "spark"] = "duckdb"  # where it is computed; no figure depends on it
    spark_master: str | None = Field(default=None, min_length=1)
    targets: dict[str, TargetParameter] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _masked_outside(self) -> Self:
        if self.audience == "external" and not self.masked:
            raise ValueError("a pack for an external audience must be masked")
        if len(set(self.formats)) != len(self.formats):
            raise ValueError("a format is given twice")
        return self

    @model_validator(mode="after")
    def _investigates_somebody(self) -> Self:
        if (self.report == "risk_investigation") != (self.subject is not None):
            raise ValueError(
                "a risk investigation, and nothing else, has a subject: --set subject=customer=NUMBER"
            )
        return self


@dataclass(frozen=True, slots=True)
class PackFile:
    """Parameters that passed all checks, and the files they name."""

    parameters: PackParameters
    notebook: Path
    policy: PolicyFile
    plan: Rulebook | None
    work: PolicyFile

    def targets(self) -> dict[str, Target]:
        """Return the targets as the report reads them."""
        return {
            slug: Target(target.at_most, target.at_least, target.source)
            for slug, target in sorted(self.parameters.targets.items())
        }


def load_pack(path: Path, overrides: Mapping[str, str]) -> PackFile:
    """Read a pack file and put the command line's values, as text, over it.

    The notebook is ``notebooks/<report>.ipynb`` of the project that holds the pack file.

    The metrics in its targets are checked by ``check_targets``.

    Raises:
        Fault: 2 for an unknown or mistyped parameter, or a policy or notebook that is not there; names the
            nearest valid one.
    """
    parameters = _overridden(read_yaml(path, PackParameters), overrides)
    if "spark_master" in overrides and parameters.engine != "spark":
        raise Fault(f"a Spark master is given, but the engine is {parameters.engine}", "add --engine spark")
    project = path.resolve().parent.parent.parent
    notebook = project / "notebooks" / f"{parameters.report}.ipynb"
    if not notebook.is_file():
        raise Fault(
            f"no notebook {notebook}", "keep pack files in params/packs/ of a project with notebooks/"
        )
    plan = read_rulebook(parameters.plan) if parameters.plan else None
    work = read_policy(parameters.work)
    if work.policy.work is None:
        raise Fault(
            f"the policy {parameters.work} has no rules of work",
            "name one with `work`, such as post_loan_work",
        )
    return PackFile(parameters, notebook, read_policy(parameters.policy), plan, work)


def subject_of(file: PackFile) -> Subject | None:
    """Return whom the pack looks at; None for a report on the portfolio."""
    return Subject.parse(file.parameters.subject) if file.parameters.subject else None


def check_targets(file: PackFile) -> None:
    """Refuse, with Fault 2 and the nearest name, a target on a metric that does not exist.

    Apart from ``load_pack`` because the catalogue takes a second to import: whoever finds the pack already
    built from the same parameters need not ask.
    """
    from postloan.metrics.catalogue import metric
    from postloan.metrics.targets import check_target

    for slug in file.parameters.targets:
        metric(slug)
    assessed_by = file.plan.assessed_by if file.plan else None
    for target in assessed_by.policy.targets.values() if assessed_by else ():
        check_target(target)


def _overridden(parameters: PackParameters, overrides: Mapping[str, str]) -> PackParameters:
    given = {name: _parsed(name, text) for name, text in overrides.items()}
    try:
        return PackParameters.model_validate({**dict(parameters), **given})
    except ValidationError as error:
        raise _invalid(error) from None


def _parsed(name: str, text: str) -> object:
    field = PackParameters.model_fields.get(name)
    if field is None:
        raise Fault(f"no parameter {name!r}", nearest(name, list(PackParameters.model_fields)))
    if name in _ONLY_IN_FILE:
        raise Fault(f"{name} cannot be given on the command line", "put it in the pack file")
    if name == "formats":
        return tuple(text.split(","))  # checked with the whole
    try:
        adapter: TypeAdapter[object] = TypeAdapter(field.annotation)  # type: ignore[arg-type]
        return adapter.validate_strings(text)
    except ValidationError as error:
        raise _invalid(error, name) from None


def _invalid(error: ValidationError, name: str = "") -> Fault:
    first = error.errors(include_url=False)[0]
    place = name or ".".join(str(part) for part in first["loc"])
    if not place:
        return Fault(first["msg"].removeprefix("Value error, "), "change one of the parameters")
    allowed = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
    mend = nearest(str(first["input"]), allowed) if allowed else f"give a valid value for {place}"
    return Fault(f"{place}: {str(first['input'])!r}: {first['msg']}", mend)
