"""Scores, answers of other tools, and peers that are not to be had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.exposure.environments import Peer, PeerUnavailableError, python_of, run_script
from corpus.exposure.model import Case, Question, Row, load, merged, port_set
from corpus.exposure.run import main
from corpus.exposure.scoring import PathScore, Score, score_answers, score_rows, table

ASKED = [case for case in load() if case.question]
OPEN = next(case for case in ASKED if case.question and case.question.open_to_internet)
CLOSED = next(case for case in ASKED if case.question and not case.question.open_to_internet)


def beyond(case: Case) -> Case:
    assert case.question is not None
    return case.model_copy(
        update={"question": Question(**{**case.question.model_dump(), "beyond_benchmarks": "why"})}
    )


def test_answers_are_counted() -> None:
    cases = [OPEN, CLOSED, beyond(OPEN).model_copy(update={"id": "x/a"})]
    cases.append(OPEN.model_copy(update={"id": "x/b"}))
    answers = {OPEN.id: False, CLOSED.id: True, "x/a": True}
    score = score_answers("tool", "1", cases, answers, {"x/b": "broke"})
    assert (score.asked, score.right, score.missed, score.false_alarms) == (4, 1, [OPEN.id], [CLOSED.id])
    assert score.failed == {"x/b": "broke"}
    assert (score.asked_by_benchmarks, score.right_by_benchmarks) == (3, 0)


def test_rows_are_compared_as_sets() -> None:
    [row] = OPEN.expected
    low, high = (row.model_copy(update={"ports": ports}) for ports in (("20-21",), ("22-25", "23")))
    wide = row.model_copy(update={"ports": ("20-25",)})
    assert merged([low, high]) == merged([wide])
    case = OPEN.model_copy(update={"expected": (wide,)})
    assert score_rows("t", [case], {case.id: [high, low]}).right == 1
    assert score_rows("t", [case], {case.id: [high]}).wrong == [case.id]
    assert score_rows("t", [case], {}).wrong == [case.id]


def test_ports_are_bits() -> None:
    assert port_set(["0", "2-3"]) == 0b1101
    assert port_set(["*"]) == port_set(["0-65535"])


def test_the_table_fits_a_terminal() -> None:
    score = Score("a tool of a very long name (variant)", "5.46.0.1.2", 1000, 999, asked_by_benchmarks=1000)
    text = table([score], [PathScore("ours", 1000, 999, ["a/b"])])
    assert max(map(len, text.splitlines())) <= 80
    assert "  wrong: a/b" in text


def test_answers_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row.model_dump(mode="json", by_alias=True) for row in OPEN.expected]
    lines = [{"id": OPEN.id, "rows": rows, "open_to_internet": True}, {"id": CLOSED.id, "rows": []}]
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main(["--answers", str(path), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    [questions], [paths] = figures["questions"], figures["paths"]
    assert (questions["tool"], questions["right"], len(questions["failed"])) == ("mine", 1, len(ASKED) - 1)
    assert paths["cases"] == len(load()) and paths["right"] in (1, 2)


@pytest.mark.parametrize("line", ["{", '{"id": "no/case"}', '{"id": 1}', '{"id": "a", "verdict": 1}'])
def test_answers_that_cannot_be_read(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(line + "\n")
    assert main(["--answers", str(path)]) == 2
    assert "mine.jsonl:1:" in capsys.readouterr().err


def test_ours_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert f"ours is right on {len(load())} of {len(load())} cases" in out
    assert max(map(len, out.splitlines())) <= 80


def installed(folder: Path, body: str) -> Peer:
    """A peer whose environment is there already; its interpreter is a shell script."""
    peer = Peer("tool", "tool==1", folder / "ask.py")
    python = folder / "tool" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{body}\n")
    python.chmod(0o755)
    (folder / "tool" / "corpus-installed.txt").write_text(peer.requirement)
    return peer


def test_a_peer_is_asked_in_its_environment(tmp_path: Path) -> None:
    peer = installed(tmp_path, 'echo "[$(cat), \\"$2\\", \\"$SECRET_OF_OURS\\"]"')
    assert run_script(peer, tmp_path, peer.script, {"a": 1}, "x") == [{"a": 1}, "x", ""]


@pytest.mark.parametrize(
    ("body", "message"),
    [("echo one >&2; echo last line >&2; exit 3", "last line"), ("echo no json", "no JSON")],
)
def test_a_peer_that_fails_is_one_line(body: str, message: str, tmp_path: Path) -> None:
    peer = installed(tmp_path, body)
    with pytest.raises(PeerUnavailableError, match=message) as caught:
        run_script(peer, tmp_path, peer.script, [])
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_peer_that_cannot_be_installed(tmp_path: Path) -> None:
    peer = Peer("tool", "./no-such-folder", tmp_path / "ask.py")
    with pytest.raises(PeerUnavailableError, match="no-such-folder cannot be installed"):
        python_of(peer, tmp_path)


def test_rows_need_an_entry_point() -> None:
    with pytest.raises(ValueError, match="entry point"):
        Row.model_validate(
            {
                "entry_point": None,
                "protocol": "tcp",
                "ports": ["22"],
                "class": "internet",
                "verdict": "exposed",
            }
        )
