"""Writes the reference of all rules from their metadata: `python -m scripts.rule_docs`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Final

from shared.frameworks.registry import references
from shared.rules.base import RuleMetadata
from shared.rules.not_automated import DROPPED, MANUAL
from shared.rules.registry import all_rules

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "rules" / "README.md"

_HEAD: Final = """# Rules

Written by `python -m scripts.rule_docs` from the rules themselves; a test keeps it current. The pages beside
this one say where a rule differs from what others check, with the documentation that decides.

{count} rules. `GET /v1/rules/{{rule_id}}` has description, references and remediation steps of each;
`GET /v1/permissions` says what reading takes. **fix**: policy may let it be fixed. **cred**: also run by
`credentials_only` scans. **controls**: how many controls of the [frameworks](../frameworks.md) it is
evidence for.
"""

_TABLE: Final = """
## {service}

| rule | severity | what holds when it passes | reads | fix | cred | controls |
|---|---|---|---|---|---|---|
"""

_REST: Final = """
## Not automated

| check | | why |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rules = sorted((rule.metadata for rule in all_rules()), key=lambda one: (one.service, one.rule_id))
    parts = [_HEAD.format(count=len(rules))]
    for service, listed in groupby(rules, key=lambda one: one.service):
        parts += [_TABLE.format(service=service), *_rows(listed)]
    parts.append(_REST)
    for kind, checks in (("manual", MANUAL), ("dropped", DROPPED)):
        parts += [f"| `{check}` | {kind} | {why} |\n" for check, why in checks.items()]
    return "".join(parts)


def _rows(rules: Iterable[RuleMetadata]) -> Iterable[str]:
    for one in rules:
        reads = one.reads if len(one.reads) <= _SHOWN else (*one.reads[:_SHOWN], "...")
        yield (
            f"| `{one.rule_id}` | {one.severity.value} | {one.title} | {', '.join(reads)} "
            f"| {'yes' if one.auto_remediable else ''} | {'yes' if one.credential else ''} "
            f"| {len(references(one.rule_id))} |\n"
        )


_SHOWN: Final = 3


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
