"""Where policies are: by name in ``params/policies/`` of the project, or any YAML file by its path."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from postloan.model.fault import Fault
from postloan.model.nearest import closest
from postloan.policy.composition import WHOLE, Composition, Segment
from postloan.policy.parameter import BothLanguages
from postloan.policy.policy import Policy
from postloan.yaml_file import has_key, read_yaml

FOLDER = Path("params/policies")
_PROJECT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy and the SHA-256 of the bytes it was read from, and of what was set over them."""

    policy: Policy
    sha256: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Policies by segment, in the order in which they take subjects; a plain policy takes all.

    ``assessed_by`` is the policy whose targets are the lender's: the plain one itself.
    """

    label: BothLanguages
    segments: tuple[Segment, ...]
    files: tuple[PolicyFile, ...]
    assessed_by: PolicyFile | None

    @classmethod
    def of(cls, file: PolicyFile) -> Rulebook:
        """Return the rulebook of one policy for all subjects."""
        return cls(file.policy.label, (WHOLE,), (file,), file)

    @property
    def sha256(self) -> str:
        """Return one digest of all of them, and of how they are composed."""
        told = [segment.model_dump_json() for segment in self.segments] + [
            file.sha256 for file in (*self.files, *filter(None, [self.assessed_by]))
        ]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


def policy_path(policy: str | Path) -> Path:
    """Return the file of ``policy``: a path, or a name in the working folder or the project.

    Raises:
        Fault: 2 for a name that no folder has; says the nearest.
    """
    if str(policy).endswith((".yaml", ".yml")):
        return Path(policy)
    found = {
        path.stem: path for root in (_PROJECT, Path()) for path in sorted((root / FOLDER).glob("*.yaml"))
    }
    if str(policy) in found:
        return found[str(policy)]
    close = closest(str(policy), found)
    hint = f"did you mean {close}?" if close else f"put it in {FOLDER}"
    raise Fault(f"no policy {str(policy)!r} in {FOLDER}", hint)


def read_policy(policy: str | Path, changes: Mapping[str, object] | None = None) -> PolicyFile:
    """Read a policy by name or path; raises Fault 2 where it is missing or does not hold together.

    Args:
        policy: Name or path.
        changes: Values set over the file's, by dotted path (``parameters.deposit_day.values.0.value``).
    """
    path = policy_path(policy)
    read = read_yaml(path, Policy, changes)
    told = json.dumps(changes, sort_keys=True, default=str).encode() if changes else b""
    return PolicyFile(read, hashlib.sha256(path.read_bytes() + told).hexdigest())


def read_rulebook(policy: str | Path) -> Rulebook:
    """Read a policy, or a composition and the policies it names; raises Fault 2 as ``read_policy`` does."""
    path = policy_path(policy)
    if not has_key(path, "segments"):
        return Rulebook.of(read_policy(path))
    composed = read_yaml(path, Composition)
    files = tuple(read_policy(part.policy) for part in composed.segments)
    assessed_by = read_policy(composed.targets_of) if composed.targets_of else None
    return Rulebook(composed.label, composed.segments, files, assessed_by)
