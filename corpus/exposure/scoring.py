"""Counting right and wrong answers, and the table that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.exposure.model import Case, Row, merged


@dataclass(slots=True)
class Score:
    """How one tool did on the questions it was asked."""

    tool: str
    version: str
    asked: int = 0
    right: int = 0
    missed: list[str] = field(default_factory=list)
    """Ids of cases where the port is open and the tool says it is not."""
    false_alarms: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Why the tool gave no answer, by case."""
    asked_by_benchmarks: int = 0
    right_by_benchmarks: int = 0
    """The same without the questions that go beyond what published benchmarks ask."""

    def as_json(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def score_answers(
    tool: str,
    version: str,
    cases: Iterable[Case],
    answers: Mapping[str, bool],
    failures: Mapping[str, str] | None = None,
) -> Score:
    """Compare answers to the cases' questions. What was not answered is counted, and is not right."""
    score = Score(tool, version)
    for case in cases:
        if case.question is None:
            continue
        expected, given = case.question.open_to_internet, answers.get(case.id)
        within = case.question.beyond_benchmarks is None
        score.asked += 1
        score.asked_by_benchmarks += within
        if given is None:
            score.failed[case.id] = (failures or {}).get(case.id, "no answer")
        elif given is expected:
            score.right += 1
            score.right_by_benchmarks += within
        else:
            (score.missed if expected else score.false_alarms).append(case.id)
    return score


@dataclass(slots=True)
class PathScore:
    """How one tool did on whole cases: every row right and none too many."""

    tool: str
    cases: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """All of it, for machines."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def score_rows(tool: str, cases: Iterable[Case], rows: Mapping[str, Sequence[Row]]) -> PathScore:
    """Compare rows with what the cases expect. A case without an answer is wrong."""
    score = PathScore(tool)
    for case in cases:
        score.cases += 1
        given = rows.get(case.id)
        if given is not None and merged(given) == merged(case.expected):
            score.right += 1
        else:
            score.wrong.append(case.id)
    return score


def table(scores: Sequence[Score], paths: Sequence[PathScore]) -> str:
    """Scores for people; at most 80 columns wide."""
    lines = [
        "Is this port of this NSG open to the internet?",
        f"{'tool':<24} {'version':<8} {'asked':>5} {'right':>5} {'missed':>6} "
        f"{'alarms':>6} {'failed':>6}  {'CIS-like':>8}",
    ]
    for one in scores:
        within = f"{one.right_by_benchmarks}/{one.asked_by_benchmarks}"
        lines.append(
            f"{one.tool:<24.24} {one.version:<8.8} {one.asked:>5} {one.right:>5} {len(one.missed):>6} "
            f"{len(one.false_alarms):>6} {len(one.failed):>6}  {within:>8}"
        )
    for path in paths:
        lines += ["", f"Whole paths, every row: {path.tool} is right on {path.right} of {path.cases} cases"]
        lines += [f"  wrong: {case}" for case in path.wrong]
    return "\n".join(lines)
