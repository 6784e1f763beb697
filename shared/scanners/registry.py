"""The scanners of this build, and which rules each runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from shared.domain.scan import ScanRequest
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
        self._made: dict[tuple[tuple[str, ...], tuple[str, ...], RuleSettings | None], EstateScanner] = {}

    def rules(self) -> Sequence[RuleMetadata]:
        """Every rule of the build."""
        return [rule.metadata for rule in self._rules]

    def of(self, request: ScanRequest, expiring_within: timedelta | None = None) -> Scanner | None:
        """What a scan runs: the rules of every scanner of its type, read once."""
        names = tuple(name for name in WANTED[request.scan_type] if name in self.names)
        if not names:
            return None
        frameworks = () if len(names) > 1 else tuple(sorted(request.compliance_frameworks))
        settings = self._settings
        if expiring_within is not None:
            settings = replace(settings or RuleSettings(), expiring_within=expiring_within)
        key = (names, frameworks, settings)
        if key not in self._made:
            self._made[key] = self._make(*key)
        return self._made[key]

    def _make(
        self, names: tuple[str, ...], frameworks: tuple[str, ...], settings: RuleSettings | None
    ) -> EstateScanner:
        chosen = [rule for rule in self._rules if any(self._runs(one, rule, frameworks) for one in names)]
        scoped: Mapping[RuleScope, list[Any]] = {scope: [] for scope in RuleScope}
        for rule in chosen:
            scoped[rule.metadata.scope].append(rule)
        return EstateScanner(
            names,
            network_rules=scoped[RuleScope.NETWORK],
            resource_rules=(*scoped[RuleScope.RESOURCE], *scoped[RuleScope.DIRECTORY]),
            estate_rules=scoped[RuleScope.ESTATE],
            collectors=self._collectors,
            network=NETWORK in names,
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
