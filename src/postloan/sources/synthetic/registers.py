"""Customers and staff as tables: the people behind the numbers of a chunk."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model import codes
from postloan.sources.synthetic import people
from postloan.sources.synthetic.borrowers import Borrowers
from postloan.sources.synthetic.lending import OFFICERS_PER_BRANCH
from postloan.sources.synthetic.months import EPOCH, Span
from postloan.sources.synthetic.tables import staff_id
from postloan.sources.synthetic.types import Ints, Random
from postloan.sources.synthetic.world import BRANCHES, CUSTOMER_KINDS, INDUSTRIES, REGIONS

_NO_INDUSTRY, _NO_PHONE = 0.01, 0.005
_SUFFIXES = {"micro": "经营部", "company": "有限公司"}
_COLLECTORS_PER_BRANCH = 3
_GROUP = 4  # firms that belong together share an address and a phone


def customers(borrowers: Borrowers, ids: pa.Array, span: Span, random: Random) -> pa.Table:
    """Return the customer table; some have no industry or phone, some firms belong together."""
    count = len(borrowers)
    kinds = [CUSTOMER_KINDS[kind] for kind in borrowers.kind.tolist()]
    industries = [INDUSTRIES[place] for place in borrowers.industry.tolist()]
    cities = [BRANCHES[place].city for place in borrowers.branch.tolist()]
    is_person = (borrowers.kind == CUSTOMER_KINDS.index("individual")).tolist()
    persons = people.person_names(count, random)
    firms = people.firm_names(cities, industries, [_SUFFIXES.get(kind, "") for kind in kinds], random)
    residents, licences = people.resident_numbers(count, random), people.firm_numbers(count, random)
    group = _grouped(borrowers)
    phone = pa.array(people.phones(count, random), mask=random.random(count) < _NO_PHONE)
    address = people.addresses(cities, random)
    with_first = pa.array(np.where(group >= 0, group, np.arange(count)))
    return pa.table(
        {
            "customer_id": ids,
            "name": _either(is_person, persons, firms),
            "customer_kind": kinds,
            "id_number": _either(is_person, residents, licences),
            "phone": phone.take(with_first),
            "address": pa.array(address).take(with_first),
            "industry": pa.array(industries, mask=random.random(count) < _NO_INDUSTRY),
            "region": [REGIONS[place] for place in borrowers.region.tolist()],
            "size_class": pa.array(_sizes(borrowers, random)),
            "group_id": pc.binary_join_element_wise("JT", ids.take(pa.array(group, mask=group < 0)), ""),
            "employer": pa.array(
                [
                    f"{city}示例单位{n}"
                    for city, n in zip(cities, random.integers(1, 400, count).tolist(), strict=True)
                ],
                mask=~np.array(is_person),
            ),
            "contact_updated_on": pa.array(
                (np.maximum(borrowers.since, span.last_day - random.integers(0, 260, count))).astype(np.int32)
            ).cast(pa.date32()),
            "customer_since_on": pa.array(borrowers.since.astype(np.int32)).cast(pa.date32()),
        }
    )


def _grouped(borrowers: Borrowers) -> Ints:
    """Return the first customer of the group each firm belongs to, -1 without one: firms of one branch."""
    group = np.full(len(borrowers), -1)
    for branch in range(len(BRANCHES)):
        firms = np.flatnonzero(
            (borrowers.branch == branch) & (borrowers.kind != CUSTOMER_KINDS.index("individual"))
        )
        firms = firms[: min(-(-len(firms) // 40), len(firms) // _GROUP) * _GROUP]
        group[firms] = np.repeat(firms[::_GROUP], _GROUP)[: len(firms)]
    return group


def _sizes(borrowers: Borrowers, random: Random) -> list[str | None]:
    """Return the size of firms; a person has none."""
    of_company = random.choice(["large", "medium", "small"], len(borrowers), p=(0.15, 0.45, 0.4)).tolist()
    kinds = [CUSTOMER_KINDS[kind] for kind in borrowers.kind.tolist()]
    of_kind = {"individual": None, "micro": "micro"}
    return [of_kind.get(kind, size) for kind, size in zip(kinds, of_company, strict=True)]


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
            "department": [("客户部", "信用管理部", "管理层")[kind] for kind in role],
            "staff_tier": [
                ("junior", "middle", "senior")[place % 3] if kind == 1 else None
                for place, kind in enumerate(role)
            ],
            "joined_on": [EPOCH + timedelta(days=day) for day in joined],
        }
    )


def _either(first: list[bool], yes: list[str], no: list[str]) -> list[str]:
    return [a if is_first else b for is_first, a, b in zip(first, yes, no, strict=True)]
