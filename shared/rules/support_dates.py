"""Until when a version is supported: what version rules compare the time of reading with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from shared.rules.columns import ColumnError

_NUMBERS: Final = re.compile(r"\d+")

Release = tuple[int, ...]


def release_of(text: str, parts: int) -> Release:
    """The first `parts` numbers of a version: `1.33.4` is (1, 33) for two.

    Raises:
        ColumnError: the text has fewer numbers.
    """
    found = tuple(int(one) for one in _NUMBERS.findall(text)[:parts])
    if len(found) < parts:
        raise ColumnError(f"{text[:40]!r} is not a version")
    return found


def supported_until(ends: Mapping[Release, date], release: Release) -> date:
    """The last day on which a release is supported; one older than all that are known ended with the oldest.

    Raises:
        ColumnError: the release is newer than, or between, those that are known.
    """
    found = ends.get(release)
    if found is not None:
        return found
    if release < min(ends):
        return ends[min(ends)]
    raise ColumnError(f"version {'.'.join(map(str, release))} is not in the table of supported versions")
