"""Events of exits: what they brought in, and what is recovered after a write-off."""

from __future__ import annotations

import numpy as np

from postloan.model import codes
from postloan.sources.synthetic import exits
from postloan.sources.synthetic.exits import Exit
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.plans import Plans
from postloan.sources.synthetic.types import EVENT, NEVER, Random, Rows, rows

RECOVERY = codes.EVENT_KIND.values().index("post_write_off_recovery")
_RECOVERED_SHARE = 0.4  # of written-off loans
_MOST_RECOVERIES = 4
_SHARES = {exits.SALE: (0.15, 0.35), exits.REPOSSESSION: (0.45, 0.80)}  # of the balance, received


def events(plans: Plans, leaving: Exit, span: Span, random: Random) -> Rows:
    """Return the events of all exits, in fen, and recoveries up to as_of."""
    balance = plans.principal_left(leaving.plan, leaving.paid)
    amount = np.where(leaving.ahead > 0, leaving.ahead, -1)
    for kind, (low, high) in _SHARES.items():
        received = np.round(balance * random.uniform(low, high, len(balance)) / 100).astype(np.int64) * 100
        amount = np.where(leaving.kind == kind, received, amount)
    left = rows(EVENT, plan=leaving.plan, day=leaving.day, kind=leaving.kind, until=NEVER, amount=amount)
    lost = (leaving.kind == exits.WRITE_OFF) & (random.random(len(balance)) < _RECOVERED_SHARE)
    times = random.integers(1, _MOST_RECOVERIES + 1, int(lost.sum()))
    plan, base = (np.repeat(values[lost], times) for values in (leaving.plan, balance))
    day = np.repeat(leaving.day[lost], times) + random.integers(20, 400, len(plan))
    share = random.uniform(0.01, 0.08, len(plan))
    received = np.maximum(np.round(base * share / 100).astype(np.int64) * 100, 100)
    recovered = rows(EVENT, plan=plan, day=day, kind=RECOVERY, until=NEVER, amount=received)
    return np.concatenate([left, recovered])
