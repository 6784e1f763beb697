"""A stand-in as a process of its own: started, waited for by its ready line, stopped by SIGTERM."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from devhost.lifeline import STOP_SECONDS, end_orphan, guard, parent_death_hook, remember

READY_SECONDS: Final = 60.0
_MAX_READY_BYTES: Final = 64 * 1024


class ChildError(Exception):
    """A stand-in did not start."""


class Child:
    """One running `python -m MODULE ...` that prints a JSON ready line on stdout."""

    def __init__(
        self, module: str, arguments: Sequence[str], *, pid_file: Path | None, environment: Mapping[str, str]
    ) -> None:
        """Start it; call `wait_ready` next. Its stderr is ours.

        Raises:
            OrphanError: one of an earlier run still works on the same state.
        """
        self.module = module
        self._arguments = list(arguments)
        self._environment = dict(environment)
        self._pid_file = pid_file
        if pid_file is not None:
            end_orphan(pid_file, module)
        self._process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, **self._environment},
            cwd=Path(__file__).resolve().parent.parent,
            start_new_session=True,
            preexec_fn=parent_death_hook(),  # noqa: PLW1509 - one system call, loaded before the fork
        )
        guard(process.pid)
        if self._pid_file is not None:
            remember(self._pid_file, process.pid)
        return process

    def start_again(self, *more: str) -> None:
        """Start anew what has ended, with further arguments (its old port, say); `wait_ready` comes next."""
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._arguments += [one for one in more if one not in self._arguments]
        self._process = self._launch()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it is still there."""
        return self._process.poll() is None

    def wait_ready(self, timeout: float = READY_SECONDS) -> dict[str, Any]:
        """Its ready line.

        Raises:
            ChildError: it ended, said something else, or `timeout` seconds passed.
        """
        deadline = time.monotonic() + timeout
        stream = self._process.stdout
        if stream is None:
            raise ChildError(f"{self.module} has no output")
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
            part = os.read(stream.fileno(), 4096) if ready else b""
            if not part or len(line) > _MAX_READY_BYTES:
                self.stop()
                raise ChildError(f"{self.module} did not get ready (exit code {self._process.poll()})")
            line += part
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict) or said.get("ready") is not True:
            self.stop()
            raise ChildError(f"{self.module} printed something else than a ready line")
        return said

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """SIGTERM, wait, and kill only what does not end."""
        self.ask_to_stop()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        if self._pid_file is not None:
            self._pid_file.unlink(missing_ok=True)
