"""Children that never outlive their parent, and orphans of an earlier run.

On Linux the kernel sends the child SIGTERM when its parent dies (prctl(2), PR_SET_PDEATHSIG); elsewhere a
watchdog process polls. A pid file lets the next start on the same state wait for an orphan, or end it.

The kernel sends that signal once for each thread of a dying parent that the child is handed to, so a child
that a second SIGTERM would kill half-way through its orderly end runs under `once`, which passes on one.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final

ORPHAN_GRACE_SECONDS: Final = 5.0
STOP_SECONDS: Final = 30.0
_PR_SET_PDEATHSIG: Final = 1
_POLL_SECONDS: Final = 0.05


class OrphanError(Exception):
    """A process of an earlier run still works on the state and does not end."""


def parent_death_hook() -> Callable[[], None] | None:
    """What a forked child calls before it executes; None where the kernel offers no such signal.

    Fork from the main thread: the signal follows the thread that forked.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask_for_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return ask_for_signal


def guard(pid: int) -> None:
    """Where there is no parent-death signal, start the watchdog for child `pid`."""
    if sys.platform != "linux":
        subprocess.Popen(
            [sys.executable, __file__, str(os.getpid()), str(pid)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def watch(parent: int, child: int, interval: float = 1.0) -> None:
    """Wait for `parent` or `child` to end; then send SIGTERM to `child` if it is still there."""
    while alive(parent) and alive(child):
        time.sleep(interval)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGTERM)


def remember(pid_file: Path, pid: int) -> None:
    """Write the pid file."""
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.write_text(json.dumps({"pid": pid}))


class InUseError(Exception):
    """A living process works on this state."""


def hold(path: Path) -> IO[str]:
    """Lock a file for as long as it stays open; the kernel lets go when the process dies.

    Raises:
        InUseError: somebody else holds it.
    """
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise InUseError(f"{path.parent} is in use by another devhost; stop that one first") from error
    return lock


def end_orphan(pid_file: Path, *marks: str) -> None:
    """Wait for a process of an earlier run whose command line holds every mark; ask it to end if it stays.

    Raises:
        OrphanError: it does not end.
    """
    try:
        pid = json.loads(pid_file.read_text())["pid"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return
    if not isinstance(pid, int) or _gone(pid, marks, ORPHAN_GRACE_SECONDS):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if not _gone(pid, marks, STOP_SECONDS):
        raise OrphanError(f"process {pid} of an earlier run ({' '.join(marks)}) does not end")


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _gone(pid: int, marks: tuple[str, ...], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while _is(pid, marks):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _is(pid: int, marks: tuple[str, ...]) -> bool:
    """Whether that process is the one meant, and no other that got the same number since."""
    if not alive(pid):
        return False
    listing = subprocess.run(
        ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    line = listing.stdout.strip()
    return bool(line) and not line.startswith("Z") and all(mark in line for mark in marks)


def under_once(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` so that it gets one SIGTERM, however many are sent."""
    return [sys.executable, str(Path(__file__).resolve()), "once", *command]


def once(command: Sequence[str]) -> int:
    """Run `command` as a child, pass on the first SIGTERM or SIGINT as SIGTERM, return its exit code."""
    child: subprocess.Popen[bytes] | None = None
    asked = False

    def pass_on(_number: int, _frame: object) -> None:
        nonlocal asked
        if child is not None and not asked:
            child.terminate()
        asked = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    child = subprocess.Popen(list(command), preexec_fn=parent_death_hook())  # noqa: PLW1509 - as above
    if asked:
        child.terminate()
    return child.wait()


if __name__ == "__main__":
    if sys.argv[1] == "once":
        sys.exit(once(sys.argv[2:]))
    watch(int(sys.argv[1]), int(sys.argv[2]))
