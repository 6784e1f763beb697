"""Two host processes on one storage, as a Function app has instances: HTTP functions alone."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from devhost.child import Child

ADMIN = "Q7mX2vB9kL4nT8sR1wY5zC3f"
OPERATOR = "kT4wZ9rB2nX7mQ5vL8cJ1hF6"
_KEYS = [
    {"id": role, "name": role, "role": role, "tier": "enterprise", "key": key}
    for role, key in (("admin", ADMIN), ("operator", OPERATOR))
]


@contextmanager
def two_hosts(storage: str) -> Iterator[list[str]]:
    """Base URLs of both; the administrator's and the operator's key are of the enterprise tier."""
    environment = {
        "AzureWebJobsStorage": storage,
        "ServiceBus": "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=djE=",
        "SECURITY_COPILOT_API_KEYS": json.dumps(_KEYS),
        "SECURITY_COPILOT_API_KEY_PEPPER": "Wn6cT2fX8hV4jD1sG9kP5qM7bR3yL0zE",
        "SECURITY_COPILOT_SEALING_KEYS": "4TSPnSf9HqXVw1FVVXKDbrrZZi5uMq7TWHEfRnbWI6w=",
        "SECURITY_COPILOT_CURSOR_SECRET": "Zp2mQ8vL5xK1tR7yB4nW9cJ3hF6dS0gA",
        "SECURITY_COPILOT_PUBLIC_URL": "http://127.0.0.1:7071",
    }
    children = [Child("devhost.http_host", [], pid_file=None, environment=environment) for _ in range(2)]
    try:
        yield [f"http://127.0.0.1:{child.wait_ready()['port']}" for child in children]
    finally:
        for child in children:
            child.stop()


@dataclass
class Answer:
    """What a host said."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Caller:
    """Calls both hosts in turn and notes what it saw."""

    session: aiohttp.ClientSession
    hosts: list[str]
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """By operation: the method and the first two segments of the path."""
    latencies: list[float] = field(default_factory=list)
    written: dict[str, int] = field(default_factory=dict)
    """Status by request id, of every call that writes."""
    _turn: int = 0

    async def call(self, method: str, path: str, body: object = None, *, key: str = ADMIN) -> Answer:
        """One call; anything that is not an answer of the service fails the test."""
        self._turn += 1
        headers = {"Authorization": f"Bearer {key}"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body)
        began = time.perf_counter()
        url = self.hosts[self._turn % len(self.hosts)] + path
        async with self.session.request(method, url, data=data, headers=headers) as response:
            content = await response.read()
        self.latencies.append(time.perf_counter() - began)
        answer = Answer(
            response.status,
            {name.lower(): value for name, value in response.headers.items()},
            json.loads(content) if content else None,
        )
        operation = " ".join([method, "/".join(path.partition("?")[0].split("/")[:3])])
        self.statuses[operation][answer.status] += 1
        if method != "GET":
            self.written[answer.headers["x-request-id"]] = answer.status
        return answer

    def quantile(self, share: int) -> float:
        """Milliseconds that `share` of a hundred calls took at most."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) * share // 100, len(ordered) - 1)] * 1000
