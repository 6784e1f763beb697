"""How a finding says what is wrong: a sentence that people understand, about a resource by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_PREFIX: Final = re.compile(r"(?<![\w./-])properties\.(?=[A-Za-z])")
"""The root that nearly every path has, at the beginning of a path."""


def sentence(title: str, words: str, paths: Iterable[str]) -> str:
    """Words that speak of paths become a note to the finding's title; others are a sentence already.

    Args:
        title: of the finding: `Registry has its admin user on`.
        words: what an expectation said: `properties.adminUserEnabled is true, expected false`.
        paths: that the expectation reads.
    """
    if not any(path.partition("[*]")[0] in words for path in paths):
        return words
    return f"{title} ({plain(words)})"


def plain(words: str) -> str:
    """Words without the root of the paths in them: `adminUserEnabled is true, expected false`."""
    return _PREFIX.sub("", words)
