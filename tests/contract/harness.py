"""The HTTP surface in process: the functions of all routes over the in-memory stores."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import pytest

from functions.http.registration import entry_point
from functions.http.routes import ROUTES
from shared.adapters.memory.blobs import MemoryBlobStore
from shared.adapters.memory.clock import MemoryClock, MemoryTokenSource
from shared.adapters.memory.events import MemoryEventOutbox
from shared.adapters.memory.findings import MemoryFindingStore
from shared.adapters.memory.inventory import MemoryInventory
from shared.adapters.memory.lifecycle_stores import (
    MemoryConfigStore,
    MemoryFindingHistoryStore,
    MemoryIdempotencyStore,
    MemorySuppressionStore,
)
from shared.adapters.memory.messaging import MemoryMessenger
from shared.adapters.memory.plans import MemoryPlanStore
from shared.adapters.memory.postures import MemoryPostureStore
from shared.adapters.memory.reads import MemoryAzureReads
from shared.adapters.memory.scan_results import MemoryScanResultStore
from shared.adapters.memory.scans import MemoryScanStore
from shared.domain.finding import Finding, FrozenFinding, Observation, pack_evidence
from shared.domain.ids import IdKind, make_id
from shared.domain.scan import Scan, ScanRequest, ScanStatus, ScanTotals
from shared.domain.severity import Severity, count_by_severity
from shared.ports.messaging import Message
from shared.rules.base import RuleMetadata
from shared.scanners.base import Collected, Focus
from shared.services.application import Application
from shared.services.config import Configuration
from shared.services.engine import Engine
from shared.services.finding_changes import FindingChanges
from shared.services.finding_queries import FindingQueries
from shared.services.idempotency import IdempotentCalls
from shared.services.posture_queries import PostureQueries
from shared.services.scan_control import ScanControl
from shared.services.scan_queries import ScanQueries
from shared.services.start_scan import StartScan
from shared.services.suppressions import Suppressions
from shared.settings import Settings
from tests.contract.callers import Callers
from tests.contract.events import Events
from tests.unit.engine.probe_scanner import Only, ProbeScanner

NOW = datetime(2025, 8, 5, 17, 42, 58, tzinfo=UTC)
PUBLIC_URL = "https://scanner.test"
SUBSCRIPTION = "e17f4f74-0d91-4313-9716-0a2edcceefb7"
KEYS = {role: f"{role}-key-3b1f6c0a9d4e7f25" for role in ("admin", "operator", "viewer")}
RULE = RuleMetadata(
    rule_id="network.nsg.ssh_from_internet",
    title="SSH is closed to the internet",
    finding_title="Unrestricted SSH access detected",
    description="SSH port 22 must not be open to the internet",
    severity=Severity.CRITICAL,
    cvss_score=9.8,
    risk_score=95,
    resource_type="NSG_RULE",
    reads=("microsoft.network/networksecuritygroups",),
    references=("https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",),
    remediation_steps=("Restrict SSH access to management subnet",),
    auto_remediable=True,
)


def contract(contract_id: str) -> pytest.MarkDecorator:
    """Puts the contract's id into the ids of the tests below."""
    return pytest.mark.parametrize("contract_id", [contract_id], indirect=True)


def settings(**overrides: str) -> Settings:
    values = {
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "ServiceBus": "Endpoint=sb://localhost;SharedAccessKeyName=k;SharedAccessKey=v",
        "SECURITY_COPILOT_API_KEYS": json.dumps(
            [{"id": f"key-{role}", "name": role, "role": role, "key": key} for role, key in KEYS.items()]
        ),
        "SECURITY_COPILOT_CURSOR_SECRET": "9f8c3a51b7e24d60a1f5c8e3d7b92046",
        "SECURITY_COPILOT_API_KEY_PEPPER": "5d1e90c7a3b84f62d8e4071b9c6a2f35",
        "SECURITY_COPILOT_PUBLIC_URL": PUBLIC_URL,
        "ENVIRONMENTS": json.dumps({"production": [SUBSCRIPTION], "staging": ["s-1", "s-2"]}),
    }
    return Settings.from_environment({**values, **overrides})


class OneRule(ProbeScanner):
    """A scanner by its description alone: nothing is scanned here."""

    types = RULE.reads

    def rules(self) -> Sequence[RuleMetadata]:
        return (RULE,)

    def collect(self, rows: Iterable[Any], focus: Focus) -> Collected:
        raise AssertionError("the contract of the API is tested without running a scanner")


