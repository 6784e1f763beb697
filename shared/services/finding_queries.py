"""Reading findings: today's records, one for each problem."""

from __future__ import annotations

from shared.domain.errors import NotFoundError
from shared.domain.finding import Finding
from shared.domain.finding_filter import FindingFilter
from shared.domain.ids import IdKind, is_id
from shared.domain.page import FilteredPage, PageRequest
from shared.ports.stores import FindingStore


class FindingQueries:
    """Lists and single records, newest first by (detected_at, id)."""

    def __init__(self, findings: FindingStore) -> None:
        self._findings = findings

    async def get(self, finding_id: str) -> Finding:
        """One record.

        Raises:
            NotFoundError: no such finding, or the text is no finding id.
        """
        stored = await self._findings.get(finding_id) if is_id(IdKind.FINDING, finding_id) else None
        if stored is None:
            raise NotFoundError("Finding not found")
        return stored.value

    async def page(self, request: PageRequest, where: FindingFilter) -> FilteredPage[Finding]:
        """One page of the records that match."""
        return await self._findings.page(request, where)
