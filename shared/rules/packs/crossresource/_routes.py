"""Rules about where the attack paths of a workload end."""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.attack_path import AttackPath
from shared.domain.exposure import Verdict
from shared.rules.access.certainty import Certainty, certainty_of
from shared.rules.access.store_kinds import KINDS, VAULT
from shared.rules.access.vault_references import REFERENCE
from shared.rules.access.workloads import SITE, WORKLOAD_PATHS
from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.estate import Aim, Estate, Routes
from shared.rules.packs.crossresource._reached import as_sure, entries_to
from shared.rules.property_rule import judged, resource_finding
from shared.rules.resources import ResourceColumns

Say = Callable[[ResourceColumns, AttackPath, int], str]


def judge_routes(
    metadata: RuleMetadata, resource: ResourceColumns, estate: Estate, aim: Aim, say: Say
) -> RuleResult:
    """The workload is beyond the internet's reach, or leads to nothing of this kind.

    A path that rests on something unread (other than the way in, whose own verdict is said) is no finding but
    an error: it could not be looked at. So is the absence of a path where its end, or a step to it, may be
    among what was not read.
    """
    workload = estate.workloads[resource.key]
    if not workload.identities and workload.unread is None:
        return RuleResult(metadata.rule_id, resource.id, RuleStatus.NOT_APPLICABLE)
    entries = entries_to(resource, estate)
    if not entries:
        return judged(metadata, resource.id, ())
    routes = estate.routes.get((resource.key, aim), Routes())
    doubt = workload.unread or estate.grants.doubt or _unread_step(routes.unread)
    worst = routes.path
    if worst is None:
        return judged(metadata, resource.id, (), doubt or _unseen(resource, estate, aim))
    evidence = {
        "entry_point": worst.entry_point,
        "targets_total": routes.found,
        "targets": list(routes.targets),
        "path": [one.words for one in worst.steps],
        "facts": [one.fact for one in worst.steps],
    }
    finding = resource_finding(metadata, resource.id, say(resource, worst, routes.found), evidence)
    certainty = certainty_of(worst.verdict) or Certainty.READ
    return judged(metadata, resource.id, [as_sure(finding, certainty)], doubt)


def _unseen(resource: ResourceColumns, estate: Estate, aim: Aim) -> str | None:
    """Why a path may be there unseen: workloads, what they lead to, or secrets in settings were not read."""
    if aim is Aim.VAULTS and resource.type == SITE:
        unlisted = estate.resources.unlisted(REFERENCE, resource.id)
        if unlisted is not None:
            return unlisted
    ends = [kind for kind in KINDS if (kind == VAULT) == (aim is Aim.VAULTS)]
    doubts = (estate.resources.doubt(kind) for kind in (*ends, *WORKLOAD_PATHS))
    return next((one for one in doubts if one is not None), None)


def _unread_step(path: AttackPath | None) -> str | None:
    """Why a step behind the first could not be looked at."""
    for step in path.steps[1:] if path is not None else ():
        if step.verdict is Verdict.UNVERIFIED:
            return f"{step.words}: {step.note}" if step.note else step.words
    return None
