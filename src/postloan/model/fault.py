"""The one error a user is meant to see: what happened and where, and how to mend it."""

from __future__ import annotations

USAGE, REFUSED, CRASHED, LOCKED, MISMATCH = 2, 3, 4, 5, 6


class Fault(Exception):
    """An error with a remedy and the exit code of the command that meets it.

    Args:
        what: One line: what is wrong and where (file, row, column).
        mend: One line: how to mend it.
        exit_code: 2 usage, configuration or unknown name; 3 input refused; 4 a step crashed;
            5 another run holds the lock; 6 verification mismatch.
    """

    def __init__(self, what: str, mend: str, exit_code: int = USAGE) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.exit_code = exit_code
