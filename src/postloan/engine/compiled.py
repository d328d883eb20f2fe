"""Compile the entry point of a kernel once per machine, keyed by everything that it calls."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])
# The kernel allocates nothing, so arrays need no counting of references: that alone makes it four times faster.
_KERNEL: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
# Inlined by LLVM: a call would hand over every field of every array of the desk, which costs more than most helpers do.
_HELPER: dict[str, Any] = {
    **_KERNEL,
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


def jitted(function: F) -> F:
    """Compile a helper that only jitted functions call: without the wrappers, which cost the most time."""
    return cast(F, njit(**_HELPER)(function))


def inlined(function: F) -> F:
    """Compile a helper that is called from one place: there, and not a second time on its own."""
    return cast(F, njit(**_KERNEL, inline="always")(function))


def stamp_of(function: Any) -> str:
    """Return a hash of the code of a jitted function and of every jitted function and number it names.

    numba's own cache looks only at the file of the cached function, so a change in a helper of another
    file would leave the old machine code in use.
    """
    digest = hashlib.sha256()
    todo, seen = [function.py_func], {id(function.py_func)}
    while todo:
        current = todo.pop()
        code = current.__code__
        digest.update(code.co_code + repr((code.co_consts, code.co_names)).encode())
        for name in code.co_names:
            value = current.__globals__.get(name)
            helper = getattr(value, "py_func", None)
            if helper is None:
                digest.update(repr(value).encode() if isinstance(value, int | tuple) else b"")
            elif id(helper) not in seen:
                seen.add(id(helper))
                todo.append(helper)
    return digest.hexdigest()


def compiled_for_good(function: F) -> F:
    """Compile ``function`` on first use and keep the machine code on disk where a place for it exists."""
    try:
        return cast(F, njit(**_KERNEL, cache=True)(function))
    except RuntimeError:  # no folder can be written: compile in every process
        return cast(F, njit(**_KERNEL)(function))
