"""A scanner small enough to know every right answer: a resource marked `bad` is one finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.domain.coverage import CoverageStatus, ReadFailure, TypeCoverage
from shared.domain.finding import Observation, pack_evidence
from shared.domain.plan_record import Reading
from shared.domain.reading import DIRECTORY_TYPE, SUBSCRIPTION_TYPE, Listing, Source
from shared.domain.resource import UnreadableResourceError, parse_row
from shared.domain.scan import ScanRequest
from shared.domain.severity import Severity
from shared.ports.reads import AzureReads
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.scanners.base import Collected, Focus, Projection, Related, Scanner
from shared.scanners.details import DetailOrder, asked_of
from shared.scanners.needs import Need, needs_of
from shared.scanners.wanted import WANTED

TYPE = "microsoft.network/networksecuritygroups"
MARK = f"{TYPE}/marks"
RULE = "network.test.bad"


def metadata() -> RuleMetadata:
    return RuleMetadata(
        rule_id=RULE,
        title="Nothing is marked bad",
        finding_title="Marked bad",
        description="A mark for tests.",
        severity=Severity.HIGH,
        risk_score=50,
        resource_type=TYPE,
        reads=(TYPE,),
        references=("https://example.com",),
        remediation_steps=("Take the mark away",),
        auto_remediable=False,
    )


class ProbeScanner:
    """Sees the mark in the row itself; or `below` it, in a detail that is read one by one.

    `wide`: it also reads subscriptions and directories as a whole, and finds nothing there.
    """

    names = ("network",)
    types: tuple[str, ...] = (TYPE,)

    def __init__(self, *, below: bool = False, wide: bool = False) -> None:
        self.below = below
        self.wide = wide

    def __repr__(self) -> str:
        return f"{type(self).__name__}(below={self.below}, wide={self.wide})"

    @property
    def listings(self) -> tuple[Listing, ...]:
        rows = Listing(source=Source.RESOURCES, types=self.types)
        if not self.wide:
            return (rows,)
        subscriptions = Listing(source=Source.SCOPE, types=(SUBSCRIPTION_TYPE,))
        directories = Listing(source=Source.SCOPE, types=(DIRECTORY_TYPE,), directory=True)
        return (subscriptions, rows, directories)

    @property
    def reading(self) -> Reading:
        scopes = (SUBSCRIPTION_TYPE,) if self.wide else ()
        derived = {MARK: self.types} if self.below else {}
        directory = (DIRECTORY_TYPE,) if self.wide else ()
        return Reading((*self.types, *scopes, *derived), directory, derived)

    def needs(self) -> Sequence[Need]:
        return needs_of(self.reading, (), self.rules())

    def details(self, rows: Iterable[Any], focus: Focus) -> list[DetailOrder]:
        if not self.below:
            return []
        orders = []
        for row in rows:
            try:
                one = parse_row(row)
            except UnreadableResourceError:
                continue
            if focus.expects(one.subscription_id) and one.type in self.types:
                parent = {"id": one.id, "bad": bool(one.properties.get("bad"))}
                orders.append(DetailOrder("mark", (MARK,), one.subscription_id, parent))
        return orders

    async def read_details(
        self, orders: Sequence[DetailOrder], focus: Focus, reads: AzureReads, *, last: bool = False
    ) -> Collected:
        assert self.below, "nothing was ordered"
        collected = Collected()
        for order in orders:
            collected.projections.setdefault(order.scope_id, []).append(order.parent)
        collected.types = [one.model_copy(update={"read": one.asked}) for one in asked_of(orders)]
        return collected

    def rules(self) -> Sequence[RuleMetadata]:
        return [metadata()]

    def collect(self, rows: Iterable[Any], focus: Focus) -> Collected:
        collected, read, failed = Collected(), Counter[str](), Counter[str]()
        for row in rows:
            if isinstance(row, dict) and row.get("type") in (SUBSCRIPTION_TYPE, DIRECTORY_TYPE):
                continue
            try:
                one = parse_row(row)
                if not focus.expects(one.subscription_id):
                    raise UnreadableResourceError("not asked for", one.id, one.type)
            except UnreadableResourceError as error:
                collected.failures.append(
                    ReadFailure(resource_id=error.resource_id, type=error.type, reason=error.reason)
                )
                if error.resource_id and focus.expects(error.resource_id.split("/")[2]):
                    failed[error.resource_id.split("/")[2]] += 1
                continue
            projection = {"id": one.id, "bad": None if self.below else bool(one.properties.get("bad"))}
            collected.projections.setdefault(one.subscription_id, []).append(projection)
            collected.resources_read += 1
            read[one.subscription_id] += 1
        collected.types = [
            TypeCoverage(
                subscription_id=subscription,
                type=TYPE,
                status=CoverageStatus.READ,
                asked=read[subscription] + failed[subscription],
                read=read[subscription],
                failed=failed[subscription],
            )
            for subscription in {*read, *failed}
        ]
        return collected

    def relate(
        self,
        subscription_id: str,
        projections: Iterable[Projection],
        focus: Focus,
        asked: Sequence[TypeCoverage] = (),
        *,
        as_of: datetime,
        borrowed: Sequence[Projection] = (),
    ) -> Related:
        related = Related()
        related.take(
            self.rules()[0].rule_id, map(self.judged, (one for one in projections if one["bad"] is not None))
        )
        return related

    def foreign(self, subscription_id: str, projections: Iterable[Projection]) -> frozenset[str]:
        return frozenset()

    def lent(self, projections: Iterable[Projection], wanted: frozenset[str]) -> list[Projection]:
        return []

    def judged(self, projection: Projection) -> RuleResult:
        """The rule's word on one resource."""
        found = (observation(projection["id"]),) if projection["bad"] else ()
        return RuleResult(RULE, projection["id"], RuleStatus.FAIL if found else RuleStatus.PASS, found)


class Only:
    """A build with one scanner."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._scanner.names)

    def rules(self) -> Sequence[RuleMetadata]:
        return self._scanner.rules()

    def of(self, request: ScanRequest, expiring_within: timedelta | None = None) -> Scanner | None:
        return self._scanner if set(WANTED[request.scan_type]) & self.names else None


def observation(resource_id: str) -> Observation:
    return Observation(
        rule_id=RULE,
        resource_id=resource_id,
        evaluated_id=resource_id,
        subscription_id=resource_id.split("/")[2],
        resource_group=resource_id.split("/")[4],
        resource_name=resource_id.rsplit("/", 1)[1],
        resource_type="NETWORK_SECURITY_GROUP",
        severity=Severity.HIGH,
        title="Marked bad",
        description="Marked bad",
        risk_score=50,
        auto_remediable=False,
        remediation_steps=("Take the mark away",),
        packed_evidence=pack_evidence({}, resource_id, resource_id),
    )


def resource(subscription: str, number: int, *, bad: bool) -> dict[str, Any]:
    name = f"nsg-{number:04d}"
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/rg/providers/"
        f"Microsoft.Network/networkSecurityGroups/{name}",
        "name": name,
        "type": "Microsoft.Network/networkSecurityGroups",
        "location": "westeurope",
        "properties": {"bad": bad},
    }
