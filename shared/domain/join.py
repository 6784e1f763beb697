"""The join: what a scan needs next, decided from its plan's keys alone. Pure; called by every check.

Nothing is counted up: a stage is over when every planned shard has a marker, however often and in whatever
order messages arrived. What stood still for too long is named for sending again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.plan import PlanDigest, ShardStage
from shared.domain.scan import CheckState, Scan


class Step(StrEnum):
    """What to do now."""

    WAIT = "wait"
    RELATE = "relate"
    FINALIZE = "finalize"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to check, and when to call something stuck."""

    shortest: timedelta = timedelta(seconds=0.1)
    longest: timedelta = timedelta(seconds=30)
    stall: timedelta = timedelta(seconds=120)
    """How long nothing has come, neither progress nor a sign of life from work on a shard."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The next step, what to send again first, the delay to the next check, and the check's new state."""

    step: Step
    resend_plan: bool
    resend_shards: tuple[str, ...]
    delay: timedelta
    check: CheckState


def decide(scan: Scan, digest: PlanDigest, number: int, now: datetime, pace: Pace) -> Decision:
    """Decide at check `number` of a scan that is not terminal."""
    waiting = tuple(digest.waiting)
    pages = 0 if digest.last_page is None else digest.last_page + 1
    progress = (pages, len(digest.shards), len(digest.shards) - len(waiting))
    since = scan.check.progress_at or scan.created_at
    moved = progress != scan.check.progress or scan.check.progress_at is None
    nudges = 0 if moved else scan.check.nudges
    # Twice as patient each time: a shard that is merely slow is not sent again and again beside itself.
    # While anybody works, what waits is taken to wait its turn: a lost message is found once all are silent.
    alive = max(since, digest.worked_at or since)
    stalled = not moved and now - alive >= pace.stall * 2**nudges
    step = _step(digest, waiting)
    check = CheckState(
        number=number + 1,
        checked_at=now,
        progress_at=now if moved or stalled else since,
        progress=progress,
        nudges=nudges + int(stalled),
    )
    return Decision(
        step=step,
        resend_plan=stalled and not digest.collected,
        resend_shards=waiting if stalled else (),
        delay=_delay(now - (scan.created_at if scan.run == 1 else since), pace),
        check=check,
    )


def _step(digest: PlanDigest, waiting: tuple[str, ...]) -> Step:
    if not digest.collected or any(digest.shards[shard] is ShardStage.COLLECT for shard in waiting):
        return Step.WAIT
    if not digest.planned:
        return Step.RELATE
    return Step.WAIT if waiting else Step.FINALIZE


def _delay(elapsed: timedelta, pace: Pace) -> timedelta:
    """A tenth of the scan's age so far: the join adds at most that to any stage."""
    return min(pace.longest, max(pace.shortest, elapsed / 10))
