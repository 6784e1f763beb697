"""The exposure corpus: its cases are well formed, and the engine is right on every one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.exposure import ours
from corpus.exposure.model import Case, Protocol, SourceClass, Verdict, load, merged, port_set
from shared.domain import exposure as domain

CASES = load()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_engine_is_right(case: Case) -> None:
    assert merged(ours.rows(case)) == merged(case.expected)


@pytest.mark.parametrize("case", [case for case in CASES if case.question], ids=lambda case: case.id)
def test_question_agrees_with_the_rows(case: Case) -> None:
    assert case.question is not None
    opened = any(
        (row.protocol, row.source_class, row.verdict)
        == (case.question.protocol, SourceClass.INTERNET, Verdict.EXPOSED)
        and port_set(row.ports) >> case.question.port & 1
        for row in case.expected
    )
    assert case.question.open_to_internet is opened is ours.answer(case)


def test_the_corpus_covers_its_themes() -> None:
    themes = [case.id.partition("/")[0] for case in CASES]
    assert len(CASES) >= 200 and len(set(themes)) >= 15
    asked = [case.question.open_to_internet for case in CASES if case.question]
    assert min(asked.count(True), asked.count(False)) >= 40
    assert {row.verdict for case in CASES for row in case.expected} == set(Verdict)
    assert {row.source_class for case in CASES for row in case.expected} == set(SourceClass)


def test_its_words_are_those_of_the_product() -> None:
    assert {one.value for one in Verdict} == {one.value for one in domain.Verdict}
    assert {one.value for one in SourceClass} == {one.value for one in domain.SourceClass}
    assert {one.value for one in Protocol} == {one.value for one in domain.Protocol}


def test_sources_are_pages_of_microsoft() -> None:
    assert {case.source.host for case in CASES} <= {"learn.microsoft.com", "techcommunity.microsoft.com"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": "a book"}, "source"),
        ({"extra": 1}, "extra"),
        ({"expected": [{**CASES[0].expected[0].model_dump(by_alias=True), "entry_point": "/x"}]}, "/x"),
        (
            {"expected": [{**CASES[0].expected[0].model_dump(by_alias=True), "ports": ["80-22"]}]},
            "no range of ports",
        ),
        (
            {"expected": [{**CASES[0].expected[0].model_dump(by_alias=True), "verdict": "latent"}]},
            "entry point",
        ),
        ({"expected": [CASES[0].expected[0].model_dump(by_alias=True)] * 2}, "one row could hold"),
    ],
)
def test_a_case_that_is_none(change: dict[str, object], message: str, tmp_path: Path) -> None:
    line = {**CASES[0].model_dump(mode="json", by_alias=True), **change}
    (tmp_path / "ports.jsonl").write_text(json.dumps(line) + "\n")
    with pytest.raises(ValueError, match=message) as caught:
        load(tmp_path)
    assert str(caught.value).startswith("ports.jsonl:1:")
