"""Language runtimes of apps, and until when they are supported.

App Service follows the languages' own timelines: "Language runtime support policy for App Service",
https://learn.microsoft.com/azure/app-service/language-support-policy. Dates: https://www.php.net/supported-versions
and https://www.php.net/eol.php; https://devguide.python.org/versions; Java from
https://learn.microsoft.com/java/openjdk/support (Java 8 is Eclipse Temurin: https://adoptium.net/support).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.rules.base import RuleMetadata, RuleResult, RuleStatus
from shared.rules.columns import text_at
from shared.rules.packs.appservice._site_config import CONFIG, SITE, config_of
from shared.rules.property_rule import judged, resource_finding
from shared.rules.related_rule import RelatedRule
from shared.rules.resources import ResourceColumns, SubscriptionResources
from shared.rules.support_dates import Release, release_of, supported_until

PHP: Final[Mapping[Release, date]] = {
    (5, 6): date(2018, 12, 31),
    (7, 0): date(2019, 1, 10),
    (7, 1): date(2019, 12, 1),
    (7, 2): date(2020, 11, 30),
    (7, 3): date(2021, 12, 6),
    (7, 4): date(2022, 11, 28),
    (8, 0): date(2023, 11, 26),
    (8, 1): date(2025, 12, 31),
    (8, 2): date(2026, 12, 31),
    (8, 3): date(2027, 12, 31),
    (8, 4): date(2028, 12, 31),
    (8, 5): date(2029, 12, 31),
}

PYTHON: Final[Mapping[Release, date]] = {
    (2, 7): date(2020, 1, 1),
    (3, 4): date(2019, 3, 18),
    (3, 5): date(2020, 9, 30),
    (3, 6): date(2021, 12, 23),
    (3, 7): date(2023, 6, 27),
    (3, 8): date(2024, 10, 7),
    (3, 9): date(2025, 10, 31),
    (3, 10): date(2026, 10, 31),
    (3, 11): date(2027, 10, 31),
    (3, 12): date(2028, 10, 31),
    (3, 13): date(2029, 10, 31),
    (3, 14): date(2030, 10, 31),
}

JAVA: Final[Mapping[Release, date]] = {
    (7,): date(2022, 7, 29),
    (8,): date(2030, 12, 31),
    (11,): date(2027, 9, 30),
    (17,): date(2027, 9, 30),
    (21,): date(2028, 9, 30),
    (25,): date(2030, 9, 30),
}

_LINUX: Final = "properties.linuxFxVersion"
_FLEX: Final = "properties.functionAppConfig.runtime"
_JAVA_OF_STACK: Final = re.compile(r"\b(?:java|jre)(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Runtime:
    """A language, and where an app says which version of it runs.

    `windows` is the member of the configuration of Windows apps; None where it says nothing: every
    Windows app has a `phpVersion`, whatever it runs.
    """

    name: str
    ends: Mapping[Release, date]
    windows: str | None

    def version(self, site: ResourceColumns, web: ResourceColumns) -> str | None:
        """The version as the app writes it, None when it runs something else."""
        if (text_at(site.columns, f"{_FLEX}.name") or "").lower() == self.name:
            return text_at(site.columns, f"{_FLEX}.version")
        stack = text_at(web.columns, _LINUX)
        if stack is None:
            return text_at(web.columns, f"properties.{self.windows}") if self.windows else None
        language, _, version = stack.partition("|")
        if self.name == "java":
            found = _JAVA_OF_STACK.search(version)
            return found[1] if found else version if language.lower() == "java" else None
        return version if language.lower() == self.name else None

    def release(self, version: str) -> Release:
        """The release that support dates are given for."""
        if self.name != "java":
            return release_of(version, 2)
        # Java 8 and before are written 1.8, 1.8.0_202.
        return release_of(version.removeprefix("1."), 1)


def runtime_rule(metadata: RuleMetadata, runtime: Runtime) -> RelatedRule:
    """The runtime of each app that has it is supported on the day it was read."""

    def judge(metadata: RuleMetadata, site: ResourceColumns, resources: SubscriptionResources) -> RuleResult:
        web = config_of(resources, site)
        version = runtime.version(site, web)
        if version is None:
            return RuleResult(metadata.rule_id, site.id, RuleStatus.NOT_APPLICABLE)
        until = supported_until(runtime.ends, runtime.release(version))
        if resources.as_of.date() <= until:
            return RuleResult(metadata.rule_id, site.id, RuleStatus.PASS)
        words = f"{site.name} runs version {version}, which was supported until {until.isoformat()}"
        evidence = {"version": version, "supported_until": until.isoformat()}
        return judged(metadata, site.id, [resource_finding(metadata, site.id, words, evidence)])

    windows = (f"properties.{runtime.windows}",) if runtime.windows else ()
    columns = {SITE: (f"{_FLEX}.name", f"{_FLEX}.version"), CONFIG: (_LINUX, *windows)}
    return RelatedRule(metadata, columns, judge)
