"""Azure's own word on critical exposures: a few packets of each subscription, within a time.

It never fails a shard: whatever goes wrong makes a finding `not_confirmable`, with the reason. What Azure
answered is kept beside the scan before it is used, so that a shard that runs again says the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Final

from shared.domain.confirmation import Confirmation, ConfirmationResult
from shared.domain.plan import Shard
from shared.domain.probe import Probe
from shared.ports.errors import MissingError
from shared.scanners.base import Confirmable, Related
from shared.services.confirmed import with_confirmations
from shared.services.engine import ConfirmationLimits, Engine
from shared.services.page_blobs import get_rows, put_rows

log = logging.getLogger(__name__)

_AT_ONCE: Final = 4
_SHARE_OF_AN_ANSWER: Final = 1 / 3
"""Of the whole time: what one answer may take, so that a second one can still be heard."""
NOT_ASKED: Final = "Azure was not asked: the packets of a scan are used up."
TOO_LATE: Final = "Azure gave no answer within {seconds:g} s."


class ConfirmExposures:
    """Asks Azure about the critical findings of one subscription."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def confirm(self, shard: Shard, related: Related) -> None:
        """Write Azure's word into findings and exposures, where the build asks for it.

        Raises:
            PortError: storage is away.
        """
        limits = self._engine.confirm
        if limits is None or not related.confirmable:
            return
        answers = await self._kept(shard)
        if answers is None:
            probes = _packets(related.confirmable)[: shard.confirmations]
            answers = await self._ask(probes, shard, limits)
            rows = [[key, one.model_dump(mode="json")] for key, one in answers.items()]
            await put_rows(self._engine.blobs, _blob(shard), rows)
        with_confirmations(related, answers, self._none(NOT_ASKED))

    async def _kept(self, shard: Shard) -> dict[str, Confirmation] | None:
        """What an earlier run of the shard was told; None when there was none."""
        try:
            rows = await get_rows(self._engine.blobs, _blob(shard))
            return {key: Confirmation.model_validate(one) for key, one in rows}
        except MissingError:
            return None
        except (ValueError, TypeError) as error:
            log.warning("answers kept for shard %s cannot be read: %s", shard.shard_id, error)
            return None

    async def _ask(
        self, probes: Sequence[Probe], shard: Shard, limits: ConfirmationLimits
    ) -> dict[str, Confirmation]:
        seconds = limits.seconds * _SHARE_OF_AN_ANSWER
        # Brings the whole exposure engine in, which only workers need.
        from shared.services.azure_witness import AzureWitness  # noqa: PLC0415

        witness = AzureWitness(self._engine.reads, shard.subscription_id or "", seconds)
        gate = asyncio.Semaphore(_AT_ONCE)

        async def answered(probe: Probe) -> Confirmation:
            async with gate:
                try:
                    found = await witness.on(probe)
                except Exception as error:
                    log.exception("asking about %s failed", probe.interface)
                    return self._none(f"Asking failed: {type(error).__name__}.")
                at = self._engine.clock.now()
                return Confirmation(result=found.result, by=found.by, at=at, reason=found.reason)

        tasks = {probe: asyncio.create_task(answered(probe)) for probe in probes}
        try:
            if tasks:
                await asyncio.wait(tasks.values(), timeout=limits.seconds)
            late = self._none(TOO_LATE.format(seconds=limits.seconds))
            return {probe.key: task.result() if task.done() else late for probe, task in tasks.items()}
        finally:
            witness.close()
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    def _none(self, reason: str) -> Confirmation:
        at = self._engine.clock.now()
        return Confirmation(result=ConfirmationResult.NOT_CONFIRMABLE, at=at, reason=reason)


def _packets(findings: Sequence[Confirmable]) -> list[Probe]:
    """One packet of each finding, then a second one of each..., each packet once."""
    by_turn = zip_longest(*([one for one in each.paths if isinstance(one, Probe)] for each in findings))
    told: Mapping[str, Probe] = {one.key: one for turn in by_turn for one in turn if one is not None}
    return list(told.values())


def _blob(shard: Shard) -> str:
    return f"{shard.scan_id}/confirmations/{shard.shard_id}.json.z"
