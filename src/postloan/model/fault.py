"""The one error a user is meant to see: what happened and where, and how to mend it."""

from __future__ import annotations

from postloan.model.label import Label

USAGE, REFUSED, CRASHED, LOCKED, MISMATCH = 2, 3, 4, 5, 6


class Fault(Exception):
    """An error with a remedy and the exit code of the command that meets it.

    What is wrong with a lender's files is said in both languages, because the page that a data owner is
    sent repeats it; what only the person at the terminal sees is said in English.

    Args:
        what: One line: what is wrong and where (file, row, column).
        mend: One line: how to mend it.
        exit_code: 2 usage, configuration or unknown name; 3 input refused; 4 a step crashed;
            5 another run holds the lock; 6 verification mismatch.
    """

    def __init__(self, what: str | Label, mend: str | Label, exit_code: int = USAGE) -> None:
        self.label = what if isinstance(what, Label) else Label(what, what)
        self.remedy = mend if isinstance(mend, Label) else Label(mend, mend)
        self.exit_code = exit_code
        super().__init__(self.what)

    @property
    def what(self) -> str:
        """Return what is wrong, in English."""
        return self.label.en

    @property
    def mend(self) -> str:
        """Return how to mend it, in English."""
        return self.remedy.en
