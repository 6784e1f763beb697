"""Security settings of resources, planted in a secure or a weak variant and read back by their own eyes.

A :class:`Setting` says how one catalogue rule's two variants are written into a resource. What was written is
an :class:`Expectation`; :mod:`samples.control_readers` looks at the finished resources and must agree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from samples.arm import Resource

ABSENT: Any = object()
"""The variant in which the property is not there."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Both variants of one rule's setting. `path` is dotted, from the top of the resource (`sku.name`)."""

    rule_id: str
    path: str
    secure: Any
    weak: Any
    share: float
    """Share of resources that get the weak variant."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a planting means one rule to say of one resource. `as_of`: the verdict holds at that time only."""

    rule_id: str
    resource_id: str
    passes: bool
    as_of: str | None = None


def put(resource: Resource, path: str, value: Any) -> None:
    """Write a value under a dotted path, or take it away with `ABSENT`."""
    *parents, last = path.split(".")
    place = resource
    for parent in parents:
        place = place.setdefault(parent, {})
    if value is ABSENT:
        place.pop(last, None)
    else:
        place[last] = value


def own_draws(resource: Resource, purpose: str) -> Random:
    """Chance of this resource's own: what it decides shifts nobody else's draws."""
    return Random(f"{resource['id']}:{purpose}")


def vary(
    resource: Resource, settings: Iterable[Setting], rng: Random, *, owner: Resource | None = None
) -> list[Expectation]:
    """Give `resource` each setting in one of its variants; what was meant by it.

    With `owner` the rules speak of that resource: a singleton's settings (`blobServices/default`) are its
    owner's.
    """
    subject = resource if owner is None else owner
    meant = []
    for setting in settings:
        weak = rng.random() < setting.share
        put(resource, setting.path, setting.weak if weak else setting.secure)
        meant.append(Expectation(setting.rule_id, subject["id"], not weak))
    return meant


@dataclass
class Furnishing:
    """Resources added to an estate beside its network, and what is meant by them."""

    resources: list[Resource]
    expectations: list[Expectation]

    @classmethod
    def empty(cls) -> "Furnishing":
        """Nothing yet."""
        return cls([], [])

    def add(
        self,
        resource: Resource,
        settings: Sequence[Setting] = (),
        rng: Random | None = None,
        *,
        owner: Resource | None = None,
    ) -> Resource:
        """Put a resource in, with `settings` varied by `rng`; `owner` as of :func:`vary`."""
        self.resources.append(resource)
        if rng is not None:
            self.expectations += vary(resource, settings, rng, owner=owner)
        return resource

    def take(self, other: "Furnishing") -> None:
        """Put in what another has."""
        self.resources += other.resources
        self.expectations += other.expectations

    def expect(self, rule_id: str, resource: Resource | str, passes: bool, as_of: str | None = None) -> None:
        """Note what a rule has to say of a resource, or of an id such as a subscription's."""
        resource_id = resource if isinstance(resource, str) else resource["id"]
        self.expectations.append(Expectation(rule_id, resource_id, passes, as_of))


def child(parent: Resource | str, kind: str, name: str, properties: dict[str, Any]) -> Resource:
    """A child resource; `kind` is its whole type, whose last segment stands in the id."""
    parent_id = parent if isinstance(parent, str) else parent["id"]
    return {
        "id": f"{parent_id}/{kind.rsplit('/', 1)[-1]}/{name}",
        "name": name,
        "type": kind,
        "properties": properties,
    }


def extension(scope: Resource | str, kind: str, name: str, properties: dict[str, Any]) -> Resource:
    """An extension resource of a scope: a resource, a group, a subscription, or "" for the tenant."""
    scope_id = scope if isinstance(scope, str) else scope["id"]
    return {"id": f"{scope_id}/providers/{kind}/{name}", "name": name, "type": kind, "properties": properties}
