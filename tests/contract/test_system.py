"""Operations: X-09."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.domain.timestamps import parse_wire_time
from tests.contract.harness import NOW, PUBLIC_URL, Api, contract, settings


class Probe:
    def __init__(self, name: str, outcome: str | Exception | None) -> None:
        self.name = name
        self._outcome = outcome

    async def check(self) -> str | None:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


@contract("X-09")
class TestX09:
    async def test_live(self, api: Api) -> None:
        answer = await api.get("/health/live", role=None)
        assert (answer.status, answer.json) == (200, {"status": "ok"})

    async def test_ready(self) -> None:
        api = Api(probes=(Probe("storage", None), Probe("broker", None)))
        answer = await api.get("/health/ready", role=None)
        assert (answer.status, answer.json["status"]) == (200, "ready")
        assert [check["name"] for check in answer.json["checks"]] == ["storage", "broker"]

    @pytest.mark.parametrize("outcome", ["no answer", RuntimeError("AccountKey=hush"), TimeoutError()])
    async def test_not_ready(self, outcome: str | Exception) -> None:
        api = Api(probes=(Probe("storage", None), Probe("broker", outcome)))
        answer = await api.get("/health/ready", role=None)
        assert (answer.status, answer.json["status"]) == (503, "unavailable")
        assert [check["status"] for check in answer.json["checks"]] == ["ok", "failed"]
        assert answer.json["checks"][1]["reason"]
        assert b"hush" not in answer.body
        assert answer.headers["retry-after"]

    async def test_security_txt(self) -> None:
        api = Api(settings=settings(SECURITY_COPILOT_SECURITY_CONTACT="mailto:psirt@scanner.test"))
        answer = await api.get("/.well-known/security.txt", role=None)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        fields = dict(line.split(": ", 1) for line in answer.body.decode().strip().split("\r\n"))
        assert fields["Contact"] == "mailto:psirt@scanner.test"
        assert fields["Canonical"] == f"{PUBLIC_URL}/.well-known/security.txt"
        assert NOW < parse_wire_time(fields["Expires"]) < NOW + timedelta(days=365)
