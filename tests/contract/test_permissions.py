"""The permissions that scans need: X-13."""

from __future__ import annotations

import pytest

from shared.domain.scan import ScanRequest, ScanType
from shared.scanners.registry import BuiltScanners
from tests.contract.harness import Api, contract


@contract("X-13")
class TestX13:
    async def test_the_least_role_as_azure_takes_it(self, api: Api) -> None:
        api.rewire(scanners=BuiltScanners())
        answer = await api.get("/v1/permissions?scan_type=network")
        assert answer.status == 200
        role = answer.json["role_definition"]
        assert set(role) == {
            *("Name", "IsCustom", "Description", "AssignableScopes"),
            *("Actions", "NotActions", "DataActions", "NotDataActions"),
        }
        assert {
            "Microsoft.Authorization/permissions/read",
            "Microsoft.Sql/servers/firewallRules/read",
            "Microsoft.Network/virtualNetworks/listNetworkManagerEffectiveSecurityAdminRules/action",
            "microsoft.network/networksecuritygroups/read",
        } <= set(role["Actions"])
        assert not any(action.lower().endswith(("/write", "/delete", "*")) for action in role["Actions"])

    async def test_each_permission_says_what_is_lost_without_it(self, api: Api) -> None:
        api.rewire(scanners=BuiltScanners())
        reasons = {
            one["permission"]: one
            for one in (await api.get("/v1/permissions?scan_type=NETWORK")).json["reasons"]
        }
        groups = reasons["microsoft.network/networksecuritygroups/read"]
        assert "network.nsg.ssh_from_internet" in groups["rules"]
        assert groups["types"] == ["microsoft.network/networksecuritygroups"]

    @pytest.mark.parametrize("scan_type", ["full", "network", "compliance_only", "credentials_only"])
    async def test_no_permission_is_listed_twice(self, api: Api, scan_type: str) -> None:
        """Azure compares the names of actions in any case."""
        api.rewire(scanners=BuiltScanners(opted_in=True, confirm=True))
        answer = (await api.get(f"/v1/permissions?scan_type={scan_type}")).json
        role = answer["role_definition"]
        for listed in (
            role["Actions"],
            role["DataActions"],
            answer["graph_permissions"],
            [one["permission"] for one in answer["reasons"]],
        ):
            assert len({one.lower() for one in listed}) == len(listed)
        groups = next(one for one in answer["reasons"] if one["permission"].endswith("/resourceGroups/read"))
        assert groups["rules"] == [], "without it nothing can be scanned"

    async def test_every_rule_of_a_full_scan_has_its_permissions(self, api: Api) -> None:
        api.rewire(scanners=BuiltScanners())
        answer = (await api.get("/v1/permissions")).json
        assert answer["scan_type"] == "full"
        scanner = BuiltScanners().of(ScanRequest(scan_type=ScanType.FULL))
        assert scanner is not None
        named = {rule for one in answer["reasons"] for rule in one["rules"]}
        assert named == {rule.rule_id for rule in scanner.rules()}

    async def test_azures_confirmation_takes_two_more_when_it_is_wanted(self, api: Api) -> None:
        both = {
            "Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action",
            "Microsoft.Network/networkWatchers/ipFlowVerify/action",
        }
        api.rewire(scanners=BuiltScanners())
        plain = (await api.get("/v1/permissions?scan_type=network")).json
        assert not both & set(plain["role_definition"]["Actions"])
        assert not any(one["optional"] for one in plain["reasons"])
        api.rewire(scanners=BuiltScanners(confirm=True))
        wider = (await api.get("/v1/permissions?scan_type=network")).json
        assert set(wider["role_definition"]["Actions"]) == {*plain["role_definition"]["Actions"], *both}
        assert {one["permission"] for one in wider["reasons"] if one["optional"]} == both
        credentials = (await api.get("/v1/permissions?scan_type=credentials_only")).json
        assert not both & set(credentials["role_definition"]["Actions"])

    async def test_scanners_that_this_build_lacks_are_named(self, api: Api) -> None:
        answer = (await api.get("/v1/permissions?scan_type=git_secrets")).json
        assert answer["not_available"] == ["git_secrets"]
        assert answer["role_definition"]["Actions"] == [] and answer["graph_permissions"] == []

    async def test_an_unknown_scan_type(self, api: Api) -> None:
        answer = await api.get("/v1/permissions?scan_type=everything")
        assert answer.status == 400
        assert answer.json["error"]["details"]["field"] == "scan_type"
