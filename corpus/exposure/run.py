"""`python -m corpus.exposure.run`: score this project's engine, and other tools, on the cases.

    --tool ours|prowler|checkov|c7n   which to score (repeatable; default: ours)
    --answers FILE                    score a tool of your own: JSON Lines, see corpus/README.md
    --json                            figures and the ids behind them, for machines
    --wrong                           name every case that a tool got wrong

Other tools run in environments of their own, made on first use (`CORPUS_PEERS_DIR`, default `.peers`).
The exit status is 0 when everything asked for was scored, 1 when a tool could not be asked, 2 for bad input.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.exposure import ours
from corpus.exposure.environments import PEERS, PeerUnavailableError, peers_folder, run_script
from corpus.exposure.model import Case, Row, load
from corpus.exposure.scoring import PathScore, Score, score_answers, score_rows, table

OURS = "ours"


class Answer(BaseModel):
    """A line of `--answers`: rows of a whole case, or the answer to its question, or both."""

    model_config = ConfigDict(extra="forbid")

    id: str
    rows: tuple[Row, ...] | None = None
    open_to_internet: bool | None = None


@dataclass(slots=True)
class Scores:
    """What was scored, and what could not be."""

    questions: list[Score] = field(default_factory=list)
    paths: list[PathScore] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def ours_scored(cases: Sequence[Case], scores: Scores) -> None:
    """Score this project's engine."""
    answers = {case.id: found for case in cases if (found := ours.answer(case)) is not None}
    scores.questions.append(score_answers(OURS, "", cases, answers))
    scores.paths.append(score_rows(OURS, cases, {case.id: ours.rows(case) for case in cases}))


def peer_scored(name: str, cases: Sequence[Case], scores: Scores) -> None:
    """Score another tool in its own environment; one that is not to be had is skipped, and why is kept."""
    peer = PEERS[name]
    questions = [
        {"id": case.id, "port": case.question.port, "group": case.resource(case.question.group)}
        for case in cases
        if case.question is not None
    ]
    try:
        answer = run_script(peer, peers_folder(), peer.script, questions)
    except PeerUnavailableError as error:
        scores.skipped[name] = str(error)
        return
    for one in answer["results"]:
        tool = f"{name} ({one['variant']})"
        scores.questions.append(
            score_answers(tool, answer["version"], cases, one["answers"], one["failures"])
        )


def answers_scored(path: Path, cases: Sequence[Case], scores: Scores) -> None:
    """Score a file of answers.

    Raises:
        ValueError: a line is no answer, or of no case; names the line.
    """
    known = {case.id for case in cases}
    found: dict[str, Answer] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            one = Answer.model_validate_json(line)
        except ValidationError as error:
            raise ValueError(f"{path.name}:{number}: {error.errors()[0]['msg']}") from error
        if one.id not in known:
            raise ValueError(f"{path.name}:{number}: no case has this id")
        found[one.id] = one
    told = {one.id: one.open_to_internet for one in found.values() if one.open_to_internet is not None}
    rows = {one.id: one.rows for one in found.values() if one.rows is not None}
    if told:
        scores.questions.append(score_answers(path.stem, "", cases, told))
    if rows:
        scores.paths.append(score_rows(path.stem, cases, rows))


def _shown(scores: Scores, *, wrong: bool) -> str:
    text = table(scores.questions, scores.paths)
    if wrong:
        text += "".join(f"\n{line}" for line in _wrong(scores.questions))
    return text


def _wrong(scores: Iterable[Score]) -> Iterable[str]:
    for one in scores:
        for what, ids in (("missed", one.missed), ("false alarm", one.false_alarms)):
            yield from (f"{one.tool}: {what}: {case}" for case in ids)
        yield from (f"{one.tool}: failed: {case}: {why}" for case, why in one.failed.items())


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m corpus.exposure.run", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--tool", action="append", choices=(OURS, *PEERS), help="default: ours")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="answers of a tool of your own")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--wrong", action="store_true", help="name every case that a tool got wrong")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    arguments = _arguments(argv)
    scores = Scores()
    try:
        cases = load()
        if arguments.answers is not None:
            answers_scored(arguments.answers, cases, scores)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"corpus.exposure.run: {error}\n")
        return 2
    for tool in dict.fromkeys(arguments.tool or ([] if arguments.answers else [OURS])):
        if tool == OURS:
            ours_scored(cases, scores)
        else:
            peer_scored(tool, cases, scores)
    if arguments.json:
        figures: dict[str, Any] = {
            "questions": [one.as_json() for one in scores.questions],
            "paths": [one.as_json() for one in scores.paths],
            "skipped": scores.skipped,
        }
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    else:
        sys.stdout.write(_shown(scores, wrong=arguments.wrong) + "\n")
    for tool, why in scores.skipped.items():
        sys.stderr.write(f"{tool} skipped: {why}\n")
    return 1 if scores.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