class FailingMessenger(MemoryMessenger):
    """Fails on demand, as a broker that is away."""

    failure: Exception | None = None

    async def send(self, messages: Sequence[Message]) -> None:
        if self.failure is not None:
            raise self.failure
        await super().send(messages)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        document = self.json
        assert set(document) == {"error"}
        assert set(document["error"]) == {"code", "message", "details", "request_id"}
        assert document["error"]["request_id"] == self.headers["x-request-id"]
        error: dict[str, Any] = document["error"]
        return error


@dataclass
class Api:
    settings: Settings = field(default_factory=settings)
    clock: MemoryClock = field(default_factory=lambda: MemoryClock(NOW))
    probes: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        self.scans, self.plans = MemoryScanStore(), MemoryPlanStore()
        self.findings, self.results = MemoryFindingStore(), MemoryScanResultStore()
        self.messenger = FailingMessenger(self.clock)
        self.postures = MemoryPostureStore()
        self.slept: list[float] = []
        self.on_sleep: Any = None
        self.callers = Callers(self.settings, self.clock)
        self.events = Events(self.clock, self._sleep)
        self.engine = engine = Engine(
            scans=self.scans,
            plans=self.plans,
            findings=self.findings,
            history=MemoryFindingHistoryStore(),
            suppressions=MemorySuppressionStore(),
            results=self.results,
            outbox=MemoryEventOutbox(),
            blobs=MemoryBlobStore(),
            messenger=self.messenger,
            inventory=MemoryInventory(()),
            postures=self.postures,
            clock=self.clock,
            tokens=MemoryTokenSource(3),
            scanners=Only(OneRule()),
            reads=MemoryAzureReads(),
        )
        self.configs, self.attempts = MemoryConfigStore(), MemoryIdempotencyStore()
        self.configuration = Configuration(self.configs, self.clock, self.settings.scan.environments)
        self.application = Application(
            settings=self.settings,
            start_scan=StartScan(engine, self.configuration.environments, self.configuration.expiring_days),
            scan_control=ScanControl(engine),
            scan_queries=ScanQueries(engine, sleep=self._sleep),
            finding_queries=FindingQueries(self.findings),
            finding_changes=FindingChanges(engine.findings, engine.history),
            suppressions=Suppressions(engine),
            configuration=self.configuration,
            idempotency=IdempotentCalls(self.attempts, self.clock),
            posture_queries=PostureQueries(engine),
            rules={RULE.rule_id: RULE},
            scanners=engine.scanners,
            **self.callers.parts(),
            **self.events.parts(engine),
            probes=self.probes,
            clock=self.clock,
            tokens=MemoryTokenSource(7),
        )
        self.functions = {route.name: entry_point(route, self._source) for route in ROUTES}

    def rewire(self, **parts: Any) -> None:
        self.application = replace(self.application, **parts)

    async def _source(self) -> Application:
        return self.application

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)
        if self.on_sleep is not None:
            await self.on_sleep()
        await asyncio.sleep(0)

    async def call(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        role: str | None = "admin",
        headers: Mapping[str, str] | None = None,
        path_value: str | None = None,
    ) -> Answer:
        """`body`: an object sent as JSON, or bytes sent as they are. `role` None: no credential.

        `path_value` stands for every path parameter, whatever the URL says.
        """
        parts = urlsplit(url)
        name, parameters = match(method, parts.path)
        if path_value is not None:
            parameters = dict.fromkeys(parameters, path_value)
        sent = {} if role is None else {"Authorization": f"Bearer {KEYS[role]}"}
        data = b""
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        request = func.HttpRequest(
            method,
            f"https://host.invalid{url}",
            headers={**sent, **(headers or {})},
            params=dict(parse_qsl(parts.query, keep_blank_values=True)),
            route_params=parameters,
            body=data,
        )
        response = await self.functions[name](request)
        lowered = {key.lower(): value for key, value in response.headers.items()}
        return Answer(response.status_code, lowered, response.get_body())

    async def stored(self, scan_id: str) -> Scan:
        found = await self.scans.get(scan_id)
        assert found is not None
        return found.value

    async def finish(self, scan_id: str) -> None:
        """End a scan as completed, now."""
        found = await self.scans.get(scan_id)
        assert found is not None
        ended = {"status": ScanStatus.COMPLETED, "completed_at": self.clock.now()}
        await self.scans.replace(found.value.model_copy(update=ended), found.etag)

    async def started(self, url: str, body: Any = None) -> ScanRequest:
        """What a body came down to in the domain."""
        answer = await self.post(url, body)
        assert answer.status == 202, answer.body
        return (await self.stored(answer.json["scan_id"])).request

    async def get(self, url: str, **options: Any) -> Answer:
        return await self.call("GET", url, **options)

    async def post(self, url: str, body: Any = None, **options: Any) -> Answer:
        return await self.call("POST", url, body, **options)


