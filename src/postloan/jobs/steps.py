"""How long each step took, for the run's record and the progress lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Echo = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Steps:
    """Times steps by name and says when one is done; one per run or pack, not shared by threads."""

    echo: Echo
    prefix: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done inside; a step that fails is timed too, but not announced as done."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(time.perf_counter() - started, 3)
        self.echo(f"{self.prefix}{name} … {self.seconds[name]:.1f} s")

    def note(self, name: str, text: str) -> None:
        """Say, and keep, what is worth knowing of a step."""
        self.notes[name] = text
        self.echo(f"{self.prefix}{name}: {text}")
