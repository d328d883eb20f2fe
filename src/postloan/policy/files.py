"""Where policies are: by name in ``params/policies/`` of the project, or any YAML file by its path."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from postloan.model.fault import Fault
from postloan.model.nearest import closest
from postloan.policy.policy import Policy
from postloan.yaml_file import read_yaml

FOLDER = Path("params/policies")
_PROJECT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy and the SHA-256 of the bytes it was read from."""

    policy: Policy
    sha256: str


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


def read_policy(policy: str | Path) -> PolicyFile:
    """Read a policy by name or path; raises Fault 2 where it is missing or does not hold together."""
    path = policy_path(policy)
    read = read_yaml(path, Policy)
    return PolicyFile(read, hashlib.sha256(path.read_bytes()).hexdigest())
