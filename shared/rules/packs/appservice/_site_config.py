"""The configuration of an app: children of the site named `web`, `authsettingsV2` and `appsettings`.

They are of one type but come from different reads, so that a missing one is never "not configured": App
Service gives every app each of them. REST: "Web Apps - Get Configuration",
https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import ColumnError, Fact, value_at
from shared.rules.expectations import Expectation, contains_word
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources

SITE: Final = "microsoft.web/sites"
CONFIG: Final = "microsoft.web/sites/config"
READS: Final = (SITE, CONFIG)

WEB: Final = "web"
AUTH: Final = "authsettingsV2"
SETTINGS: Final = "appsettings"

is_function_app: Final = contains_word("kind", "functionapp")
"""Function apps, and standard logic apps, which are `functionapp,workflowapp`."""

is_logic_app: Final = contains_word("kind", "workflowapp")
"""Standard logic apps: their functions are workflows."""


def config_of(resources: SubscriptionResources, site: ResourceColumns, name: str) -> ResourceColumns:
    """The configuration `name` of a site.

    Raises:
        ColumnError: it was not read.
    """
    found = resources.find(CONFIG, f"{site.id}/config/{name}")
    if found is None:
        reason = resources.unlisted(CONFIG, site.id)
        raise ColumnError(reason or f"config/{name} of {site.name} was not read")
    return found


@dataclass(frozen=True, slots=True)
class _Configuration:
    name: str
    expected: Expectation
    applies: Expectation | None

    def judge(
        self, metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources
    ) -> RuleResult:
        if self.applies is not None and self.applies.judge(site.columns).status is not RuleStatus.PASS:
            return RuleResult(metadata.rule_id, site.id, RuleStatus.NOT_APPLICABLE)
        found = config_of(resources, site, self.name)
        verdict = self.expected.judge(found.columns)
        if verdict.status is not RuleStatus.FAIL:
            return RuleResult(metadata.rule_id, site.id, verdict.status)
        plain = [path for path in self.expected.paths if "[*]" not in path]
        evidence = {
            "configuration": found.id,
            "properties": {path: value_at(found.columns, path) for path in plain},
        }
        words = f"{site.name}: {verdict.words}"
        return judged(metadata, site.id, [resource_finding(metadata, site.id, words, evidence)])


def configuration_rule(
    metadata: RuleMetadata,
    expected: Expectation,
    *,
    name: str = WEB,
    applies: Expectation | None = None,
    facts: tuple[Fact, ...] = (),
) -> RelatedRule:
    """Each site's configuration `name` meets the expectation; `applies` is of the site."""
    columns: Mapping[str, tuple[str, ...]] = {
        SITE: applies.paths if applies is not None else (),
        CONFIG: expected.paths,
    }
    return RelatedRule(metadata, columns, _Configuration(name, expected, applies).judge, facts)
