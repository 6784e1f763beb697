"""The frameworks of this build, loaded at first use, and which controls each rule speaks to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from shared.frameworks.loading import load_frameworks
from shared.frameworks.model import ControlReference, Framework


@cache
def frameworks() -> Mapping[str, Framework]:
    """Every framework by id, in order of the ids.

    Raises:
        FrameworkDataError: the data are not valid.
    """
    return MappingProxyType(load_frameworks())


@cache
def current() -> tuple[str, ...]:
    """Ids of the frameworks of posture, unless a scan asks for others: each in its latest version."""
    return tuple(one.id for one in frameworks().values() if one.superseded_by is None)


def references(rule_id: str) -> tuple[ControlReference, ...]:
    """The controls that a rule speaks to, in order of frameworks and controls."""
    return _references().get(rule_id, ())


@cache
def rules_of(framework_id: str) -> frozenset[str]:
    """The rules that speak to a framework; none for one that is not known."""
    framework = frameworks().get(framework_id)
    controls = () if framework is None else framework.controls
    return frozenset(rule for control in controls for rule in control.rules)


@cache
def _references() -> Mapping[str, tuple[ControlReference, ...]]:
    found: defaultdict[str, list[ControlReference]] = defaultdict(list)
    for framework in frameworks().values():
        for control in framework.controls:
            reference = ControlReference(
                framework=framework.id, version=framework.version, control=control.id
            )
            for rule in control.rules:
                found[rule].append(reference)
    return MappingProxyType({rule: tuple(listed) for rule, listed in found.items()})
