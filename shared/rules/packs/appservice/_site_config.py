"""The configuration of an app, each part from a read of its own.

All are `microsoft.web/sites/config` to Azure. Here that type is what Resource Graph lists, the configuration
`web`; authentication and app settings, which are read site by site, have types of their own. App Service
gives every app each of them, so that a missing one is never "not configured". REST: "Web Apps - Get
Configuration", https://learn.microsoft.com/rest/api/appservice/web-apps/get-configuration
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
from shared.rules.sentences import sentence

SITE: Final = "microsoft.web/sites"
CONFIG: Final = "microsoft.web/sites/config"
AUTH: Final = "microsoft.web/sites/config/authsettingsv2"
"""Of GET `config/authsettingsV2`, which leaves secrets out."""

SETTINGS: Final = "microsoft.web/sites/config/appsettings"
"""Of POST `config/appsettings/list`, without the values: see `_app_settings`."""

READS: Final = (SITE, CONFIG)

is_function_app: Final = contains_word("kind", "functionapp")
"""Function apps, and standard logic apps, which are `functionapp,workflowapp`."""

is_logic_app: Final = contains_word("kind", "workflowapp")
"""Standard logic apps: their functions are workflows."""


def config_of(resources: SubscriptionResources, site: ResourceColumns, kind: str = CONFIG) -> ResourceColumns:
    """The configuration of a site: `web`, or that of the type.

    Raises:
        ColumnError: it was not read.
    """
    web = resources.find(CONFIG, f"{site.id}/config/web") if kind == CONFIG else None
    if web is not None:
        return web
    found = resources.children(kind, site.id)
    if kind == CONFIG or not found:
        part = "web" if kind == CONFIG else kind.rsplit("/", 1)[-1]
        raise ColumnError(f"config/{part} of {site.name} was not read")
    return found[0]


@dataclass(frozen=True, slots=True)
class _Configuration:
    kind: str
    expected: Expectation
    applies: Expectation | None

    def judge(
        self, metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources
    ) -> RuleResult:
        if self.applies is not None and self.applies.judge(site.columns).status is not RuleStatus.PASS:
            return RuleResult(metadata.rule_id, site.id, RuleStatus.NOT_APPLICABLE)
        found = config_of(resources, site, self.kind)
        verdict = self.expected.judge(found.columns)
        if verdict.status is not RuleStatus.FAIL:
            return RuleResult(metadata.rule_id, site.id, verdict.status)
        plain = [path for path in self.expected.paths if "[*]" not in path]
        evidence = {
            "configuration": found.id,
            "properties": {path: value_at(found.columns, path) for path in plain},
        }
        words = f"{site.name}: {sentence(metadata.finding_title, verdict.words, self.expected.paths)}"
        return judged(metadata, site.id, [resource_finding(metadata, site.id, words, evidence)])


def configuration_rule(
    metadata: RuleMetadata,
    expected: Expectation,
    *,
    kind: str = CONFIG,
    applies: Expectation | None = None,
    facts: tuple[Fact, ...] = (),
) -> RelatedRule:
    """Each site's configuration meets the expectation; `applies` is of the site."""
    columns: Mapping[str, tuple[str, ...]] = {
        SITE: applies.paths if applies is not None else (),
        kind: expected.paths,
    }
    return RelatedRule(metadata, columns, _Configuration(kind, expected, applies).judge, facts)
