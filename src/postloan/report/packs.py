"""Pack files: the typed parameters of a report, read from ``params/packs/`` and the command line.

Everything is checked here, before any kernel starts. Precedence: command line, then file, then default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from postloan.metrics.catalogue import METRICS
from postloan.model.fault import Fault
from postloan.report.pack import Target
from postloan.yaml_file import read_yaml

ALL = "all"
Share = Annotated[float, Field(ge=0, le=1)]


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


class DraftLimits(_Strict):
    """Shares of delivered rows and money in quarantine over which a pack stays a draft."""

    quarantined_rows_share: Share
    quarantined_money_share: Share


class PackParameters(_Strict):
    """Everything a pack can be asked for; nothing else is accepted."""

    report: Literal["monthly_review"]
    policy: str = Field(min_length=1)
    draft_over: DraftLimits
    book: str | None = None
    as_of: date | None = None
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
    targets: dict[str, TargetParameter] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _masked_outside(self) -> Self:
        if self.audience == "external" and not self.masked:
            raise ValueError("a pack for an external audience must be masked")
        if len(set(self.formats)) != len(self.formats):
            raise ValueError("a format is given twice")
        return self


@dataclass(frozen=True, slots=True)
class PackFile:
    """Parameters that passed all checks, and the files they name."""

    parameters: PackParameters
    notebook: Path
    policy: Path

    def targets(self) -> dict[str, Target]:
        """Return the targets as the report reads them."""
        return {
            slug: Target(target.at_most, target.at_least, target.source)
            for slug, target in sorted(self.parameters.targets.items())
        }


def load_pack(path: Path, overrides: Mapping[str, object]) -> PackFile:
    """Read a pack file and put the command line's values over it; None in ``overrides`` is not given.

    The notebook is ``notebooks/<report>.ipynb`` and the policy ``params/policies/<policy>.yaml`` of the
    project that holds the pack file; a policy may also be given as a path.

    Raises:
        Fault: 2 for an unknown or mistyped parameter, an unknown metric in targets, or a policy or
            notebook that is not there; names the nearest valid one.
    """
    parameters = _overridden(read_yaml(path, PackParameters), overrides)
    _check_targets(path, parameters.targets)
    project = path.resolve().parent.parent.parent
    notebook = project / "notebooks" / f"{parameters.report}.ipynb"
    if not notebook.is_file():
        raise Fault(
            f"no notebook {notebook}", "keep pack files in params/packs/ of a project with notebooks/"
        )
    return PackFile(
        parameters, notebook, _policy_path(path, project / "params" / "policies", parameters.policy)
    )


def nearest(name: str, valid: Sequence[str]) -> str:
    """Return a remedy that names the valid name most like ``name``, or all of them if none is close."""
    close = get_close_matches(name, valid, n=1, cutoff=0.4)
    return f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(sorted(valid)) or 'none'}"


def _overridden(parameters: PackParameters, overrides: Mapping[str, object]) -> PackParameters:
    given = {name: value for name, value in overrides.items() if value is not None}
    for name in given:
        if name not in PackParameters.model_fields:
            raise Fault(f"no parameter {name!r}", nearest(name, list(PackParameters.model_fields)))
    try:
        return PackParameters.model_validate({**dict(parameters), **given})
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: ValidationError) -> Fault:
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"]) or "parameters"
    allowed = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
    mend = nearest(str(first["input"]), allowed) if allowed else f"give a valid value for {name}"
    return Fault(f"{name}: {first['msg']}", mend)


def _check_targets(path: Path, targets: Mapping[str, TargetParameter]) -> None:
    known = sorted(metric.slug for metric in METRICS)
    for slug in targets:
        if slug not in known:
            raise Fault(f"{path}: targets: no metric {slug!r}", nearest(slug, known))


def _policy_path(pack: Path, folder: Path, name: str) -> Path:
    chosen = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    if not chosen.is_file():
        known = sorted(file.stem for file in folder.glob("*.yaml"))
        raise Fault(f"{pack}: no policy {name!r}", nearest(name, known))
    return chosen
