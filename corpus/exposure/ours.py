"""This project's engine on a case, by its public functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from corpus.exposure.model import Case, Row
from shared.domain.resource import parse_row
from shared.exposure import (
    SubscriptionNetwork,
    project,
    project_admin_rules,
    project_sql_firewall,
    project_web_app_configuration,
)

_SQL_RULE: Final = "microsoft.sql/servers/firewallrules"
_WEB_CONFIGURATION: Final = "microsoft.web/sites/config"
INTERNET_VERDICT: Final = "exposed"


def rows(case: Case) -> list[Row]:
    """What the engine says strangers reach."""
    network = SubscriptionNetwork.build(_projections(case))
    return [
        Row.model_validate(
            {
                "entry_point": row.entry_point,
                "protocol": row.protocol.value,
                "ports": row.ports,
                "class": row.source_class.value,
                "verdict": row.verdict.value,
            }
        )
        for row in network.exposures()
    ]


def answer(case: Case) -> bool | None:
    """Whether the port that the case asks about is exposed to the internet; None without a question."""
    if case.question is None:
        return None
    question = case.question
    network = SubscriptionNetwork.build(_projections(case))
    return any(
        row.protocol.value == question.protocol.value
        and row.source_class.value == "internet"
        and row.verdict.value == INTERNET_VERDICT
        and row.has_port(question.port)
        for row in network.exposures()
    )


def _projections(case: Case) -> Iterator[dict[str, Any]]:
    firewalls: dict[str, list[Any]] = defaultdict(list)
    for one in case.resources:
        kind = str(one["type"]).lower()
        if kind == _SQL_RULE:
            firewalls[str(one["id"]).rsplit("/", 2)[0]].append(one)
        elif kind == _WEB_CONFIGURATION:
            yield project_web_app_configuration(parse_row(one))
        else:
            yield project(parse_row(one))
    for one in case.resources:
        if str(one["type"]).lower() == "microsoft.sql/servers":
            yield project_sql_firewall(one["id"], {"value": firewalls[one["id"]]})
    for network, rules in case.effective_admin_rules.items():
        yield project_admin_rules(network, rules)
