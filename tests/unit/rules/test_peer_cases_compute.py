"""Rules of machines and disks against the labelled cases of another scanner, and over recorded answers."""

from __future__ import annotations

from typing import Any

import pytest

from shared.rules.registry import all_rules
from tests.unit.rules.peer_cases import CASES, RECORDED, arm_id, judge_recorded, need, rows_of, verdict

EQUIVALENT = {
    "vm_ensure_attached_disks_encrypted_with_cmk": "compute.disk_cmk_attached",
    "vm_ensure_using_managed_disks": "compute.managed_disks",
    "vm_linux_enforce_ssh_authentication": "compute.linux_password_auth",
    "vm_trusted_launch_enabled": "compute.trusted_launch",
}
WITHOUT_EQUIVALENT = {
    "vm_desired_sku_size",
    "vm_ensure_using_approved_images",
    "vm_sufficient_daily_backup_retention_period",
}
"""Named in docs/rules/compute.md, with why."""

ROWS = rows_of("vm")
COMPARED = [row for row in ROWS if row["check"] in EQUIVALENT]
MACHINE = "Microsoft.Compute/virtualMachines"
DISK = "Microsoft.Compute/disks"


def _disk_of(found: dict[str, Any]) -> dict[str, Any]:
    return {"managedDisk": found.get("managed_disk"), "lun": found.get("lun")}


def machine(found: dict[str, Any]) -> dict[str, Any]:
    """Their machine as Resource Manager writes it; a Linux configuration tells the system."""
    storage, security = found.get("storage_profile", {}), found.get("security_profile", {})
    system, linux = storage.get("os_disk", {}), found.get("linux_configuration")
    uefi = security.get("uefi_settings", {})
    os_disk = {"osType": "Linux" if linux else system.get("operating_system_type")}
    properties: dict[str, Any] = {
        "storageProfile": {
            "osDisk": {**os_disk, "managedDisk": system.get("managed_disk")},
            "dataDisks": [_disk_of(one) for one in storage.get("data_disks", ())],
        },
        "securityProfile": {
            "securityType": security.get("security_type"),
            "uefiSettings": {
                "secureBootEnabled": uefi.get("secure_boot_enabled"),
                "vTpmEnabled": uefi.get("v_tpm_enabled"),
            },
        },
    }
    if linux:
        disabled = linux["disable_password_authentication"]
        properties["osProfile"] = {"linuxConfiguration": {"disablePasswordAuthentication": disabled}}
    return {
        "id": arm_id(MACHINE, found["resource_name"]),
        "type": MACHINE,
        "location": found["location"],
        "properties": properties,
    }


def disk(key: str, found: dict[str, Any]) -> dict[str, Any]:
    """Their disk as Resource Manager writes it."""
    return {
        "id": arm_id(DISK, key),
        "type": DISK,
        "location": found["location"],
        "managedBy": next(iter(found["vms_attached"]), None),
        "properties": {"encryption": {"type": found["encryption_type"]}},
    }


def resources(row: dict[str, Any]) -> list[dict[str, Any]]:
    """What a case is about."""
    facts = row["input"]["vm"]
    found = [machine(one) for below in facts.get("virtual_machines", {}).values() for one in below.values()]
    disks = [disk(key, one) for below in facts.get("disks", {}).values() for key, one in below.items()]
    return found + disks


@pytest.mark.parametrize("row", COMPARED, ids=lambda row: f"{row['id']}-{row['check']}")
def test_agrees(row: dict[str, Any]) -> None:
    assert verdict(EQUIVALENT[row["check"]], resources(row)) == row["expected"]


def test_every_case_is_compared_or_named() -> None:
    need(CASES)
    assert {row["check"] for row in ROWS} == {*EQUIVALENT, *WITHOUT_EQUIVALENT}


def test_recorded_machines_and_disks() -> None:
    need(RECORDED)
    kinds = (MACHINE, DISK, f"{MACHINE}/extensions", "Microsoft.Compute/virtualMachineScaleSets")
    others = (
        "Microsoft.Security/assessments",
        "Microsoft.Security/locations/jitNetworkAccessPolicies",
        "Microsoft.Network/networkInterfaces",
        "Microsoft.RecoveryServices/vaults",
    )
    rules = [one.metadata.rule_id for one in all_rules() if one.metadata.service in ("compute", "recovery")]
    said = judge_recorded(rules, [kind.lower() for kind in (*kinds, *others)])
    known = {"pass", "fail", "error", "not_applicable"}
    assert all(statuses and statuses <= known for statuses in said.values())
    assert said["compute.linux_password_auth"] >= {"pass", "fail"}
    assert said["compute.managed_disks"] >= {"pass"}
    assert said["recovery.soft_delete"] >= {"fail"}
