"""How often Python looks for cyclic garbage, in processes of this product."""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (10_000, 20, 50)
"""Python's own (700, 10, 10) take two fifths of the time in which rules judge a subscription: hundreds of
thousands of columns live until it is done, and are walked again and again. Hardly any of them is in a cycle."""


def collect_less_often() -> None:
    """Set the thresholds of the process (https://docs.python.org/3.11/library/gc.html#gc.set_threshold)."""
    gc.set_threshold(*THRESHOLDS)
