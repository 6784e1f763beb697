"""Starting and stopping Azurite: state survives, nothing outlives its parent, orphans are dealt with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from devhost.azurite import AzuriteError, launch, start
from devhost.lifeline import watch
from shared.adapters.storage_clients import table_service
from shared.adapters.tables.table import Action, Table, Write

pytestmark = pytest.mark.local_stack
WAIT = 20.0


def wait_gone(pid: int) -> bool:
    """Whether the process ends in time."""
    deadline = time.monotonic() + WAIT
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


async def test_rows_survive_a_restart(tmp_path: Path) -> None:
    one = start(tmp_path)
    async with table_service(connection_string=one.connection_string) as service:
        await Table(service, "Kept").write(Write(Action.CREATE, {"PartitionKey": "p", "RowKey": "r", "n": 7}))
    one.stop()
    assert not one.running
    two = start(tmp_path)
    try:
        assert two.pid != one.pid
        async with table_service(connection_string=two.connection_string) as service:
            found = await Table(service, "Kept").get("p", "r")
        assert found is not None
        assert found["n"] == 7
    finally:
        two.stop()


def test_it_ends_with_its_parent_and_a_new_start_waits_for_it(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, time\n"
        "from devhost.azurite import start\n"
        "print(start(pathlib.Path(sys.argv[1])).pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    orphan = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    second = start(tmp_path)
    try:
        assert wait_gone(orphan)
    finally:
        second.stop()


def test_an_orphan_that_stays_is_stopped(tmp_path: Path) -> None:
    first = start(tmp_path)
    second = start(tmp_path)
    try:
        assert wait_gone(first.pid)
        assert second.running
    finally:
        second.stop()
        first.stop()


def test_a_pid_file_of_another_process_harms_nobody(tmp_path: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        (tmp_path / "azurite.pid").write_text(f'{{"pid": {bystander.pid}}}')
        azurite = launch(tmp_path)
        azurite.stop()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    azurite = launch(tmp_path)
    os.kill(azurite.pid, signal.SIGTERM)
    with pytest.raises(AzuriteError, match="ended"):
        azurite.wait_ready()
    azurite.stop()


def test_the_watchdog_ends_the_child_when_the_parent_is_gone() -> None:
    parent = subprocess.Popen([sys.executable, "-c", ""])
    parent.wait()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    watch(parent.pid, child.pid, interval=0.01)
    assert child.wait(WAIT) == -signal.SIGTERM
