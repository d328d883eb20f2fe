"""A lender's own composition: which policy grades whom, by product and customer kind."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Any

import ibis
from pydantic import Field, model_validator

from postloan.model.codes import CUSTOMER_KIND
from postloan.model.misplaced import Misplaced
from postloan.model.nearest import nearest
from postloan.policy.parameter import BothLanguages, Record


class Segment(Record):
    """The policy of the subjects with one of the products and one of the kinds; an empty list takes all."""

    policy: str
    product: tuple[str, ...] = ()
    customer_kind: tuple[str, ...] = ()

    def is_for_all(self) -> bool:
        """Say whether it takes every subject."""
        return not (self.product or self.customer_kind)

    def holds(self, features: ibis.Table) -> Any:
        """Return whether a row surely belongs to the segment; one that does not say goes to those after it."""
        asked = {"product": self.product, "customer_kind": self.customer_kind}
        parts = [features[name].isin(listed).fill_null(False) for name, listed in asked.items() if listed]
        return reduce(and_, parts, ibis.literal(True))


class Composition(Record):
    """A file that grades by the policies of others; the first segment that takes a subject grades it."""

    policy: str
    label: BothLanguages
    segments: tuple[Segment, ...] = Field(min_length=1)
    targets_of: str | None = None  # the policy whose targets are the lender's

    @model_validator(mode="after")
    def _each_can_be_reached(self) -> Composition:
        for place, segment in enumerate(self.segments):
            if segment.is_for_all() and place < len(self.segments) - 1:
                raise Misplaced(
                    "this segment takes all, those after it none", "move it to the end", ("segments", place)
                )
            for kind in segment.customer_kind:
                if kind not in CUSTOMER_KIND.values():
                    raise Misplaced(
                        f"no customer kind {kind!r}",
                        nearest(kind, CUSTOMER_KIND.values()),
                        ("segments", place, "customer_kind"),
                    )
        return self


WHOLE = Segment(policy="")


def segmented(features: ibis.Table, segments: tuple[Segment, ...], place: int) -> ibis.Table:
    """Return the rows that the segment at ``place`` takes: its own, without those of the ones before."""
    earlier = (~segment.holds(features) for segment in segments[:place])
    return features.filter(reduce(and_, earlier, segments[place].holds(features)))
