"""How often Python looks for reference cycles: seldom, since the product makes few and holds many objects.

A scan builds large trees that live until a subscription is done. With Python's defaults each 700 new objects
start a search, and a tenth to a third of a relation's time goes into finding nothing. Reference counting,
which frees nearly everything here, is not touched. https://docs.python.org/3.11/library/gc.html
"""

from __future__ import annotations

import gc
from typing import Final

NEW_OBJECTS: Final = 20_000
"""Container objects made, beyond those freed, before a search: some megabytes of garbage at most."""


def search_seldom() -> None:
    """Set the process up once all is imported: what exists now is never searched again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
