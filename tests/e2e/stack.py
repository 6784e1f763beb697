"""The local stack as a test drives it: a process of its own, started, killed, started again."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devhost.demo.client import ApiClient

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 120


class Stack:
    """`python -m devhost` on an estate."""

    def __init__(self, estate: Path, state: Path | None = None, faults: Path | None = None) -> None:
        self.estate, self.state, self.faults = estate, state, faults
        self._process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}

    def start(self) -> ApiClient:
        command = [sys.executable, "-m", "devhost", "--estate", str(self.estate)]
        command += ["--state", str(self.state)] if self.state else []
        command += ["--faults", str(self.faults)] if self.faults else []
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True
        )
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], READY_SECONDS)
        line = self._process.stdout.readline() if readable else b""
        assert line, f"the stack did not get ready: exit code {self._process.poll()}"
        self.ready = json.loads(line)
        assert self.ready["ready"] is True and self.ready["pid"] == self._process.pid
        return ApiClient(self.ready["base_url"], self.ready["api_key"])

    def kill(self) -> None:
        """SIGKILL to the pid of the ready line."""
        assert self._process is not None
        os.kill(self.ready["pid"], signal.SIGKILL)
        self._process.wait(30)
        self._close()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(60)
        self._close()
        return code

    def _close(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def scan(
    client: ApiClient, patience: float = 300, *, scan_type: str = "network", **request: Any
) -> dict[str, Any]:
    """Start a scan of everything and wait for its end."""
    _, _, started = client.call("POST", "/api/v1/security/scans", {"scan_type": scan_type, **request})
    end: dict[str, Any] = client.wait(started["scan_id"], patience, lambda _: None)
    return end


def until(condition: Callable[[], Any], patience: float = 30) -> Any:
    """Wait for a condition to hold; what it gave."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, "the condition did not come to hold"
        time.sleep(0.05)
