"""Estates for full scans: the landing zones of :mod:`samples.estate` with all that stands beside a network.

A furnished landing zone keeps its network as it is; its accounts, vaults, apps, servers, clusters and
registries get varied settings and children, and further data services stand beside them. Before the landing
zones come the tenant's directory and what is set on each subscription.
"""

from datetime import UTC, datetime
from random import Random

from samples import (
    assessments,
    database_controls,
    directory_controls,
    storage_controls,
    subscription_controls,
    vault_controls,
    web_controls,
)
from samples.arm import Resource, Scope
from samples.controls import Expectation, Furnishing
from samples.directory_controls import Directory

NOW = datetime(2026, 1, 15, tzinfo=UTC)
"""The day around which dates are laid unless another is given."""

_PEOPLE_PER_THOUSAND = 10
_APPS_PER_THOUSAND = 6
_MACHINE = "Microsoft.Compute/virtualMachines"
_ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
_SETTINGS = {
    "Microsoft.Web/sites": web_controls.furnish_site,
    "Microsoft.ContainerService/managedClusters": web_controls.furnish_cluster,
    "Microsoft.ContainerRegistry/registries": web_controls.furnish_registry,
}


def tenant(
    seed: int, resources: int, subscriptions: list[str], now: datetime
) -> tuple[Furnishing, Directory]:
    """The directory and what is set on the subscriptions (GUIDs) of an estate of about so many resources."""
    thousands = max(1, resources // 1000)
    rng = Random(f"{seed}:tenant")
    done, directory = directory_controls.furnish(
        _PEOPLE_PER_THOUSAND * thousands, _APPS_PER_THOUSAND * thousands, rng, now
    )
    for subscription in subscriptions:
        done.take(subscription_controls.furnish(subscription, rng))
        done.take(directory_controls.assignments(subscription, directory, rng))
    return done, directory


def furnish(
    resources: list[Resource], scope: Scope, label: str, directory: Directory, rng: Random, now: datetime
) -> Furnishing:
    """What is added to the resources of one landing zone, whose settings are varied in place."""
    done = assess(resources)
    for resource in list(resources):
        kind = resource["type"]
        if kind in _SETTINGS:
            done.take(_SETTINGS[kind](resource, rng))
        elif kind == storage_controls.KIND:
            done.take(storage_controls.furnish(resource, rng, now))
        elif kind == vault_controls.KIND:
            done.take(vault_controls.furnish(resource, rng, now))
        elif kind == database_controls.SQL:
            rules = [one for one in resources if one["id"].startswith(f"{resource['id']}/firewallRules/")]
            done.take(database_controls.furnish_sql(resource, rules, rng))
        elif kind == _ROLE_ASSIGNMENT:
            done.expectations += assign(resource, directory, rng)
    for share, build in (
        (0.1, database_controls.postgresql),
        (0.06, database_controls.mysql),
        (0.06, database_controls.cosmos),
        (0.06, database_controls.redis),
    ):
        if rng.random() < share:
            done.take(build(scope, f"{build.__name__}-{label}", rng))
    return done


def assess(resources: list[Resource]) -> Furnishing:
    """What Defender for Cloud says of the machines among these resources."""
    done = Furnishing.empty()
    for resource in resources:
        if resource["type"] == _MACHINE:
            done.take(assessments.of_machine(resource))
    return done


def assign(line: Resource, directory: Directory, rng: Random) -> list[Expectation]:
    """Give a role assignment to somebody of the directory; one in twelve stays with somebody long gone."""
    orphan = rng.random() < 0.08
    if not orphan:
        kind = line["properties"]["principalType"]
        known = {"User": directory.users, "Group": directory.groups}.get(kind, directory.principals)
        line["properties"]["principalId"] = rng.choice(known or directory.users)["properties"]["id"]
        if not known:
            line["properties"]["principalType"] = "User"
    disabled = line["properties"]["principalId"] in directory.disabled
    return [
        Expectation("rbac.orphaned_assignment", line["id"], not orphan),
        Expectation("rbac.disabled_accounts", line["id"], not disabled),
    ]
