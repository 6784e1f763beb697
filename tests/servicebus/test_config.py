"""The configuration and the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devhost.servicebus.config import ConfigError, load_config, parse_config
from devhost.servicebus.server import serve
from tests.servicebus.processes import ROOT, server_process


def test_the_documented_example_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(
        '{"queues": {"scan-plan": {"lock_duration": 30, "max_delivery_count": 5, "default_ttl": 3600,'
        '"dead_letter_on_expiry": true, "duplicate_detection_window": 600, "requires_session": false}},'
        '"topics": {"events": {"subscriptions": {"all": {}}}}}'
    )
    config = load_config(path)
    assert config.queues["scan-plan"].max_delivery_count == 5
    assert config.limits.max_message_bytes == 262_144


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"queues": {"q": {"lock_duration": 0}}}, "queues.q.lock_duration: "),
        ({"queues": {"q": {"max_delivery_count": 0}}}, "queues.q.max_delivery_count: "),
        ({"queues": {"q": {"default_ttl": -1}}}, "queues.q.default_ttl: "),
        ({"queues": {"q": {"lock": 1}}}, "queues.q.lock: "),
        ({"queues": {"/bad": {}}}, "queues./bad"),
        ({"queues": {"q": {}, "Q": {}}}, "'Q' is used twice"),
        ({"queues": {"q": {}}, "topics": {"Q": {}}}, "'Q' is used twice"),
        ({"topics": {"t": {"subscriptions": {"a/b": {}}}}}, "topics.t.subscriptions.a/b"),
        ({"limits": {"max_message_bytes": 1}}, "limits.max_message_bytes: "),
        ({"other": 1}, "other: "),
        ([], "configuration: "),
    ],
)
def test_what_is_wrong_is_named(document: object, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(document)
    assert expected in str(caught.value)


@pytest.mark.parametrize(("name", "key"), [("", "k"), ("n", ""), ("n", "a;b"), ("n", "a\nb")])
async def test_a_key_that_no_connection_string_can_carry_is_refused(name: str, key: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        async with serve({"queues": {}}, key_name=name, key=key):
            pass


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--config", "missing.json", "--key", "k"], "missing.json: No such file"),
        (["--config", "broken.json", "--key", "k"], "broken.json: "),
        (["--config", "good.json"], "a key is needed"),
        (
            ["--config", "good.json", "--key", "k", "--database", "no/such/dir.sqlite3"],
            "unable to open",
        ),
    ],
)
def test_wrong_use_exits_with_2_and_says_why(tmp_path: Path, arguments: list[str], expected: str) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "good.json").write_text("{}")
    ended = subprocess.run(
        [sys.executable, "-m", "devhost.servicebus", "--key-name", "n", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert expected in ended.stderr


def test_sigterm_ends_the_server_with_0_and_one_line_was_printed(tmp_path: Path) -> None:
    with server_process(tmp_path, {"queues": {"q": {}}}) as server:
        server.process.terminate()
        assert server.process.wait(timeout=10) == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""
