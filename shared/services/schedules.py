"""Managing schedules: X-12."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from shared.domain.errors import ConflictError, InvalidRequestError, NotFoundError, Reason, UnavailableError
from shared.domain.ids import IdKind, make_id
from shared.domain.ncrontab import NcrontabError
from shared.domain.scan import ScanRequest
from shared.domain.schedules import BUILT_IN, MAX_SCHEDULES, Cadence, Schedule, zone_named
from shared.domain.timestamps import whole_second
from shared.ports.clock import Clock, TokenSource
from shared.ports.config_source import ConfigSource
from shared.ports.errors import AlreadyExistsError, MissingError, VersionConflictError
from shared.ports.schedule_store import ScheduleStore

_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """What a caller says of a schedule."""

    name: str
    cadence: Cadence
    scan: ScanRequest
    management_group: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """What a PATCH changes; None: as it is."""

    name: str | None = None
    cadence: Callable[[Cadence], Cadence] | None = None
    target: tuple[ScanRequest, str | None] | None = None
    """A scan request with its management group, if any."""
    enabled: bool | None = None


class Schedules:
    """Use cases of those who may start scans."""

    def __init__(
        self,
        store: ScheduleStore,
        config: ConfigSource,
        clock: Clock,
        tokens: TokenSource,
        check_scan: Callable[[ScanRequest], Awaitable[None]],
    ) -> None:
        """`check_scan` raises InvalidRequestError for what could not be started."""
        self._store = store
        self._check_scan = check_scan
        self._config = config
        self._clock = clock
        self._tokens = tokens

    async def create(self, draft: ScheduleDraft, by: str) -> Schedule:
        """Make a schedule; its first run is due at the first due time from now.

        Raises:
            InvalidRequestError: an expression, a zone or a combination that means nothing, or a scan of what
                nobody knows.
            ConflictError: there are MAX_SCHEDULES already.
        """
        _check(draft.cadence)
        await self._check_target(draft.scan, draft.management_group)
        if len(await self._store.all()) >= MAX_SCHEDULES:
            raise ConflictError(f"There are {MAX_SCHEDULES} schedules already")
        now = whole_second(self._clock.now())
        for number in range(_TRIES):
            tail = self._tokens.token(6) if number else ""
            schedule = Schedule(
                schedule_id=make_id(IdKind.SCHEDULE, now, tail),
                name=draft.name,
                cadence=draft.cadence,
                scan=draft.scan,
                management_group=draft.management_group,
                enabled=draft.enabled,
                created_at=now,
                created_by=by,
                anchor=now,
            ).armed(now)
            try:
                await self._store.insert(schedule)
            except AlreadyExistsError:
                continue
            return schedule
        raise UnavailableError("Too many schedules were made in this second. Try again.", retry_after=1)

    async def all(self) -> list[Schedule]:
        """Every schedule, the built-in one first, then newest first."""
        stored = [found.value for found in await self._store.all()]
        own = [one for one in stored if not one.built_in]
        return [await self._built_in([one for one in stored if one.built_in]), *own[::-1]]

    async def get(self, schedule_id: str) -> Schedule:
        """One schedule.

        Raises:
            NotFoundError: there is none of that id.
        """
        found = await self._store.get(schedule_id)
        if schedule_id == BUILT_IN:
            return await self._built_in([] if found is None else [found.value])
        if found is None:
            raise NotFoundError("Schedule not found")
        return found.value

    async def change(self, schedule_id: str, change: ScheduleChange) -> Schedule:
        """Change members. Another cadence, or switching it on, counts due times from now.

        Raises:
            NotFoundError, InvalidRequestError: as above.
            ConflictError: the built-in one has its interval from the configuration.
        """
        if change.target is not None:
            await self._check_target(*change.target)
        if schedule_id == BUILT_IN:
            await self._ensure_built_in()
        now = whole_second(self._clock.now())

        def changed(stored: Schedule) -> Schedule:
            members: dict[str, object] = {}
            if change.name is not None:
                members["name"] = change.name
            if change.enabled is not None:
                members["enabled"] = change.enabled
            if change.target is not None:
                members["scan"], members["management_group"] = change.target
            if change.cadence is not None:
                cadence = change.cadence(stored.cadence)
                _check(cadence)
                if stored.built_in and (cadence.cron, cadence.interval_minutes) != (
                    None,
                    stored.cadence.interval_minutes,
                ):
                    raise ConflictError("The interval of the built-in schedule is that of the configuration")
                members["cadence"] = cadence
            new = stored.model_copy(update=members)
            rearm = new.cadence != stored.cadence or new.enabled != stored.enabled
            return new.armed(now) if rearm else new

        return await self._replace(schedule_id, changed)

    async def delete(self, schedule_id: str) -> None:
        """Remove a schedule; a scan that it started goes on.

        Raises:
            NotFoundError: there is none of that id.
            ConflictError: the built-in one can be switched off only.
        """
        if schedule_id == BUILT_IN:
            raise ConflictError("The built-in schedule can be switched off, not removed")
        await self.get(schedule_id)
        await self._store.delete(schedule_id)

    async def _built_in(self, stored: list[Schedule]) -> Schedule:
        """The stored one, else what it would be; with today's interval."""
        minutes = await self._config.scan_interval_minutes()
        now = whole_second(self._clock.now())
        schedule = (
            stored[0]
            if stored
            else Schedule(
                schedule_id=BUILT_IN,
                name="Built-in schedule",
                cadence=Cadence(interval_minutes=minutes),
                scan=ScanRequest(),
                enabled=False,
                created_at=now,
                created_by="service",
                anchor=now,
            )
        )
        cadence = schedule.cadence.model_copy(update={"interval_minutes": minutes})
        return schedule.model_copy(update={"cadence": cadence})

    async def _check_target(self, request: ScanRequest, management_group: str | None) -> None:
        """Refuse a scan that no run could start; whether a management group is there shows at the run."""
        if management_group is not None:
            request = request.model_copy(update={"subscriptions": (management_group,)})
        try:
            await self._check_scan(request)
        except InvalidRequestError as error:
            found = [replace(one, field=f"scan.{one.field}") for one in error.errors]
            raise InvalidRequestError(found) from error

    async def _ensure_built_in(self) -> None:
        if await self._store.get(BUILT_IN) is None:
            try:
                await self._store.insert(await self._built_in([]))
            except AlreadyExistsError:
                return

    async def _replace(self, schedule_id: str, change: Callable[[Schedule], Schedule]) -> Schedule:
        for _ in range(_TRIES):
            found = await self._store.get(schedule_id)
            if found is None:
                raise NotFoundError("Schedule not found")
            try:
                return (await self._store.replace(change(found.value), found.etag)).value
            except VersionConflictError:
                continue
            except MissingError as error:
                raise NotFoundError("Schedule not found") from error
        raise UnavailableError("The schedule is being changed by others. Try again.", retry_after=1)


def _check(cadence: Cadence) -> None:
    """Refuse a cadence that could never be computed.

    Raises:
        InvalidRequestError: naming the field at fault.
    """
    if (cadence.cron is None) == (cadence.interval_minutes is None):
        reason = Reason.MISSING if cadence.cron is None else Reason.MUTUALLY_EXCLUSIVE
        raise InvalidRequestError.of("cron", reason, "Give either cron or interval_minutes")
    try:
        zone_named(cadence.time_zone)
    except ValueError as error:
        message = "Time zone must be a name of the IANA database, such as Europe/Berlin"
        raise InvalidRequestError.of("time_zone", Reason.INVALID_VALUE, message) from error
    try:
        ever_due = cadence.ever_due()
    except NcrontabError as error:
        raise InvalidRequestError.of("cron", Reason.INVALID_FORMAT, f"Cron: {error}") from error
    if not ever_due:
        raise InvalidRequestError.of("cron", Reason.INVALID_VALUE, "Cron must name a time that exists")