def match(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The function that the host would choose: literal segments go before parameters."""
    for route in sorted(ROUTES, key=lambda entry: entry.path.count("{")):
        pattern = re.sub(
            r"{(\w+)}", r"(?P<\1>[^/]+)", re.escape(route.path).replace(r"\{", "{").replace(r"\}", "}")
        )
        found = re.fullmatch("/" + pattern, path)
        if route.method == method and found:
            return route.name, found.groupdict()
    raise AssertionError(f"no function for {method} {path}")


def scan_at(at: datetime, tail: str = "", **members: Any) -> Scan:
    base: dict[str, Any] = {
        "scan_id": make_id(IdKind.SCAN, at, tail),
        "request": ScanRequest(),
        "created_at": at,
        "estimated_completion": at + timedelta(seconds=122),
        "requested_by": "key-admin",
    }
    return Scan(**{**base, **members})


def finished(at: datetime, tail: str = "", *, seconds: int = 17, **members: Any) -> Scan:
    base: dict[str, Any] = {"status": ScanStatus.COMPLETED, "completed_at": at + timedelta(seconds=seconds)}
    return scan_at(at, tail, **{**base, **members})


def observation(index: int = 0, severity: Severity = Severity.CRITICAL, **members: Any) -> Observation:
    """The seed's finding, one NSG rule per index."""
    nsg = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Honeypot_group/providers/Microsoft.Network"
    base: dict[str, Any] = {
        "rule_id": RULE.rule_id,
        "resource_id": f"{nsg}/networkSecurityGroups/nsg-{index}/securityRules/SSH",
        "evaluated_id": f"{nsg}/networkSecurityGroups/nsg-{index}",
        "subscription_id": SUBSCRIPTION,
        "resource_group": "Honeypot_group",
        "resource_name": "SSH",
        "resource_type": "NSG_RULE",
        "severity": severity,
        "title": "Unrestricted SSH access detected",
        "description": "SSH port 22 is open to the internet (0.0.0.0/0)",
        "risk_score": 95,
        "cvss_score": 9.8,
        "auto_remediable": True,
        "remediation_steps": (
            "Restrict SSH access to management subnet",
            "Implement Just-In-Time (JIT) access",
            "Enable Azure Bastion for secure access",
        ),
        "evidence": {"port": "22"},
    }
    given = {**base, **members}
    evidence = given.pop("evidence")
    return Observation(
        **given, packed_evidence=pack_evidence(evidence, given["resource_id"], given["evaluated_id"])
    )


def frozen(scan: Scan, seen: Observation, at: datetime, tail: str = "") -> FrozenFinding:
    return FrozenFinding(
        id=make_id(IdKind.FINDING, at, tail),
        fingerprint=seen.fingerprint,
        scan_id=scan.scan_id,
        detected_at=at,
        last_seen_at=at,
        observation=seen,
    )


def record(member: FrozenFinding, **members: Any) -> Finding:
    base: dict[str, Any] = {
        "id": member.id,
        "fingerprint": member.fingerprint,
        "observation": member.observation,
        "scan_id": member.scan_id,
        "detected_at": member.detected_at,
        "last_seen_at": member.detected_at,
        "read_at": member.detected_at,
    }
    return Finding(**{**base, **members})


async def store_finished_scan(
    api: Api, severities: list[Severity], *, at: datetime = NOW, first: int = 0, **members: Any
) -> Scan:
    """A completed scan with one finding for each severity, its records and its totals."""
    counts = count_by_severity(severities)
    totals = ScanTotals(resources_scanned=156, by_severity=counts, auto_remediable=len(severities))
    scan = finished(at, totals=totals, result_shards=("r-1",), **members)
    await api.scans.insert(scan)
    rows = [
        frozen(scan, observation(index, severity), at + timedelta(seconds=3), f"{index:06d}")
        for index, severity in enumerate(severities, first)
    ]
    await api.results.put_findings(scan.scan_id, "r-1", rows)
    assert await api.findings.save([(record(row), None) for row in rows]) == []
    return scan
