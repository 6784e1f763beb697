"""Where the record of a finding is, remembered by its id.

An id is given to one fingerprint for ever (`finding_ids`), and a fingerprint names one subject, so what was
true of a place once is always true: reading a finding again, or one that a list has shown, is one read, not
two.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

MAX_PLACES: Final = 50_000
"""About 15 MB; those not asked for longest are forgotten first."""

Place = tuple[str, str]
"""Subscription id in lower case, and fingerprint."""


class FindingPlaces:
    """Places that a process has seen."""

    def __init__(self, limit: int = MAX_PLACES) -> None:
        self._limit = limit
        self._places: OrderedDict[str, Place] = OrderedDict()

    def get(self, finding_id: str) -> Place | None:
        """The place of that id, if it was seen lately."""
        place = self._places.get(finding_id)
        if place is not None:
            self._places.move_to_end(finding_id)
        return place

    def keep(self, finding_id: str, place: Place) -> None:
        """Remember where that finding is."""
        self._places[finding_id] = place
        self._places.move_to_end(finding_id)
        if len(self._places) > self._limit:
            self._places.popitem(last=False)
