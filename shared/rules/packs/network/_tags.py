"""Tags that people set on resources to tell rules what they are for."""

from __future__ import annotations

from shared.rules.columns import text_at
from shared.rules.expectations import MET, NOT_APPLICABLE, Columns, Expectation, Verdict


def is_false_word(path: str) -> Expectation:
    """The tag is absent, or says anything but `true` (in any case)."""

    def judge(columns: Columns) -> Verdict:
        said = (text_at(columns, path) or "").strip().lower()
        return NOT_APPLICABLE if said == "true" else MET

    return Expectation((path,), judge)
