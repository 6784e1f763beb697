"""Running Azurite, Microsoft's storage emulator, as a child that never outlives its parent.

Azurite keeps tables in memory and writes them out on SIGTERM (and now and then): a SIGKILL loses data. So it
is always asked to end by SIGTERM, also when its parent dies. A second SIGTERM would cut its orderly end
short: it gets one. A pid file in the state folder lets a new start wait for, or stop, an orphan.
"""

from __future__ import annotations

import http.client
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devhost.lifeline import end_orphan, guard, parent_death_hook, remember, under_once

ACCOUNT: Final = "devstoreaccount1"
ACCOUNT_KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""Account and key that every Azurite knows; published in its documentation, no secret."""
START_SECONDS: Final = 60.0
"""A first start on a cold disk was seen to take up to 40 s."""
STOP_SECONDS: Final = 30.0
_SCRIPT: Final = Path(__file__).resolve().parent.parent / "node_modules/azurite/dist/src/azurite.js"
_LISTENING: Final = re.compile(
    r"Azurite (Blob|Queue|Table) service is successfully listening at http://[^:\s]+:(\d+)"
)
_POLL_SECONDS: Final = 0.05


class AzuriteError(Exception):
    """Azurite did not start, or an orphan of an earlier run would not end."""


@dataclass(frozen=True, slots=True)
class AzuritePorts:
    """Loopback ports; 0 lets the system choose."""

    blob: int = 0
    queue: int = 0
    table: int = 0


class Azurite:
    """One running Azurite. Make it with `launch` or `start`."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, *, temporary: bool) -> None:
        self._process = process
        self._folder = folder
        self._temporary = temporary
        self.ports = AzuritePorts()
        """The real ports, once `wait_ready` has returned."""

    @property
    def pid(self) -> int:
        """Process id of what passes signals on to Azurite; it ends when Azurite has ended."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    @property
    def connection_string(self) -> str:
        """What the Azure clients connect with."""
        return ";".join(
            (
                "DefaultEndpointsProtocol=http",
                f"AccountName={ACCOUNT}",
                f"AccountKey={ACCOUNT_KEY}",
                f"BlobEndpoint=http://127.0.0.1:{self.ports.blob}/{ACCOUNT}",
                f"QueueEndpoint=http://127.0.0.1:{self.ports.queue}/{ACCOUNT}",
                f"TableEndpoint=http://127.0.0.1:{self.ports.table}/{ACCOUNT}",
            )
        )

    def wait_ready(self, timeout: float = START_SECONDS) -> None:
        """Block until all three services answer HTTP.

        Raises:
            AzuriteError: it ended, or `timeout` seconds passed.
        """
        deadline = time.monotonic() + timeout
        while True:
            found = {name: int(port) for name, port in _LISTENING.findall(self._log())}
            if len(found) == 3 and all(_answers(port) for port in found.values()):
                self.ports = AzuritePorts(found["Blob"], found["Queue"], found["Table"])
                return
            if not self.running:
                raise AzuriteError(f"Azurite ended with {self._process.returncode}: {self._log()[-2000:]}")
            if time.monotonic() > deadline:
                raise AzuriteError(f"Azurite is not ready after {timeout:.0f} s: {self._log()[-2000:]}")
            time.sleep(_POLL_SECONDS)

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Ask it to end by SIGTERM and wait; kill it only when it has not ended after `timeout` seconds."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _pid_file(self._folder).unlink(missing_ok=True)
        if self._temporary:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _log(self) -> str:
        return (self._folder / "azurite.log").read_text(errors="replace")


def start(location: Path | None, ports: AzuritePorts | None = None) -> Azurite:
    """`launch` and `wait_ready`; stops what it started when that fails."""
    azurite = launch(location, ports)
    try:
        azurite.wait_ready()
    except BaseException:
        azurite.stop()
        raise
    return azurite


def launch(location: Path | None, ports: AzuritePorts | None = None) -> Azurite:
    """Start the process without waiting for it; `location` None keeps everything in memory.

    Must run in the main thread on Linux: the parent-death signal follows the thread that forked.

    Raises:
        AzuriteError: Azurite is not installed, an orphan would not end, or the thread is another one.
    """
    if sys.platform == "linux" and threading.current_thread() is not threading.main_thread():
        raise AzuriteError("Azurite must be launched from the main thread")
    if not _SCRIPT.exists():
        raise AzuriteError("Azurite is not installed: run `npm ci`")
    chosen = ports or AzuritePorts()
    folder = location.resolve() if location else Path(tempfile.mkdtemp(prefix="azurite-"))
    folder.mkdir(parents=True, exist_ok=True)
    end_orphan(_pid_file(folder), "azurite.js", str(folder))
    command = [
        *under_once(("node", str(_SCRIPT))),
        *("--silent", "--skipApiVersionCheck", "--disableTelemetry", "--loose"),
        *("--blobHost", "127.0.0.1", "--blobPort", str(chosen.blob)),
        *("--queueHost", "127.0.0.1", "--queuePort", str(chosen.queue)),
        *("--tableHost", "127.0.0.1", "--tablePort", str(chosen.table)),
        *(("--location", str(folder)) if location else ("--inMemoryPersistence",)),
    ]
    with (folder / "azurite.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=parent_death_hook(),  # noqa: PLW1509 - one system call, loaded before the fork
        )
    remember(_pid_file(folder), process.pid)
    guard(process.pid)
    return Azurite(process, folder, temporary=location is None)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", f"/{ACCOUNT}?comp=list")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _pid_file(folder: Path) -> Path:
    return folder / "azurite.pid"
