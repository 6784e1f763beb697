"""The whole rule pack over a generated estate, beside Prowler's own port checks.

Unit: (rule x resource) a second of process CPU time on one core. Ours begins with projections, which is what
a scan keeps of what it read, and ends with findings: sorting them out, the network join and its exposure rows
are in it. Prowler's are its NSG checks on NSGs, in the same run, from its collector's objects to reports.
Aim: at least 20 times Prowler's.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.nsg_checks import network_security_groups
from corpus.exposure.environments import PEERS, PeerUnavailableError, peers_folder, run_script
from shared.cycle_collector import search_seldom
from shared.domain.coverage import TypeCoverage
from shared.domain.scan import ScanRequest, ScanType
from shared.rules.base import RuleMetadata
from shared.scanners.base import Focus, Projection, Related, Scanner
from shared.scanners.registry import BuiltScanners
from tests.e2e.in_process import in_process
from tests.e2e.stand_in import StandInProcess

ROOT: Final = Path(__file__).resolve().parents[1]
RUNS: Final = 3
PROWLER_GROUPS: Final = 1_000
_SCRIPT: Final = Path(__file__).with_name("peers") / "time_prowler.py"


def run(resources: int = 10_000) -> dict[str, Any]:
    """Figures of both tools and their ratio: the best of `RUNS` runs each, in turns."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        estate = Path(folder) / "estate.jsonl"
        command = [sys.executable, "-m", "samples.generate", "--resources", str(resources), "--full"]
        subprocess.run([*command, "--seed", "1", "--out", str(estate)], cwd=ROOT, check=True)
        calls = asyncio.run(_read(estate))
    groups = list(network_security_groups(PROWLER_GROUPS, seed=1))
    search_seldom()  # as the product does
    timed, theirs, skipped = list[_Timing](), list[dict[str, Any]](), None
    for _ in range(RUNS):
        timed.append(_measure(calls))
        if skipped is None:
            try:
                theirs.append(run_script(PEERS["prowler"], peers_folder(), _SCRIPT, groups))
            except PeerUnavailableError as error:
                skipped = str(error)
    best = min(timed, key=lambda one: one.seconds)
    rate = best.results / best.seconds
    figures = {
        "resources_in_estate": resources,
        "rules": best.rules,
        "rule_x_resource": best.results,
        "findings": best.findings,
        "seconds": round(best.seconds, 2),
        "per_second": round(rate),
    }
    if not theirs:
        return {**figures, "prowler": f"skipped: {skipped}"}
    peer = min(theirs, key=lambda one: float(one["seconds"]))
    peer_rate = peer["checks"] * peer["groups"] / peer["seconds"]
    prowler = {"version": peer["version"], "checks": peer["checks"], "per_second": round(peer_rate)}
    return {**figures, "prowler": prowler, "ratio": round(rate / peer_rate, 1)}


@dataclass(frozen=True, slots=True)
class _Call:
    """What one subscription or directory was related from."""

    scanner: Scanner
    scope: str
    projections: list[Projection]
    asked: Sequence[TypeCoverage]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class _Timing:
    rules: int
    results: int
    findings: int
    seconds: float


class _Recording:
    """A scanner that keeps what it relates."""

    def __init__(self, scanner: Scanner, calls: list[_Call]) -> None:
        self._scanner, self._calls = scanner, calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scanner, name)

    def relate(
        self,
        subscription_id: str,
        projections: Iterable[Projection],
        focus: Focus,
        asked: Sequence[TypeCoverage] = (),
        *,
        as_of: datetime,
    ) -> Related:
        """As `Scanner.relate`."""
        kept = list(projections)
        self._calls.append(_Call(self._scanner, subscription_id, kept, asked, as_of))
        return self._scanner.relate(subscription_id, kept, focus, asked, as_of=as_of)


class _Scanners:
    """`BuiltScanners`, recording."""

    def __init__(self, calls: list[_Call]) -> None:
        self._built, self._calls = BuiltScanners(opted_in=True), calls
        self.names = self._built.names

    def rules(self) -> Sequence[RuleMetadata]:
        """As `Scanners.rules`."""
        return self._built.rules()

    def of(self, request: ScanRequest) -> Any:
        """As `Scanners.of`."""
        found = self._built.of(request)
        return None if found is None else _Recording(found, self._calls)


async def _read(estate: Path) -> list[_Call]:
    """Scan an estate once; what its relations were given."""
    calls: list[_Call] = []
    with StandInProcess(estate) as serving:
        await serving.fail({})
        async with in_process(serving, scanners=_Scanners(calls)) as engine:
            await engine.scan(ScanType.FULL)
    return calls


def _measure(calls: Sequence[_Call]) -> _Timing:
    gc.collect()
    results = findings = 0
    began = time.process_time()
    for call in calls:
        related = call.scanner.relate(call.scope, call.projections, Focus(), call.asked, as_of=call.as_of)
        results += sum(one.tally.total() for one in related.outcomes.values())
        findings += len(related.observations)
    seconds = time.process_time() - began
    return _Timing(len(calls[0].scanner.rules()), results, findings, seconds)


if __name__ == "__main__":
    print(run())
