"""Where an analyst has been: undo, redo, and back to the start."""

from __future__ import annotations

from dataclasses import dataclass

from postloan.widgets.view import View

MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class History:
    """The view now, those before it (oldest first) and those undone (next first)."""

    now: View
    first: View
    past: tuple[View, ...] = ()
    future: tuple[View, ...] = ()

    @classmethod
    def of(cls, view: View) -> History:
        """Start at ``view``."""
        return cls(view, view)

    def to(self, view: View) -> History:
        """Go to a view; what was undone cannot be redone any more. The same view is no step."""
        if view == self.now:
            return self
        return History(view, self.first, (*self.past, self.now)[-MOST_STEPS:])

    def undo(self) -> History:
        """Go back one step; where there is none, stay."""
        if not self.past:
            return self
        return History(self.past[-1], self.first, self.past[:-1], (self.now, *self.future))

    def redo(self) -> History:
        """Take back an undo; where there is none, stay."""
        if not self.future:
            return self
        return History(self.future[0], self.first, (*self.past, self.now), self.future[1:])

    def reset(self) -> History:
        """Go to the first view, in the language of now; this is a step that can be undone."""
        return self.to(self.first.to(lang=self.now.lang))
