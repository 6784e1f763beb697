"""``python -m devhost.azure`` as another program starts and stops it."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import orjson
import pytest

from tests.azure_standin import estates
from tests.azure_standin.estates import SUB_A


@asynccontextmanager
async def command(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "devhost.azure",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_says_when_it_serves_and_ends_on_sigterm(tmp_path: Path) -> None:
    estate = estates.write(tmp_path / "e.jsonl", estates.accounts(SUB_A, 3))
    async with command("--estate", str(estate), "--identity-header", "secret", "--quota", "3") as process:
        assert process.stdout is not None
        ready = orjson.loads(await asyncio.wait_for(process.stdout.readline(), 30))
        assert ready == {
            "ready": True,
            "port": ready["port"],
            "pid": process.pid,
            "identity_header": "secret",
        }
        url = f"http://127.0.0.1:{ready['port']}/_control/"
        async with aiohttp.ClientSession() as session:
            async with session.get(url + "stats") as response:
                assert (await response.json())["resources"] == 3
            async with session.get(url + "faults") as response:
                assert (await response.json())["resource_graph"]["quota"] == 3
        process.send_signal(signal.SIGTERM)
        stdout, stderr = await asyncio.wait_for(process.communicate(), 30)
        assert (process.returncode, stdout) == (0, b"")
        assert b"3 resources" in stderr


@pytest.mark.parametrize("broken", ["estate", "faults", "quota"])
async def test_it_refuses_what_it_cannot_use(tmp_path: Path, broken: str) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"latency": 5}' if broken == "faults" else "{}")
    estate = estates.write(tmp_path / "e.jsonl", [])
    arguments = ["--estate", str(tmp_path / "none") if broken == "estate" else str(estate)]
    arguments += ["--faults", str(faults), "--quota", "-1" if broken == "quota" else "1"]
    async with command(*arguments) as process:
        stdout, stderr = await asyncio.wait_for(process.communicate(), 30)
        assert (process.returncode, stdout) == (2, b"")
        assert {"estate": b"none", "faults": b"latency", "quota": b"--quota"}[broken] in stderr
