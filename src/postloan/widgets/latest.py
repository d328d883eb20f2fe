"""Answers come late and out of order: only that to the last request is shown, and no error is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

DEBOUNCE_SECONDS = 0.25


class Scheduler(Protocol):
    """When and where requests are worked on."""

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Call ``act`` after ``seconds``."""

    def work(self, compute: Callable[[], Any], done: Callable[[Future[Any]], None]) -> None:
        """Compute, one request after the other, and hand over the outcome."""


class AtOnce:
    """Waits for nothing: for tests and for measuring."""

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Call ``act`` now."""
        act()

    def work(self, compute: Callable[[], Any], done: Callable[[Future[Any]], None]) -> None:
        """Compute here."""
        done(_outcome(compute))


class InKernel:
    """Waits and shows in the event loop of a running kernel, computes beside it in one thread.

    JupyterLab hands what a user does to another thread of the kernel, so the loop is woken for it: a loop that
    waits does not look for what was added from outside.

    Raises:
        RuntimeError: where no loop runs.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="postloan-explore")

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Call ``act`` in the loop."""
        self._loop.call_soon_threadsafe(self._loop.call_later, seconds, act)

    def work(self, compute: Callable[[], Any], done: Callable[[Future[Any]], None]) -> None:
        """Compute in the thread; ``done`` is called in the loop."""
        future = self._worker.submit(compute)
        future.add_done_callback(lambda found: self._loop.call_soon_threadsafe(done, found))


class Latest:
    """Asks, and shows the answer unless something was asked since.

    Args:
        scheduler: When and where.
        show: Takes an answer.
        fail: Takes an error, also of a request that is no longer the last: errors are never swallowed.
    """

    def __init__(
        self, scheduler: Scheduler, show: Callable[[Any], None], fail: Callable[[BaseException], None]
    ) -> None:
        self.scheduler, self._show, self._fail = scheduler, show, fail
        self._generation = 0

    def ask(self, compute: Callable[[], Any], delay: float = 0) -> None:
        """Ask for an answer after ``delay`` seconds, unless something else is asked by then."""
        self._generation += 1
        mine = self._generation
        self.scheduler.later(delay, lambda: self._start(mine, compute))

    def _start(self, mine: int, compute: Callable[[], Any]) -> None:
        if mine == self._generation:
            self.scheduler.work(
                lambda: compute() if mine == self._generation else None,
                lambda outcome: self._finish(mine, outcome),
            )

    def _finish(self, mine: int, outcome: Future[Any]) -> None:
        error = outcome.exception()
        if error is not None:
            self._fail(error)
        elif mine == self._generation:
            self._show(outcome.result())


def _outcome(compute: Callable[[], Any]) -> Future[Any]:
    future: Future[Any] = Future()
    try:
        future.set_result(compute())
    except Exception as error:  # whatever it is, it is shown
        future.set_exception(error)
    return future
