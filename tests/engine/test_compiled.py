"""Machine code is kept by everything that it was made of."""

from __future__ import annotations

from typing import Any

import numba
import pytest

from postloan.engine import compiled, kernel


def entry(helper_adds: int) -> Any:
    """Return a jitted function whose helper, and nothing else, depends on ``helper_adds``."""
    scope: dict[str, Any] = {"jitted": compiled.jitted, "ADDED": helper_adds}
    exec(
        "@jitted\ndef helper(n):\n    return n + ADDED\n\n@jitted\ndef whole(n):\n    return helper(n)", scope
    )
    return scope["whole"]


def test_stamp_changes_with_what_a_helper_adds() -> None:
    assert compiled.stamp_of(entry(1)) == compiled.stamp_of(entry(1))
    assert compiled.stamp_of(entry(1)) != compiled.stamp_of(entry(2))


def test_stamp_of_the_kernel_holds_no_addresses() -> None:
    """A nested function in the kernel would put its address into the stamp, and nothing would be kept."""
    again = compiled.stamp_of(numba.njit(kernel.replay_loan.py_func))  # type: ignore[attr-defined]
    assert compiled.stamp_of(kernel.replay_loan) == again
    assert "0x" not in repr(kernel.replay_loan.py_func.__code__.co_consts)  # type: ignore[attr-defined]


def test_without_a_folder_to_write_to_it_compiles_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **options: object) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(compiled, "njit", refuse)
    assert compiled.compiled_for_good(len) is len
