"""The scanners of this build, and which rules each runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from shared.domain.resource import outermost_types
from shared.domain.scan import ScanRequest
from shared.exposure.network import NETWORK_TYPES, PLATFORM_TYPES
from shared.rules.base import Rule, RuleMetadata, RuleScope
from shared.rules.registry import all_rules
from shared.rules.resources import RuleSettings
from shared.scanners.base import Scanner
from shared.scanners.collectors import registered
from shared.scanners.details import Collector
from shared.scanners.estate import EstateScanner
from shared.scanners.wanted import WANTED

NETWORK: Final = "network"
COMPLIANCE: Final = "compliance"
CREDENTIALS: Final = "credentials"

FrameworkRules = Callable[[str], frozenset[str]]
"""The ids of the rules that speak to a framework, by the framework's id."""

MADE_AT_ONCE: Final = 32
"""Scanners kept for further messages of their scans: callers choose rules, and each choice is another one."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a request comes down to: the scanners, and the rules of them that run. Empty = all."""

    names: tuple[str, ...]
    frameworks: tuple[str, ...] = ()
    rules: frozenset[str] = frozenset()
    types: frozenset[str] | None = None
    """The types that a rescan is about; None: any."""
    expiring_within: timedelta | None = None
    """What ends sooner is expiring soon; None: as the build is set."""


class BuiltScanners:
    """`network`, `compliance` and `credentials` over the rules of this build."""

    names: frozenset[str] = frozenset((NETWORK, COMPLIANCE, CREDENTIALS))

    def __init__(
        self,
        rules: Sequence[Rule[Any]] | None = None,
        *,
        collectors: Sequence[Collector] | None = None,
        settings: RuleSettings | None = None,
        opted_in: bool = False,
        rules_of_framework: FrameworkRules | None = None,
        confirm: bool = False,
    ) -> None:
        """
        Args:
            rules: instead of those registered.
            collectors: instead of those registered.
            opted_in: also read what `Collector.opt_in` collectors give; without it their rules are left out.
            rules_of_framework: narrows a compliance scan that names frameworks; None = all rules.
            confirm: name the packets by which Azure can confirm critical exposures.
        """
        known = registered() if collectors is None else collectors
        closed = set() if opted_in else {kind for one in known if one.opt_in for kind in one.types}
        self._collectors = tuple(one for one in known if opted_in or not one.opt_in)
        self._rules = tuple(
            rule
            for rule in (all_rules() if rules is None else rules)
            if not closed & set(rule.metadata.reads)
        )
        self._settings = settings
        self._rules_of_framework = rules_of_framework
        self._confirm = confirm
        self._made: OrderedDict[_Choice, EstateScanner | None] = OrderedDict()

    def rules(self) -> Sequence[RuleMetadata]:
        """Every rule of the build."""
        return [rule.metadata for rule in self._rules]

    def of(self, request: ScanRequest, expiring_within: timedelta | None = None) -> Scanner | None:
        """What a scan runs: the rules of every scanner of its type, or those of them that it names.

        None when this build has no scanner of the type, or none that runs any of the named rules.
        """
        names = tuple(name for name in WANTED[request.scan_type] if name in self.names)
        if not names:
            return None
        frameworks = () if len(names) > 1 else tuple(sorted(request.compliance_frameworks))
        named = frozenset(request.custom_rules)
        if named:
            names = tuple(
                one
                for one in names
                if any(self._runs(one, rule, frameworks) for rule in self._rules if _is_one(rule, named))
            )
        types = outermost_types(request.target_resources) if request.after_change else None
        choice = _Choice(names, frameworks, named, types, expiring_within)
        return self._scanner(choice) if names else None

    def _scanner(self, choice: _Choice) -> EstateScanner | None:
        if choice not in self._made:
            self._made[choice] = self._make(choice)
            if len(self._made) > MADE_AT_ONCE:
                self._made.popitem(last=False)
        self._made.move_to_end(choice)
        return self._made[choice]

    def _make(self, choice: _Choice) -> EstateScanner | None:
        names, types = choice.names, choice.types
        chosen = [
            rule
            for rule in self._rules
            if _is_one(rule, choice.rules) and any(self._runs(one, rule, choice.frameworks) for one in names)
        ]
        network = NETWORK in names
        if types is not None:
            chosen = _about(chosen, types)
            network = network and not types.isdisjoint(NETWORK_TYPES)
            if not chosen and not network:
                return None
        settings = self._settings
        if choice.expiring_within is not None:
            settings = replace(settings or RuleSettings(), expiring_within=choice.expiring_within)
        scoped: Mapping[RuleScope, list[Any]] = {scope: [] for scope in RuleScope}
        for rule in chosen:
            scoped[rule.metadata.scope].append(rule)
        return EstateScanner(
            names,
            network_rules=scoped[RuleScope.NETWORK],
            resource_rules=(*scoped[RuleScope.RESOURCE], *scoped[RuleScope.DIRECTORY]),
            estate_rules=scoped[RuleScope.ESTATE],
            collectors=self._collectors,
            network=network,
            settings=settings,
            confirm=self._confirm,
        )

    def _runs(self, name: str, rule: Rule[Any], frameworks: Iterable[str]) -> bool:
        metadata = rule.metadata
        if name == NETWORK:
            return metadata.service == NETWORK
        if name == CREDENTIALS:
            return metadata.credential
        wanted = list(frameworks)
        if not wanted or self._rules_of_framework is None:
            return True
        return any(metadata.rule_id in self._rules_of_framework(one) for one in wanted)


def _is_one(rule: Rule[Any], named: frozenset[str]) -> bool:
    return not named or rule.metadata.rule_id in named


def _about(rules: Iterable[Rule[Any]], types: frozenset[str]) -> list[Rule[Any]]:
    """Rules that read resources of these outermost types.

    Those over a whole estate or directory read nearly everything: they wait for the next scan of it, unless
    nothing else speaks of these types. Rules over the network judge security groups and machines alone.
    """
    concerned = [
        rule for rule in rules if any("/".join(kind.split("/")[:2]) in types for kind in rule.metadata.reads)
    ]
    far = {RuleScope.ESTATE, RuleScope.DIRECTORY}
    if types <= PLATFORM_TYPES:
        far.add(RuleScope.NETWORK)
    return [rule for rule in concerned if rule.metadata.scope not in far] or concerned
