"""The command line: files, standard output, progress, refusals."""

import io
from pathlib import Path

import orjson
import pytest

from samples.estate import EstateSpec
from samples.generate import main, write_estate


class Terminal(io.StringIO):
    """A text stream that a person looks at."""

    def isatty(self) -> bool:
        return True


def test_writes_estate_and_truth(tmp_path: Path) -> None:
    estate, truth = tmp_path / "estate.jsonl", tmp_path / "truth.jsonl"
    assert main(["--resources", "300", "--seed", "2", "--out", str(estate), "--truth", str(truth)]) == 0
    lines = [orjson.loads(line) for line in estate.read_bytes().splitlines()]
    records = [orjson.loads(line) for line in truth.read_bytes().splitlines()]
    assert len(lines) == 300
    assert {record["kind"] for record in records} >= {"endpoint"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["estate.jsonl", "truth.jsonl"]


def test_writes_to_standard_output_without_out(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["--resources", "40", "--seed", "2"]) == 0
    captured = capfdbinary.readouterr()
    assert len(captured.out.splitlines()) == 40
    assert captured.err == b""


def test_progress_is_shown_to_a_person_only() -> None:
    spec = EstateSpec(400, 1)
    person, pipe = Terminal(), io.StringIO()
    write_estate(spec, io.BytesIO(), None, person)
    write_estate(spec, io.BytesIO(), None, pipe)
    assert "400 of 400 resources" in person.getvalue()
    assert pipe.getvalue() == ""


def test_progress_does_not_change_the_bytes() -> None:
    spec = EstateSpec(400, 1)
    watched, piped = io.BytesIO(), io.BytesIO()
    write_estate(spec, watched, None, Terminal())
    write_estate(spec, piped, None, io.StringIO())
    assert watched.getvalue() == piped.getvalue()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--resources", "0"], "resources must be 1 to"),
        (["--resources", "5", "--subscriptions", "0"], "subscriptions must be 1 to"),
        (["--resources", "5", "--out", "x", "--truth", "x"], "same file"),
        (["--resources", "5", "--out", "no-such-folder/x"], "no-such-folder"),
    ],
)
def test_bad_input_is_refused_with_a_reason(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--seed", "1"]) == 2
    assert reason in capsys.readouterr().err
