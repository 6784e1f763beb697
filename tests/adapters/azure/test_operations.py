"""Questions that Azure answers by long-running operations: both adapters, and the stand-in's own answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from shared.adapters.azure.clouds import CLOUDS
from shared.adapters.azure.operations import result_of_post
from shared.adapters.azure.pipeline import ArmPipeline
from shared.adapters.memory.reads import MemoryAzureReads
from shared.domain.exposure import Protocol
from shared.domain.probe import Probe
from shared.ports.errors import InventoryDeniedError, InventoryError
from shared.ports.reads import AzureReads
from shared.services.azure_witness import AzureWitness
from tests.adapters.azure.estates import FAST, SUB, resource
from tests.adapters.azure.test_reads import reads_of
from tests.adapters.azure.wire import CountedQuota, FixedCredential, served

VERSION = "2024-05-01"
GROUP = resource(
    "Microsoft.Network/networkSecurityGroups",
    "nsg",
    properties={
        "securityRules": [
            {
                "name": "ssh",
                "properties": {
                    "priority": 100,
                    "direction": "Inbound",
                    "access": "Allow",
                    "protocol": "Tcp",
                    "sourcePortRange": "*",
                    "sourceAddressPrefix": "Internet",
                    "destinationPortRange": "22",
                    "destinationAddressPrefix": "*",
                },
            }
        ]
    },
)
VNET = resource(
    "Microsoft.Network/virtualNetworks",
    "vnet",
    properties={"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
)
VM = resource("Microsoft.Compute/virtualMachines", "vm", location="westeurope", properties={})
STOPPED = resource(
    "Microsoft.Compute/virtualMachines",
    "off",
    properties={"extended": {"instanceView": {"powerState": {"code": "PowerState/deallocated"}}}},
)


def nic(name: str, machine: dict[str, Any]) -> dict[str, Any]:
    return resource(
        "Microsoft.Network/networkInterfaces",
        name,
        location="westeurope",
        properties={
            "virtualMachine": {"id": machine["id"]},
            "networkSecurityGroup": {"id": GROUP["id"]},
            "ipConfigurations": [
                {
                    "properties": {
                        "privateIPAddress": "10.0.0.4",
                        "subnet": {"id": f"{VNET['id']}/subnets/default"},
                    }
                }
            ],
        },
    )


NIC, IDLE = nic("nic", VM), nic("idle", STOPPED)
WATCHER = resource("Microsoft.Network/networkWatchers", "nw", location="westeurope", properties={})
LINES = [GROUP, VNET, VM, STOPPED, NIC, IDLE, WATCHER]
EFFECTIVE = f"{NIC['id']}/effectiveNetworkSecurityGroups"
FLOW = f"{WATCHER['id']}/ipFlowVerify"
Opened = Callable[..., Any]


def question(**changes: str) -> dict[str, str]:
    return {
        "targetResourceId": VM["id"],
        "targetNicResourceId": NIC["id"],
        "direction": "Inbound",
        "protocol": "TCP",
        "localIPAddress": "10.0.0.4",
        "localPort": "22",
        "remoteIPAddress": "52.1.2.3",
        "remotePort": "60000",
        **changes,
    }


@pytest.fixture
async def reads(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AzureReads]:
    faults = {"operations": {"polls": 2, "retry_after": 0}, **getattr(request, "param", {})}
    async with reads_of(tmp_path, monkeypatch, LINES, faults) as opened:
        yield opened


@pytest.mark.parametrize(
    ("changes", "access", "rule"),
    [
        ({}, "Allow", "securityRules/ssh"),
        ({"localPort": "23"}, "Deny", "defaultSecurityRules/DenyAllInBound"),
        ({"protocol": "UDP"}, "Deny", "defaultSecurityRules/DenyAllInBound"),
        (
            {"remoteIPAddress": "10.0.9.9", "localPort": "23"},
            "Allow",
            "defaultSecurityRules/AllowVnetInBound",
        ),
    ],
)
async def test_the_result_is_given_when_the_operation_ends(
    reads: AzureReads, changes: dict[str, str], access: str, rule: str
) -> None:
    answer = await reads.arm_operation(FLOW, VERSION, question(**changes), within=10)
    assert answer == {"access": access, "ruleName": rule}


async def test_effective_rules_are_told_with_their_tags_expanded(reads: AzureReads) -> None:
    answer = await reads.arm_operation(EFFECTIVE, VERSION, within=10)
    [group] = answer["value"]
    [ssh] = [one for one in group["effectiveSecurityRules"] if one["name"] == "securityRules/ssh"]
    assert group["association"] == {"networkInterface": {"id": NIC["id"]}}
    assert ssh["destinationPortRanges"] == ["22-22"] and ssh["protocol"] == "Tcp"
    assert "0.0.0.0/5" in ssh["expandedSourceAddressPrefix"]
    assert not any(one.startswith("10.0.") for one in ssh["expandedSourceAddressPrefix"])


@pytest.mark.parametrize("reads", [{"operations": {"retry_after": 0, "outcome": "Failed"}}], indirect=True)
async def test_an_operation_that_fails_tells_its_code(reads: AzureReads) -> None:
    with pytest.raises(InventoryError) as raised:
        await reads.arm_operation(EFFECTIVE, VERSION, within=10)
    assert raised.value.code == "OperationFailed"


@pytest.mark.parametrize("reads", [{"operations": {"retry_after": 60}}], indirect=True)
async def test_an_operation_that_takes_too_long_is_given_up(reads: AzureReads) -> None:
    with pytest.raises(InventoryError, match=r"no result within 0\.2 s") as raised:
        await reads.arm_operation(EFFECTIVE, VERSION, within=0.2)
    assert raised.value.code == "Timeout"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (f"{IDLE['id']}/effectiveNetworkSecurityGroups", None, "VirtualMachineNotRunning"),
        (f"{NIC['id']}x/effectiveNetworkSecurityGroups", None, "ResourceNotFound"),
        (f"{WATCHER['id']}x/ipFlowVerify", question(), "ResourceNotFound"),
        (FLOW, question(localIPAddress="10.0.0.5"), "InvalidLocalIPAddress"),
        (FLOW, question(remoteIPAddress="2001:db8::1"), "InvalidRequestContent"),
        (FLOW, question(localPort="x"), "InvalidRequestContent"),
        (FLOW, None, "InvalidRequestContent"),
    ],
)
async def test_what_cannot_be_answered_is_refused_at_once(
    reads: AzureReads, path: str, body: Any, code: str
) -> None:
    with pytest.raises(InventoryError) as raised:
        await reads.arm_operation(path, VERSION, body, within=10)
    assert raised.value.code == code


@pytest.mark.parametrize(
    "reads",
    [{"deny": {"actions": ["Microsoft.Network/networkWatchers/ipFlowVerify/action"]}}],
    indirect=True,
)
async def test_a_missing_permission_is_told_apart(reads: AzureReads) -> None:
    with pytest.raises(InventoryDeniedError):
        await reads.arm_operation(FLOW, VERSION, question(), within=10)


@pytest.mark.parametrize("status", [True, False], ids=["status link", "location alone"])
@pytest.mark.parametrize("located", [True, False], ids=["result at location", "result in the status"])
async def test_links_are_followed_as_azure_gives_them(status: bool, located: bool) -> None:
    polls = 0

    async def azure(request: web.Request) -> web.Response:
        nonlocal polls
        polls += request.method == "GET"
        own = f"{request.scheme}://{request.host}"
        links = {"Azure-AsyncOperation": f"{own}/status"} if status else {}
        links |= {"Location": f"{own}/result"} if located else {}
        if request.method == "POST":
            return web.Response(status=202, headers={**links, "Retry-After": "0"})
        if request.path == "/status":
            ended = {"status": "Succeeded", "properties": {"access": "Allow"}}
            told = {"status": "Running"} if polls < 3 else ended
            return web.json_response(told, headers={"Retry-After": "0"})
        if not status and polls < 3:
            return web.Response(status=202, headers={"Location": f"{own}/result", "Retry-After": "0"})
        return web.json_response({"access": "Allow"})

    async with served(azure) as url:
        arm = ArmPipeline(FixedCredential(), CLOUDS["public"], base_url=url, limits=FAST)
        asking = result_of_post(arm, "/x?api-version=1", {}, CountedQuota(), "/x", 10)
        if status or located:
            assert await asking == {"access": "Allow"}
        else:
            with pytest.raises(InventoryError, match="without a link"):
                await asking
        await arm.aclose()


@pytest.mark.parametrize(
    ("link", "code"),
    [("https://elsewhere.example/x", "ForeignLink"), ("//elsewhere.example/x", "ForeignLink")],
)
async def test_a_link_that_leaves_azure_is_not_followed(link: str, code: str) -> None:
    async def azure(request: web.Request) -> web.Response:
        return web.Response(status=202, headers={"Location": link, "Retry-After": "0"})

    async with served(azure) as url:
        arm = ArmPipeline(FixedCredential(), CLOUDS["public"], base_url=url, limits=FAST)
        with pytest.raises(InventoryError) as raised:
            await result_of_post(arm, "/x?api-version=1", {}, CountedQuota(), "/x", 10)
        assert raised.value.code == code
        await arm.aclose()


async def test_the_twin_answers_by_path_and_body() -> None:
    never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    twin = MemoryAzureReads(
        {
            FLOW: lambda body: {"access": "Allow" if body["localPort"] == "22" else "Deny"},
            EFFECTIVE: never,
            "/denied": InventoryDeniedError("no", status=403),
            "/list": [],
        }
    )
    assert await twin.arm_operation(FLOW, VERSION, question(), within=1) == {"access": "Allow"}
    assert twin.bodies == [(FLOW.lower(), question())]
    codes = {EFFECTIVE: "Timeout", "/denied": "", "/list": "UnparsableAnswer", "/no": "NotFound"}
    for path, code in codes.items():
        with pytest.raises(InventoryError) as raised:
            await twin.arm_operation(path, VERSION, within=0.01)
        assert raised.value.code == code


@pytest.mark.parametrize(
    ("port", "watched", "result", "by"),
    [
        (22, True, "confirmed", "ip_flow_verify"),
        (23, True, "contradicted", "ip_flow_verify"),
        (22, False, "confirmed", "effective_security_rules"),
        (23, False, "contradicted", "effective_security_rules"),
    ],
)
async def test_the_whole_question_against_the_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: int, watched: bool, result: str, by: str
) -> None:
    probe = Probe("row", NIC["id"], VM["id"], Protocol.TCP, "10.0.0.4", port, ("52.1.2.3", "20.1.2.3"))
    lines = [one for one in LINES if watched or one is not WATCHER]
    faults = {"operations": {"retry_after": 0}}
    async with reads_of(tmp_path, monkeypatch, lines, faults) as opened:
        found = await AzureWitness(opened, SUB, 10).on(probe)
    assert (found.result, found.by) == (result, by), found.reason
