"""What `custom_rules` of a scan request may name (contract B.ScanRequest): rules that the scan's type runs.

Only the named rules run then. A rule that is unknown, or that the scan would not run, is refused: it would
have no effect.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from shared.domain.errors import InvalidRequestError, Reason
from shared.domain.scan import ScanRequest
from shared.scanners.base import Scanners

_NAMED: Final = 5
"""Rules that a refusal names."""


def check_custom_rules(scanners: Scanners, request: ScanRequest) -> None:
    """Refuse rules that the scan cannot run.

    Raises:
        InvalidRequestError: an id that no rule of this build has, or of a rule that a scan of this type, with
            these frameworks, does not run.
    """
    if not request.custom_rules:
        return
    known = {rule.rule_id for rule in scanners.rules()}
    unknown = [one for one in request.custom_rules if one not in known]
    if unknown:
        raise _refused("must be ids of known rules", unknown)
    scanner = scanners.of(request.model_copy(update={"custom_rules": ()}))
    run = {rule.rule_id for rule in scanner.rules()} if scanner is not None else set()
    foreign = [one for one in request.custom_rules if one not in run]
    if foreign:
        frameworks = ", ".join(request.compliance_frameworks)
        of = f"{request.scan_type.value} scan" + (f" of {frameworks}" if frameworks else "")
        raise _refused(f"must be rules that a {of} runs", foreign)


def _refused(expected: str, rules: Iterable[str]) -> InvalidRequestError:
    named = list(rules)
    shown = ", ".join(named[:_NAMED]) + (f" and {len(named) - _NAMED} more" if len(named) > _NAMED else "")
    return InvalidRequestError.of(
        "custom_rules", Reason.INVALID_VALUE, f"Custom rules {expected}; these are not: {shown}"
    )
