"""Text of others, such as Azure's error messages, made fit for a reason, a log line or a table row."""

from __future__ import annotations

from typing import Final

_CUT: Final = "..."


def one_line(text: str, longest: int) -> str:
    """`text` on one line, without control characters, in at most `longest` characters.

    Runs of white space, which error messages of Azure use to lay out several lines, become one space.
    """
    # Far more than is kept need not be looked at: an answer may hold megabytes.
    seen = text[: 8 * longest]
    clean = " ".join("".join(one if one.isprintable() else " " for one in seen).split())
    return clean if len(clean) <= longest else clean[: longest - len(_CUT)].rstrip() + _CUT
