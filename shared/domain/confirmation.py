"""What Azure itself says of an exposure: confirmed, contradicted, or why it could not be asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class ConfirmationResult(StrEnum):
    """How Azure's word compares with ours."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    NOT_CONFIRMABLE = "not_confirmable"


class Witness(StrEnum):
    """Which of Azure's answers it is (Microsoft Learn, "IP flow verify overview", "Effective security rules
    overview")."""

    IP_FLOW_VERIFY = "ip_flow_verify"
    EFFECTIVE_SECURITY_RULES = "effective_security_rules"

    @property
    def words(self) -> str:
        """Its name in a sentence."""
        return {"ip_flow_verify": "IP flow verify"}.get(self.value, "the effective security rules")


class Confirmation(BaseModel):
    """Azure's word on an exposure. `by` is None where no answer came or none was asked for."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    result: ConfirmationResult
    by: Witness | None = None
    at: datetime
    reason: str = Field(description="what was asked and answered, or why nothing could be, in words")


def of_all(answers: Sequence[Confirmation], *, all_asked: bool) -> Confirmation:
    """The word on a finding that stands on several paths: one confirmed path confirms it.

    It is contradicted only where every path was asked about and every answer contradicts.

    Args:
        answers: at least one.
        all_asked: whether there is no further path.
    """
    for answer in answers:
        if answer.result is ConfirmationResult.CONFIRMED:
            return answer
    open_ones = [one for one in answers if one.result is ConfirmationResult.NOT_CONFIRMABLE]
    if open_ones:
        return open_ones[0]
    if all_asked:
        return answers[0]
    return Confirmation(
        result=ConfirmationResult.NOT_CONFIRMABLE,
        by=answers[0].by,
        at=answers[0].at,
        reason=f"Not every path was asked about. Of one: {answers[0].reason}",
    )
