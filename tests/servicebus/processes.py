"""Starting the server as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEY_NAME = "RootManageSharedAccessKey"
KEY = "bG9jYWwtdGVzdC1rZXk="
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class ServerProcess:
    """A running server."""

    process: subprocess.Popen[str]
    port: int

    @property
    def connection_string(self) -> str:
        return connection_string(self.port)


def connection_string(port: int, key: str = KEY, name: str = KEY_NAME) -> str:
    return (
        f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName={name};SharedAccessKey={key};"
        "UseDevelopmentEmulator=true"
    )


@contextmanager
def server_process(
    directory: Path, config: dict[str, Any], database: Path | None = None
) -> Iterator[ServerProcess]:
    """Start the server, wait for its ready line, and end it with SIGTERM unless it has ended already."""
    path = directory / "config.json"
    path.write_text(json.dumps(config))
    command = [sys.executable, "-m", "devhost.servicebus", "--config", str(path), "--key-name", KEY_NAME]
    if database is not None:
        command += ["--database", str(database)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "SERVICEBUS_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=(directory / "stderr.txt").open("a"),
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (directory / "stderr.txt").read_text()
        ready = json.loads(line)
        assert ready["ready"] is True
        assert ready["pid"] == process.pid
        yield ServerProcess(process, ready["port"])
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()
