"""Questions about one network interface that Azure answers by long-running operations.

Sources: learn.microsoft.com REST references "Network Interfaces - List Effective Network Security Groups" and
"Network Watchers - Verify IP Flow"; "IP flow verify overview" (a watcher in the machine's region, TCP and UDP
only, security admin rules before the NSGs). The codes of the refusals are the stand-in's own.
"""

from ipaddress import ip_address, ip_network
from typing import Any, Final

import orjson

from devhost.azure.arm_access import require_visible
from devhost.azure.arm_id import ArmPath, parse
from devhost.azure.effective_rules import Interface, effective_groups, interface_of, power_state
from devhost.azure.errors import ArmError, bad_request, resource_not_found
from devhost.azure.estate import Estate
from devhost.azure.faults import Faults

EFFECTIVE: Final = "effectivenetworksecuritygroups"
FLOW: Final = "ipflowverify"
_WATCHERS: Final = "microsoft.network/networkwatchers"
_ADMIN_RULES: Final = "standin/effectivesecurityadminrules"
_TEXTS: Final = (
    "targetResourceId",
    "direction",
    "protocol",
    "localIPAddress",
    "localPort",
    "remoteIPAddress",
    "remotePort",
)


class NetworkQuestions:
    """Answers them about one estate."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def answer(self, path: ArmPath, faults: Faults, body: bytes) -> bytes | None:
        """What the operation comes to; None when the path is none of the two.

        Raises:
            ArmError: 400, 403 or 404, at once as Azure refuses too.
        """
        kind = path.resource_type.lower()
        if kind == f"microsoft.network/networkinterfaces/{EFFECTIVE}" and path.is_collection:
            action = "Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action"
            require_visible(self._estate, faults, path, action)
            interface = self._interface(path.path.rsplit("/", 1)[0])
            self._require_running(interface)
            return orjson.dumps(effective_groups(self._estate, interface))
        if kind == f"{_WATCHERS}/{FLOW}" and path.is_collection:
            require_visible(
                self._estate, faults, path, "Microsoft.Network/networkWatchers/ipFlowVerify/action"
            )
            return orjson.dumps(self._flow(path.path.rsplit("/", 1)[0], _question(body)))
        return None

    def _flow(self, watcher: str, question: dict[str, str]) -> dict[str, str]:
        stored = self._estate.find(watcher)
        if stored is None or stored.malformed or stored.resource_type != _WATCHERS:
            raise resource_not_found(watcher)
        interface = self._asked_about(question)
        if str(stored.decoded().get("location") or "").lower() != interface.location:
            raise bad_request("The machine is in another region than the network watcher.", "WrongRegion")
        self._require_running(interface)
        if question["localIPAddress"] not in interface.addresses:
            raise bad_request("localIPAddress is no address of the interface.", "InvalidLocalIPAddress")
        admin = self._admin_rules(interface)
        rule = _first(admin, question)
        if rule is not None and rule["access"] != "Allow":
            return _flow_answer("Allow" if rule["access"] == "AlwaysAllow" else "Deny", rule["name"])
        groups = effective_groups(self._estate, interface)["value"]
        if not groups:
            raise bad_request("No network security group is applied.", "NoNetworkSecurityGroup")
        for group in groups:
            rules = sorted(group["effectiveSecurityRules"], key=lambda one: one["priority"])
            rule = _first(rules, question)
            if rule is None or rule["access"] == "Deny":
                return _flow_answer("Deny", "" if rule is None else rule["name"])
        return _flow_answer("Allow", "" if rule is None else rule["name"])

    def _asked_about(self, question: dict[str, str]) -> Interface:
        named = question.get("targetNicResourceId")
        machine = question["targetResourceId"]
        if named:
            interface = self._interface(named)
            if (interface.machine or "").lower() != machine.lower():
                raise bad_request("targetNicResourceId is no interface of the machine.", "InvalidTarget")
            return interface
        stored = self._estate.find(machine)
        if stored is None or stored.malformed:
            raise resource_not_found(machine)
        profile = (stored.decoded().get("properties") or {}).get("networkProfile") or {}
        for one in profile.get("networkInterfaces") or []:
            return self._interface(str(one.get("id")))
        raise bad_request("The machine has no network interface.", "InvalidTarget")

    def _interface(self, identity: str) -> Interface:
        found = interface_of(self._estate, identity)
        if found is None:
            raise resource_not_found(identity)
        return found

    def _require_running(self, interface: Interface) -> None:
        state = power_state(self._estate, interface.machine) if interface.machine else ""
        if state not in (None, "running"):
            message = f"'{interface.id}' is attached to no running virtual machine."
            raise ArmError(400, "VirtualMachineNotRunning", message)

    def _admin_rules(self, interface: Interface) -> list[dict[str, Any]]:
        """The inbound admin rules of the interface's network, in the form of effective rules."""
        found: list[dict[str, Any]] = []
        for subnet in interface.subnets:
            network = parse(subnet.rpartition("/subnets/")[0])
            for ref in self._estate.select_once(_ADMIN_RULES, network.key):
                stored = self._estate.stored(ref)
                if stored.malformed or not (stored.key + "/").startswith(network.key + "/"):
                    continue
                value = (stored.decoded().get("properties") or {}).get("value") or []
                found += [_admin_rule(one) for one in value]
        return sorted(found, key=lambda one: one["priority"])


