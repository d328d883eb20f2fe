"""Checks of suits and of the search for pledged vehicles (S1-11 … S1-15)."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import and_

import ibis

from postloan.engine.rule_checks.finder import (
    Finder,
    Numbers,
    Tables,
    active,
    day,
    found,
    is_open,
    joined,
    number,
    with_flag,
)

STAGES = ("filed", "preserved", "enforced", "towed")
_CHECKLIST = (
    "is_site_checked", "is_operation_checked", "is_people_checked", "is_terrain_checked", "is_exit_checked",
)  # fmt: skip
_ROUTES = (1, 2)


def _step_too_early(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """The stages of a suit follow each other: none is dated before one that it comes after (S1-12)."""
    step = table("legal_step")
    t = step.filter(step.done_on <= day(as_of), step.legal_step.isin(STAGES))
    place = ibis.cases(*((t.legal_step == name, number) for number, name in enumerate(STAGES)))
    t = t.mutate(place=place)
    earlier = ibis.window(group_by="legal_case_id", order_by="place", rows=(None, -1))
    t = t.mutate(stage_before_on=t.done_on.max().over(earlier))
    suit = table("legal_case").select("legal_case_id", "loan_id", "staff_id")
    t = joined(t, suit, "legal_case_id")
    t = t.mutate(subject=t.legal_case_id + "·" + t.legal_step)
    is_early = (t.done_on < t.stage_before_on).fill_null(False)
    return found(t, "subject", t.done_on, is_early, "legal_step", "done_on", "stage_before_on")


def _seen(table: Tables, as_of: date) -> ibis.Table:
    """Return the vehicles that were taken for pledged ones, and whether both numbers are those pledged."""
    sighting, collateral = table("sighting"), table("collateral")
    t = sighting.filter(sighting.seen_on <= day(as_of), sighting.is_found)
    pledged = collateral.filter(collateral.frame_no.notnull(), collateral.engine_no.notnull())
    return with_flag(t, pledged, "is_matched", "loan_id", "frame_no", "engine_no")


def _mistaken(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """A vehicle is found only where frame and engine number both match those pledged (S1-14)."""
    t = _seen(table, as_of)
    return found(t, "sighting_id", t.seen_on, ~t.is_matched, "frame_no", "engine_no")


def _not_reported(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Who finds a vehicle tells the manager on the same day (S1-14)."""
    t = _seen(table, as_of)
    t = t.filter(t.is_matched)
    is_told = (t.reported_on <= t.seen_on).fill_null(False)
    return found(t, "sighting_id", t.seen_on, ~is_told, "seen_on", "reported_on")


def _unprepared_tow(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Before a tow every point of the list was checked, and one or two ways back were surveyed (S1-15)."""
    tow = table("tow")
    t = tow.filter(tow.towed_on <= day(as_of))
    is_checked = reduce(and_, [t[name].fill_null(False) for name in _CHECKLIST])
    is_surveyed = t.n_return_routes.isin(_ROUTES).fill_null(False)
    return found(t, "loan_id", t.towed_on, ~(is_checked & is_surveyed), *_CHECKLIST, "n_return_routes")


def _whereabouts_unknown(table: Tables, numbers: Numbers, as_of: date) -> ibis.Table:
    """Of each open case with a pledged machine it is known where it stands (S1-11): told not too long ago."""
    case, collateral = table("collection_case"), table("collateral")
    held = collateral.filter(
        collateral.frame_no.notnull(),
        collateral.released_on.isnull() | (collateral.released_on > day(as_of)),
    )
    t = case.filter(is_open(case, as_of)).semi_join(held, "loan_id")
    t = t.semi_join(active(table, as_of), "loan_id")
    action, sighting = table("action"), table("sighting")
    told = action.filter(action.vehicle_place.notnull(), action.acted_on <= day(as_of))
    seen = sighting.filter(sighting.is_found, sighting.place.notnull(), sighting.seen_on <= day(as_of))
    known = ibis.union(
        told.select(loan_id=told.loan_id, on=told.acted_on),
        seen.select(
            loan_id=seen.loan_id.cast(told.loan_id.type()), on=seen.seen_on.cast(told.acted_on.type())
        ),
    )
    t = joined(t, known.group_by("loan_id").agg(place_known_on=known.on.max()), "loan_id")
    oldest = (ibis.literal(as_of) - ibis.interval(days=number(numbers, "known_days"))).cast("date")
    is_known = (t.place_known_on >= oldest).fill_null(False)
    return found(t, "case_id", day(as_of), ~is_known, "place_known_on")


COURT = {
    "legal_stage_too_early": Finder(_step_too_early, ("legal_step",)),
    "vehicle_mistaken": Finder(_mistaken, ("sighting", "collateral")),
    "vehicle_not_reported": Finder(_not_reported, ("sighting", "collateral")),
    "tow_unprepared": Finder(_unprepared_tow, ("tow",)),
    "vehicle_place_unknown": Finder(
        _whereabouts_unknown, ("collection_case", "collateral"), ("known_days",), is_state=True
    ),
}
