"""Nets of customers: who shares what, beside a plain walk."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from postloan.metrics.connections import MOST, net_of

LINKS = st.lists(
    st.tuples(st.sampled_from(["phone", "address"]), st.integers(0, 5), st.sampled_from("ABCDEFGH")),
    max_size=20,
)


def shared(rows: list[tuple[str, int, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["kind", "value", "customer_id"]).drop_duplicates()
    return frame.astype({"kind": "str", "customer_id": "str"})


def test_who_shares_with_one_who_shares_is_in_the_net() -> None:
    links = shared(
        [("phone", 1, "A"), ("phone", 1, "B"), ("address", 2, "B"), ("address", 2, "C"), ("phone", 3, "D")]
    )
    assert net_of(links, ["A"]) == ["A", "B", "C"]
    assert net_of(links, ["D"]) == ["D"]


def test_the_same_value_of_another_kind_connects_nobody() -> None:
    assert net_of(shared([("phone", 1, "A"), ("address", 1, "B")]), ["A"]) == ["A"]


def test_a_net_ends_somewhere() -> None:
    chain = [(f"K{n:03}", f"K{n + 1:03}") for n in range(200)]
    links = shared([("phone", n, one) for n, pair in enumerate(chain) for one in pair])
    assert len(net_of(links, ["K000"])) == MOST


@settings(max_examples=examples(50, 1000), deadline=None)
@given(LINKS, st.sampled_from("ABCDEFGH"))
def test_a_net_is_closed_and_nothing_else_is_in_it(rows: list[tuple[str, int, str]], start: str) -> None:
    links = shared(rows)
    net = set(net_of(links, [start]))
    expected, grows = {start}, True
    while grows:
        values = {(kind, value) for kind, value, one in rows if one in expected}
        reached = {one for kind, value, one in rows if (kind, value) in values} | expected
        grows, expected = reached != expected, reached
    assert net == expected