def _admin_rule(rule: dict[str, Any]) -> dict[str, Any]:
    properties = rule.get("properties") or {}
    told = {
        "name": str(rule.get("id") or "").rpartition("/")[2],
        "priority": properties.get("priority", 0),
        "direction": properties.get("direction"),
        "access": properties.get("access"),
        "protocol": "All" if properties.get("protocol") in ("Any", "*", None) else properties["protocol"],
    }
    for side in ("source", "destination"):
        told[f"{side}PortRanges"] = properties.get(f"{side}PortRanges") or ["0-65535"]
        prefixes = [one.get("addressPrefix") for one in properties.get(f"{side}s") or []] or ["*"]
        told[f"{side}AddressPrefixes"] = ["*" if one == "Internet" else one for one in prefixes]
        told[f"expanded{side.capitalize()}AddressPrefix"] = []
    return told


def _first(rules: list[dict[str, Any]], question: dict[str, str]) -> dict[str, Any] | None:
    return next((one for one in rules if _matches(one, question)), None)


def _matches(rule: dict[str, Any], question: dict[str, str]) -> bool:
    protocol = str(rule["protocol"]).lower()
    return (
        str(rule["direction"]).lower() == question["direction"].lower()
        and protocol in ("all", "*", question["protocol"].lower())
        and _in_ports(rule, "source", question["remotePort"])
        and _in_ports(rule, "destination", question["localPort"])
        and _in_addresses(rule, "Source", question["remoteIPAddress"])
        and _in_addresses(rule, "Destination", question["localIPAddress"])
    )


def _in_ports(rule: dict[str, Any], side: str, port: str) -> bool:
    for text in rule.get(f"{side}PortRanges") or [rule.get(f"{side}PortRange") or "*"]:
        low, dash, high = text.partition("-")
        if text == "*" or int(low) <= int(port) <= int(high if dash else low):
            return True
    return False


def _in_addresses(rule: dict[str, Any], side: str, address: str) -> bool:
    written = rule.get(f"{side.lower()}AddressPrefixes") or [rule.get(f"{side.lower()}AddressPrefix") or ""]
    for text in (*written, *(rule.get(f"expanded{side}AddressPrefix") or [])):
        if text == "*" or (text[:1].isdigit() and ip_address(address) in ip_network(text, strict=False)):
            return True
    return False


def _flow_answer(access: str, rule: str) -> dict[str, str]:
    return {"access": access, "ruleName": rule}


def _question(body: bytes) -> dict[str, str]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"The request content was invalid: {error}", "InvalidRequestContent") from error
    if not isinstance(asked, dict):
        raise bad_request("The request content was invalid: not an object.", "InvalidRequestContent")
    for name in _TEXTS:
        if not isinstance(asked.get(name), str) or not asked[name]:
            raise bad_request(f"'{name}' is missing.", "InvalidRequestContent")
    if asked["direction"].lower() != "inbound" or asked["protocol"].lower() not in ("tcp", "udp"):
        raise bad_request("Only inbound TCP and UDP are answered here.", "InvalidRequestContent")
    _require_numbers(asked)
    return asked


def _require_numbers(asked: dict[str, str]) -> None:
    for name in ("localPort", "remotePort"):
        if not (asked[name].isascii() and asked[name].isdigit() and int(asked[name][:6]) <= 65535):
            raise bad_request(f"'{name}' is no port.", "InvalidRequestContent")
    for name in ("localIPAddress", "remoteIPAddress"):
        try:
            version = ip_address(asked[name]).version
        except ValueError as error:
            raise bad_request(f"'{name}' is no address.", "InvalidRequestContent") from error
        if version != 4:
            raise bad_request(f"'{name}' is no IPv4 address.", "InvalidRequestContent")
