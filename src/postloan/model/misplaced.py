"""What is wrong with one place of a file that is read as a record."""

from __future__ import annotations

from collections.abc import Sequence


class Misplaced(ValueError):
    """Raised by a model's validator: what is wrong, how to mend it, and where below the model it stands."""

    def __init__(self, what: str, mend: str, loc: Sequence[str | int] = ()) -> None:
        super().__init__(what)
        self.mend = mend
        self.loc = tuple(loc)
