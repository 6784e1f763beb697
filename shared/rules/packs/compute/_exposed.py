"""Machines whose extensions or user data hold secrets in the clear."""

from __future__ import annotations

from typing import Final

from shared.rules.base import RuleMetadata, RuleResult
from shared.rules.columns import ColumnError, Fact, read_fact
from shared.rules.packs.compute._machines import MACHINE
from shared.rules.packs.compute._secrets import in_extension, in_user_data
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns, SubscriptionResources

EXTENSION: Final = "microsoft.compute/virtualmachines/extensions"

_IN_SETTINGS: Final = "secrets_in_settings"
_IN_USER_DATA: Final = "secrets_in_user_data"
FACTS: Final = (
    Fact(_IN_SETTINGS, EXTENSION, in_extension),
    Fact(_IN_USER_DATA, MACHINE, in_user_data),
)


def judge_secrets(
    metadata: RuleMetadata, machine: ResourceColumns, resources: SubscriptionResources
) -> RuleResult:
    """Neither an extension of the machine nor its user data (where it was read) holds a secret."""
    findings, doubts = [], []
    looked_at = [(machine, _IN_USER_DATA)]
    try:
        looked_at += [(one, _IN_SETTINGS) for one in resources.children(EXTENSION, machine.id)]
    except ColumnError as error:
        doubts.append(str(error))
    for one, fact in looked_at:
        try:
            exposed = read_fact(one.columns, fact)
        except ColumnError as error:
            doubts.append(f"{one.name}: {error}")
            continue
        if exposed:
            places = ", ".join(f"{each['where']} ({each['kind']})" for each in exposed[:3])
            whose = machine.name if one is machine else f"extension {one.name} of {machine.name}"
            words = f"{whose} holds what looks like a secret: {places}"[:400]
            evidence = {"exposed": exposed}
            findings.append(resource_finding(metadata, machine.id, words, evidence, subject=one.id))
    return judged(metadata, machine.id, findings, doubts[0] if doubts else None)
