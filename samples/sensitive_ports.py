"""The port groups that `network.exposure.vm_effective` reports at a machine, written down a second time.

Ports and severities are those of the catalogue's `network.nsg.*_from_internet` rules; the web's ports are not
among them. The first three groups are those that plantings open on purpose.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from samples.shapes import GROUP_PORTS, RULE_IDS

SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class SensitivePorts:
    """A port group. `severity` is what it is worth when the whole internet reaches it.

    `every`: all ports of one protocol, of which the sampled ones are looked at, must be within reach.
    """

    severity: str
    tcp: tuple[int, ...] = ()
    udp: tuple[int, ...] = ()
    every: bool = False


SENSITIVE: Mapping[str, SensitivePorts] = {
    **{RULE_IDS[group]: SensitivePorts("critical", tcp=ports) for group, ports in GROUP_PORTS.items()},
    "network.nsg.smb_from_internet": SensitivePorts("critical", tcp=(139, 445), udp=(137, 138)),
    "network.nsg.winrm_from_internet": SensitivePorts("high", tcp=(5985, 5986)),
    "network.nsg.legacy_cleartext_from_internet": SensitivePorts("high", tcp=(20, 21, 23)),
    "network.nsg.kube_api_and_docker_from_internet": SensitivePorts(
        "critical", tcp=(2375, 2376, 2379, 2380, 6443, 10250, 10255)
    ),
    "network.nsg.udp_from_internet": SensitivePorts(
        "high", udp=(17, 19, 53, 69, 111, 123, 161, 389, 520, 1900, 3702, 5353, 11211)
    ),
    "network.nsg.any_port_from_internet": SensitivePorts("critical", every=True),
}

SENSITIVE_PORTS = frozenset(port for group in SENSITIVE.values() for port in (*group.tcp, *group.udp))
