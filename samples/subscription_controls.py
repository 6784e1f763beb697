"""What is set on a subscription: Defender plans and contacts, activity log, alerts, policies, roles."""

from random import Random
from typing import Any

from samples.arm import Resource, Scope, guid
from samples.controls import Furnishing, Setting, extension
from samples.workloads import ROLES

AUTHORIZATION = "Microsoft.Authorization"
SECURITY = "Microsoft.Security"

# Plan name -> rule (learn.microsoft.com/rest/api/defenderforcloud/pricings/list).
PLANS = {
    "CloudPosture": "defender.plan.cspm",
    "Api": "defender.plan.apis",
    "VirtualMachines": "defender.plan.servers",
    "Containers": "defender.plan.containers",
    "StorageAccounts": "defender.plan.storage",
    "AppServices": "defender.plan.appservices",
    "CosmosDbs": "defender.plan.cosmosdb",
    "OpenSourceRelationalDatabases": "defender.plan.oss_databases",
    "SqlServers": "defender.plan.sql",
    "SqlServerVirtualMachines": "defender.plan.sql_on_machines",
    "KeyVaults": "defender.plan.keyvault",
    "Arm": "defender.plan.arm",
}
CONTACT = (
    Setting("defender.contact.owner_role", "properties.notificationsByRole",
            {"state": "On", "roles": ["Owner"]}, {"state": "Off", "roles": []}, 0.3),
    Setting("defender.contact.email", "properties.emails", "security@contoso.example", "", 0.3),
)  # fmt: skip
# Operation that an activity log alert watches -> rule.
ALERTS = {
    "Microsoft.Authorization/policyAssignments/write": "logging.alert.create_policy_assignment",
    "Microsoft.Authorization/policyAssignments/delete": "logging.alert.delete_policy_assignment",
    "Microsoft.Network/networkSecurityGroups/write": "logging.alert.write_nsg",
    "Microsoft.Network/networkSecurityGroups/delete": "logging.alert.delete_nsg",
    "Microsoft.Security/securitySolutions/write": "logging.alert.write_security_solution",
    "Microsoft.Security/securitySolutions/delete": "logging.alert.delete_security_solution",
    "Microsoft.Sql/servers/firewallRules/write": "logging.alert.write_sql_firewall",
    "Microsoft.Sql/servers/firewallRules/delete": "logging.alert.delete_sql_firewall",
    "Microsoft.Network/publicIPAddresses/write": "logging.alert.write_public_ip",
    "Microsoft.Network/publicIPAddresses/delete": "logging.alert.delete_public_ip",
}
_LOGGED = ("Administrative", "Security", "Alert", "Policy")
# The built-in initiative "Microsoft cloud security benchmark" (Azure Policy built-in definitions).
_BENCHMARK = "/providers/Microsoft.Authorization/policySetDefinitions/1f3afdf9-d0c9-4c3d-847f-89da613e70a8"


def furnish(subscription: str, rng: Random) -> Furnishing:
    """Everything that is set on one subscription (GUID)."""
    scope = f"/subscriptions/{subscription}"
    done = Furnishing.empty()
    for plan, rule_id in PLANS.items():
        paid = rng.random() < 0.5
        tier = {"pricingTier": "Standard" if paid else "Free", "freeTrialRemainingTime": "PT0S"}
        done.add(extension(scope, f"{SECURITY}/pricings", plan, tier))
        done.expect(rule_id, scope, paid)
    contact = extension(scope, f"{SECURITY}/securityContacts", "default", {"isEnabled": True})
    for setting in CONTACT:
        weak = rng.random() < setting.share
        contact["properties"][setting.path.removeprefix("properties.")] = (
            setting.weak if weak else setting.secure
        )
        done.expect(setting.rule_id, scope, not weak)
    done.add(contact)
    for name, rule_id in (("MCAS", "defender.mcas"), ("WDATP", "defender.servers.endpoint_protection")):
        enabled = rng.random() < 0.6
        line = extension(scope, f"{SECURITY}/settings", name, {"enabled": enabled})
        done.add({**line, "kind": "DataExportSettings"})
        done.expect(rule_id, scope, enabled)
    _activity_log(done, scope, rng)
    _alerts(done, Scope(subscription, "rg-monitoring", "westeurope"), rng)
    _roles(done, scope, rng)
    assigned = {"displayName": "Microsoft cloud security benchmark", "policyDefinitionId": _BENCHMARK,
                "scope": scope, "enforcementMode": "Default", "parameters": {}}  # fmt: skip
    done.add(extension(scope, f"{AUTHORIZATION}/policyAssignments", "SecurityCenterBuiltIn", assigned))
    return done


