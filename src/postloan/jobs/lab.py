"""Open JupyterLab on the notebooks, with the interpreter the suite runs on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from postloan.model.fault import Fault


def lab(folder: Path) -> int:
    """Run JupyterLab in ``folder``/notebooks until the user ends it; return its exit code."""
    notebooks = folder / "notebooks"
    if not notebooks.is_dir():
        raise Fault(f"{notebooks} is not there", "run it from the project's folder")
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--notebook-dir",
        str(folder),
        "--LabApp.default_url=/lab/tree/notebooks",
    ]
    return subprocess.call(command)
