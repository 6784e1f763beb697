"""Starting a scan: the row first, then its messages; without its messages no row stays behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from shared.domain.errors import InvalidRequestError, Reason, UnavailableError
from shared.domain.ids import IdKind, id_time, make_id
from shared.domain.principal import Principal
from shared.domain.scan import Scan, ScanRequest
from shared.domain.timestamps import whole_second
from shared.frameworks.registry import frameworks
from shared.ports.errors import AlreadyExistsError, BrokerUnavailableError
from shared.services.custom_rules import check_custom_rules
from shared.services.engine import Engine
from shared.services.expected_duration import expected_duration
from shared.services.messages import check_message, plan_message

DEFAULT_ENVIRONMENT: Final = "default"
"""Environment of a scan that names a subscription which no configured environment lists."""

EVERYTHING: Final = "production"
"""Means every readable subscription while it is not configured (contract, A.ScanRequest)."""

_ID_TRIES: Final = 8


Environments = Callable[[], Awaitable[Mapping[str, tuple[str, ...]]]]
"""Every environment that has a meaning now: name -> subscription ids."""


ExpiringDays = Callable[[], Awaitable[int | None]]
"""Within how many days something is expiring soon; None where only the settings say so."""


async def as_set() -> None:
    """`ExpiringDays` where nobody configured any."""


class StartScan:
    """Use case behind A-01, A-02 and B-01."""

    def __init__(
        self, engine: Engine, environments: Environments, expiring_days: ExpiringDays = as_set
    ) -> None:
        self._engine = engine
        self._environments = environments
        self._expiring_days = expiring_days

    async def check(self, request: ScanRequest) -> None:
        """Whether it could be started as things are now.

        Raises:
            InvalidRequestError: see `start`.
        """
        await self._checked(request)

    async def _checked(self, request: ScanRequest) -> ScanRequest:
        request = _placed(request, await self._environments())
        check_custom_rules(self._engine.scanners, request)
        _check_frameworks(request)
        return request

    async def start(self, request: ScanRequest, principal: Principal, scan_id: str | None = None) -> Scan:
        """Begin a scan. With a `scan_id`, one that is there already is left to whoever began it.

        Raises:
            InvalidRequestError: an environment, a rule or a framework that nobody knows.
            UnavailableError: the broker does not take the first message; nothing is left behind.
        """
        request = await self._checked(request)
        engine = self._engine
        now = whole_second(engine.clock.now()) if scan_id is None else id_time(scan_id)
        scan = Scan(
            scan_id="",
            request=request,
            created_at=now,
            estimated_completion=now + await expected_duration(engine.scans, request),
            requested_by=principal.id,
            expiring_days=await self._expiring_days(),
        )
        if scan_id is None:
            scan = await self._insert(scan)
        else:
            scan = scan.model_copy(update={"scan_id": scan_id})
            try:
                await engine.scans.insert(scan)
            except AlreadyExistsError:
                stored = await engine.scans.get(scan_id)
                return scan if stored is None else stored.value
        try:
            await engine.messenger.send([plan_message(scan, 0), check_message(scan, 0, engine.pace.shortest)])
        except BrokerUnavailableError as error:
            # Under a given id others may count on it by now; the sweeper sends its messages again.
            if scan_id is None:
                await engine.scans.delete(scan.scan_id)
            raise UnavailableError("The message broker does not answer. Try again later.") from error
        return scan

    async def _insert(self, scan: Scan) -> Scan:
        """Insert under the bare id of the second; with a tail where that is taken (contract C-06)."""
        for number in range(_ID_TRIES):
            tail = self._engine.tokens.token(6) if number else ""
            named = scan.model_copy(update={"scan_id": make_id(IdKind.SCAN, scan.created_at, tail)})
            try:
                await self._engine.scans.insert(named)
            except AlreadyExistsError:
                continue
            return named
        raise UnavailableError("Too many scans were started in this second. Try again.", retry_after=1)


def _placed(request: ScanRequest, environments: Mapping[str, tuple[str, ...]]) -> ScanRequest:
    """The request with its environment and subscriptions made definite."""
    name = request.environment
    if request.subscriptions is None:
        if name in environments:
            if not environments[name]:
                raise _refused("Environment has no subscriptions")
            return request.model_copy(update={"subscriptions": environments[name]})
        if name == EVERYTHING:
            return request
        raise _refused("Environment is not configured")
    if name not in (DEFAULT_ENVIRONMENT, EVERYTHING) and name not in environments:
        raise _refused("Environment is not configured")
    if name == DEFAULT_ENVIRONMENT:
        wanted = {one.lower() for one in request.subscriptions}
        for environment, members in environments.items():
            if wanted <= {one.lower() for one in members}:
                return request.model_copy(update={"environment": environment})
    return request


def _refused(requirement: str) -> InvalidRequestError:
    return InvalidRequestError.of("environment", Reason.INVALID_VALUE, requirement)


def _check_frameworks(request: ScanRequest) -> None:
    unknown = [name for name in request.compliance_frameworks if name not in frameworks()]
    if unknown:
        raise InvalidRequestError.of(
            "compliance_frameworks",
            Reason.INVALID_VALUE,
            f"Compliance frameworks must be ids of known ones; these are not: {', '.join(unknown[:10])}",
        )
