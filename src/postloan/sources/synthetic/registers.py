"""Customers and staff as tables: the people behind the numbers of a chunk."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from postloan.model import codes
from postloan.sources.synthetic import people
from postloan.sources.synthetic.borrowers import Borrowers
from postloan.sources.synthetic.lending import OFFICERS_PER_BRANCH
from postloan.sources.synthetic.months import EPOCH
from postloan.sources.synthetic.tables import staff_id
from postloan.sources.synthetic.types import Random
from postloan.sources.synthetic.world import BRANCHES, CUSTOMER_KINDS, INDUSTRIES, REGIONS

_NO_INDUSTRY, _NO_PHONE = 0.01, 0.005
_SUFFIXES = {"micro": "经营部", "company": "有限公司"}
_COLLECTORS_PER_BRANCH = 3


def customers(borrowers: Borrowers, ids: pa.Array, random: Random) -> pa.Table:
    """Return the customer table; some have no industry or phone."""
    count = len(borrowers)
    kinds = [CUSTOMER_KINDS[kind] for kind in borrowers.kind.tolist()]
    industries = [INDUSTRIES[place] for place in borrowers.industry.tolist()]
    cities = [BRANCHES[place].city for place in borrowers.branch.tolist()]
    is_person = (borrowers.kind == CUSTOMER_KINDS.index("individual")).tolist()
    persons = people.person_names(count, random)
    firms = people.firm_names(cities, industries, [_SUFFIXES.get(kind, "") for kind in kinds], random)
    residents, licences = people.resident_numbers(count, random), people.firm_numbers(count, random)
    return pa.table(
        {
            "customer_id": ids,
            "name": _either(is_person, persons, firms),
            "customer_kind": kinds,
            "id_number": _either(is_person, residents, licences),
            "phone": pa.array(people.phones(count, random), mask=random.random(count) < _NO_PHONE),
            "address": people.addresses(cities, random),
            "industry": pa.array(industries, mask=random.random(count) < _NO_INDUSTRY),
            "region": [REGIONS[place] for place in borrowers.region.tolist()],
            "customer_since_on": pa.array(borrowers.since.astype(np.int32)).cast(pa.date32()),
        }
    )


def staff(random: Random) -> pa.Table:
    """Return the staff table: officers first, numbered as loans name them, then collectors and managers."""
    roles = codes.STAFF_ROLE.values()
    n_branches = len(BRANCHES)
    per_role = (OFFICERS_PER_BRANCH, _COLLECTORS_PER_BRANCH, 1)
    branch = np.concatenate([np.repeat(np.arange(n_branches), count) for count in per_role]).tolist()
    role = np.repeat(np.arange(3), [count * n_branches for count in per_role]).tolist()
    teams = ("营销团队", "催收团队", "管理层")
    joined = random.integers(14_000, 19_000, len(role)).tolist()
    return pa.table(
        {
            "staff_id": [staff_id(number) for number in range(len(role))],
            "name": people.person_names(len(role), random),
            "branch": [BRANCHES[place].name for place in branch],
            "team": [
                f"{BRANCHES[place].name}{teams[kind]}" for place, kind in zip(branch, role, strict=True)
            ],
            "staff_role": [roles[kind] for kind in role],
            "joined_on": [EPOCH + timedelta(days=day) for day in joined],
        }
    )


def _either(first: list[bool], yes: list[str], no: list[str]) -> list[str]:
    return [a if is_first else b for is_first, a, b in zip(first, yes, no, strict=True)]