def _activity_log(done: Furnishing, scope: str, rng: Random) -> None:
    exported = rng.random() < 0.7
    done.expect("logging.subscription_diagnostic_setting", scope, exported)
    if not exported:
        done.expect("logging.subscription_categories", scope, False)
        return
    complete = rng.random() < 0.6
    logs = [
        {"category": category, "enabled": complete or category == "Administrative"} for category in _LOGGED
    ]
    workspace = (
        f"{scope}/resourceGroups/rg-monitoring/providers/Microsoft.OperationalInsights/workspaces/logs"
    )
    properties: dict[str, Any] = {"workspaceId": workspace, "logs": logs}
    done.add(extension(scope, "Microsoft.Insights/diagnosticSettings", "activity", properties))
    done.expect("logging.subscription_categories", scope, complete)


def _alerts(done: Furnishing, scope: Scope, rng: Random) -> None:
    subscription = f"/subscriptions/{scope.subscription}"
    for operation, rule_id in ALERTS.items():
        state = rng.choices(("enabled", "disabled", "absent"), weights=(5, 2, 3))[0]
        done.expect(rule_id, subscription, state == "enabled")
        if state == "absent":
            continue
        watched = [
            {"field": "category", "equals": "Administrative"},
            {"field": "operationName", "equals": operation},
        ]
        properties = {"enabled": state == "enabled", "scopes": [subscription],
                      "condition": {"allOf": watched}, "actions": {"actionGroups": []}}  # fmt: skip
        name = rule_id.rpartition(".")[2].replace("_", "-")
        alert = scope.resource("Microsoft.Insights/activityLogAlerts", name, properties)
        done.add({**alert, "location": "Global"})


def _roles(done: Furnishing, scope: str, rng: Random) -> None:
    for name in rng.sample(("deployers", "operators", "auditors"), rng.randint(1, 2)):
        everything = rng.random() < 0.3
        role_id = guid(rng)
        properties = {
            "roleName": f"Custom {name}",
            "type": "CustomRole",
            "assignableScopes": [scope],
            "permissions": [{"actions": ["*"] if everything else ["*/read", "Microsoft.Support/*"],
                             "notActions": [], "dataActions": [], "notDataActions": []}],
        }  # fmt: skip
        role = done.add(extension(scope, f"{AUTHORIZATION}/roleDefinitions", role_id, properties))
        done.expect("rbac.custom_owner_role", role, not everything)
    if rng.random() < 0.5:
        lock = {"level": "CanNotDelete", "notes": "Ask the platform team first"}
        group = f"{scope}/resourceGroups/rg-monitoring"
        done.add(extension(group, f"{AUTHORIZATION}/locks", "keep", lock))


def assignment(scope: str, role: str, principal_id: str, kind: str, rng: Random) -> Resource:
    """A role assignment at a scope; `role` is a key of `ROLES`, `kind` User, Group or ServicePrincipal."""
    subscription = "/".join(scope.split("/")[:3])
    definition = f"{subscription}/providers/{AUTHORIZATION}/roleDefinitions/{ROLES[role]}"
    properties = {"roleDefinitionId": definition, "principalId": principal_id, "principalType": kind,
                  "scope": scope, "createdOn": "2025-02-03T09:12:44.1203311Z",
                  "updatedOn": "2025-02-03T09:12:44.1203311Z"}  # fmt: skip
    return extension(scope, f"{AUTHORIZATION}/roleAssignments", guid(rng), properties)
