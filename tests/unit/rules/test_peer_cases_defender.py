"""Labelled cases of another scanner over Defender for Cloud: our verdict agrees, or we say why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.unit.rules.corpus import SUBSCRIPTION
from tests.unit.rules.peer_cases import CASES, need, only, rows_of, verdict

Resources = list[dict[str, Any]]
_SECURITY: Final = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Security"
_GROUP: Final = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers"
_UPDATES: Final = {
    "Machines should be configured to periodically check for missing system updates": (
        "90386950-71ca-4357-a12e-486d1679427c"
    ),
    "System updates should be installed on your machines": "e1145ab1-eb4f-43d8-911b-36ddf771d13f",
    "Log Analytics agent should be installed on virtual machines": "d1db3318-01ff-16de-29eb-28b344515626",
}


def _pricings(row: dict[str, Any]) -> Resources:
    return [
        {
            "id": f"{_SECURITY}/pricings/{name}",
            "type": "microsoft.security/pricings",
            "properties": {"pricingTier": plan["pricing_tier"]},
        }
        for name, plan in only(row, "pricings").items()
    ]


def _settings(row: dict[str, Any]) -> Resources:
    return [
        {
            "id": f"{_SECURITY}/settings/{name}",
            "type": "microsoft.security/settings",
            "kind": one["kind"],
            "properties": {"enabled": one["enabled"]},
        }
        for name, one in only(row, "settings").items()
    ]


def _contacts(row: dict[str, Any]) -> Resources:
    found = []
    for one in only(row, "security_contact_configurations").values():
        sources = [{"sourceType": "Alert", "minimalSeverity": one.get("alert_minimal_severity")}]
        if "attack_path_minimal_risk_level" in one:
            level = one["attack_path_minimal_risk_level"]
            sources.append({"sourceType": "AttackPath", "minimalRiskLevel": level})
        roles = one["notifications_by_role"]
        found.append(
            {
                "id": f"{_SECURITY}/securityContacts/{one['name']}",
                "type": "microsoft.security/securitycontacts",
                "properties": {
                    "isEnabled": one["enabled"],
                    "emails": ";".join(one["emails"]),
                    "notificationsByRole": {
                        "state": "On" if roles["state"] else "Off",
                        "roles": roles["roles"],
                    },
                    "notificationsSources": sources,
                },
            }
        )
    return found


def _solutions(row: dict[str, Any]) -> Resources:
    """Each solution with a hub of its own; a subscription without solutions has a hub all the same."""
    found: Resources = []
    solutions = list(only(row, "iot_security_solutions").values())
    for number in range(max(1, len(solutions))):
        hub = f"{_GROUP}/Microsoft.Devices/IotHubs/hub{number}"
        found.append({"id": hub, "type": "microsoft.devices/iothubs", "properties": {}})
        if number < len(solutions):
            one = solutions[number]
            found.append(
                {
                    "id": f"{_GROUP}/Microsoft.Security/IoTSecuritySolutions/{one['name']}",
                    "type": "microsoft.security/iotsecuritysolutions",
                    "properties": {"status": one["status"], "iotHubs": [hub]},
                }
            )
    return found


def _assessments(row: dict[str, Any]) -> Resources:
    machine = f"{_GROUP}/Microsoft.Compute/virtualMachines/vm1"
    found: Resources = [{"id": machine, "type": "microsoft.compute/virtualmachines", "properties": {}}]
    for title, one in only(row, "assessments").items():
        found.append(
            {
                "id": f"{machine}/providers/Microsoft.Security/assessments/{_UPDATES[title]}",
                "type": "microsoft.security/assessments",
                "properties": {"status": {"code": one["status"]}},
            }
        )
    return found


def _assignments(row: dict[str, Any]) -> Resources:
    benchmark = "/providers/Microsoft.Authorization/policySetDefinitions/1f3afdf9-d0c9-4c3d-847f-89da613e70a8"
    return [
        {
            "id": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/policyAssignments/{name}",
            "type": "microsoft.authorization/policyassignments",
            "properties": {"policyDefinitionId": benchmark, "enforcementMode": one["enforcement_mode"]},
        }
        for name, one in only(row, "policy_assigments").items()
    ]


EQUIVALENT: Final[dict[str, tuple[str, Callable[[dict[str, Any]], Resources]]]] = {
    "defender_attack_path_notifications_properly_configured": ("defender.contact.attack_paths", _contacts),
    "defender_ensure_defender_for_arm_is_on": ("defender.plan.arm", _pricings),
    "defender_ensure_defender_for_azure_sql_databases_is_on": ("defender.plan.sql", _pricings),
    "defender_ensure_defender_for_containers_is_on": ("defender.plan.containers", _pricings),
    "defender_ensure_defender_for_cosmosdb_is_on": ("defender.plan.cosmosdb", _pricings),
    "defender_ensure_defender_for_os_relational_databases_is_on": ("defender.plan.oss_databases", _pricings),
    "defender_ensure_defender_for_server_is_on": ("defender.plan.servers", _pricings),
    "defender_ensure_defender_for_sql_servers_is_on": ("defender.plan.sql_on_machines", _pricings),
    "defender_ensure_iot_hub_defender_is_on": ("defender.iot_hub", _solutions),
    "defender_ensure_mcas_is_enabled": ("defender.mcas", _settings),
    "defender_ensure_notify_alerts_severity_is_high": ("defender.contact.severity", _contacts),
    "defender_ensure_system_updates_are_applied": ("defender.system_updates", _assessments),
    "defender_ensure_wdatp_is_enabled": ("defender.servers.endpoint_protection", _settings),
    "policy_ensure_asc_enforcement_enabled": ("defender.mcsb_policies", _assignments),
}
"""Their check -> our rule, and how their row becomes our resources."""

NOT_EQUIVALENT: Final = {
    "defender_assessments_vm_endpoint_protection_installed",
    "defender_auto_provisioning_vulnerabilty_assessments_machines_on",
    "defender_container_images_resolved_vulnerabilities",
}
"""Checks over other facts than any rule of ours: see docs/rules/defender.md."""

DIFFERENT: Final = {"pr-213": "PASS", "pr-215": "PASS"}
"""Rows where we differ, and our verdict: see docs/rules/defender.md."""

ROWS: Final = [*rows_of("defender"), *rows_of("policy")]


def test_every_check_is_known() -> None:
    need(CASES)
    assert {row["check"] for row in ROWS} <= {*EQUIVALENT, *NOT_EQUIVALENT}


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["check"] in EQUIVALENT], ids=lambda row: f"{row['id']}-{row['case']}"
)
def test_verdict(row: dict[str, Any]) -> None:
    rule_id, resources = EQUIVALENT[row["check"]]
    assert verdict(rule_id, resources(row)) == DIFFERENT.get(row["id"], row["expected"])
