"""The stand-in for Azure as a test drives it: a process whose faults may change while it serves."""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
from azure.core.credentials import AccessToken

ROOT = Path(__file__).resolve().parents[2]
UNLIMITED: Mapping[str, Any] = {
    "resource_graph": {"quota": 0},
    "resource_manager": {"read_burst": 0},
    "graph": {"burst": 0},
    "vault": {"burst": 0},
}
"""A faults document without quotas: for tests of what is read, not of how fast."""


class StandInProcess:
    """`python -m devhost.azure` on an estate file."""

    def __init__(self, estate: Path) -> None:
        self._header = secrets.token_hex(16)
        command = [sys.executable, "-m", "devhost.azure", "--estate", str(estate)]
        self._process = subprocess.Popen(
            [*command, "--identity-header", self._header],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the stand-in did not get ready: exit code {self._process.poll()}"
        self.base_url = f"http://127.0.0.1:{json.loads(line)['port']}"

    def __enter__(self) -> StandInProcess:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdout is not None
        self._process.terminate()
        self._process.wait(30)
        self._process.stdout.close()

    async def fail(self, faults: Mapping[str, Any]) -> None:
        """Replace the faults; members that are not named are as in `UNLIMITED`."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.base_url}/_control/faults", json={**UNLIMITED, **faults}) as answer,
        ):
            assert answer.status < 300, await answer.text()

    async def stats(self) -> Any:
        """What was asked and answered since the faults were replaced."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.base_url}/_control/stats") as answer,
        ):
            return await answer.json()

    def credential(self) -> StandInCredential:
        """A managed identity of this stand-in."""
        return StandInCredential(self.base_url, self._header)


class StandInCredential:
    """Asks the stand-in's identity endpoint, without the process environment that azure-identity reads."""

    def __init__(self, base_url: str, header: str) -> None:
        self._url, self._header = f"{base_url}/msi/token", header
        self._lock = asyncio.Lock()
        self._known: dict[str, AccessToken] = {}

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """A token for the first scope."""
        resource = scopes[0].removesuffix("/.default")
        async with self._lock:
            known = self._known.get(resource)
            if known is None or known.expires_on < time.time() + 60:
                known = self._known[resource] = await self._ask(resource)
        return known

    async def _ask(self, resource: str) -> AccessToken:
        query = {"api-version": "2019-08-01", "resource": resource}
        async with (
            aiohttp.ClientSession(headers={"X-IDENTITY-HEADER": self._header}) as session,
            session.get(self._url, params=query) as answer,
        ):
            told = await answer.json()
        return AccessToken(told["access_token"], int(told["expires_on"]))

    async def close(self) -> None:
        """Nothing to release."""

    async def __aenter__(self) -> StandInCredential:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
