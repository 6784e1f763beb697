"""Rules over logs and alerts agree with labelled rows, and take every recorded resource."""

from __future__ import annotations

import pytest

from tests.unit.rules.corpus import SUBSCRIPTION
from tests.unit.rules.labelled_rows import (
    SUBSCRIPTION_ROW,
    Row,
    agrees,
    never_raises,
    present,
    recorded,
    resource,
)


def _alerts(found: list[Row]) -> list[Row]:
    return [
        resource(
            "Microsoft.Insights/activityLogAlerts",
            {
                "enabled": alert["enabled"],
                "scopes": [f"/subscriptions/{SUBSCRIPTION}"],
                # The empty condition stands for the category, which Azure asks for and their rows leave out.
                "condition": {
                    "allOf": [
                        one or {"field": "category", "equals": "Administrative"}
                        for one in alert["condition"]["all_of"]
                    ]
                },
            },
            alert["name"],
        )
        for alert in found
    ]


def _settings(found: list[Row]) -> list[Row]:
    own = SUBSCRIPTION_ROW["id"]
    return [
        SUBSCRIPTION_ROW,
        *(
            {
                "id": f"{own}/providers/microsoft.insights/diagnosticSettings/{setting['name']}",
                "type": "microsoft.insights/diagnosticsettings",
                "properties": present(logs=setting["logs"], storageAccountId=setting["storage_account_id"]),
            }
            for setting in found
        ),
    ]


def _components(found: dict[str, Row]) -> list[Row]:
    return [resource("Microsoft.Insights/components", {}, one["resource_name"]) for one in found.values()]


@pytest.mark.parametrize(
    ("check", "rule"),
    [
        ("create_policy_assignment", "create_policy_assignment"),
        ("create_update_nsg", "write_nsg"),
        ("create_update_public_ip_address_rule", "write_public_ip"),
        ("create_update_security_solution", "write_security_solution"),
        ("delete_sqlserver_fr", "delete_sql_firewall"),
        ("service_health_exists", "service_health"),
    ],
)
def test_alerts(check: str, rule: str) -> None:
    agrees(f"monitor_alert_{check}", f"logging.alert.{rule}", "alert_rules", _alerts, {})


def test_subscription_diagnostic_setting() -> None:
    check = "monitor_diagnostic_settings_exists"
    agrees(check, "logging.subscription_diagnostic_setting", "diagnostics_settings", _settings, {})


def test_application_insights() -> None:
    agrees("appinsights_ensure_is_configured", "logging.app_insights", "components", _components, {})


def test_recorded_resources() -> None:
    rows = recorded(["microsoft.insights/", "microsoft.storage/", "microsoft.keyvault/", "microsoft.web/"])
    never_raises("logging", [SUBSCRIPTION_ROW, *rows])


@pytest.mark.parametrize(
    ("service", "provider"),
    [
        ("redis", "microsoft.cache/"),
        ("datafactory", "microsoft.datafactory/"),
        ("synapse", "microsoft.synapse/"),
    ],
)
def test_recorded_resources_without_labels(service: str, provider: str) -> None:
    never_raises(service, recorded([provider]))
