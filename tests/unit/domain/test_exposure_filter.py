"""Which rows of the exposure table a port asks for."""

from __future__ import annotations

import pytest

from shared.domain.exposure import Exposure, ExposureFilter, Protocol, SourceClass, Verdict


def row(protocol: Protocol, *ports: str) -> Exposure:
    return Exposure(
        subscription_id="s",
        entry_point=None,
        resource_id="/subscriptions/s/x",
        public_ip=None,
        protocol=protocol,
        ports=ports,
        backend_ports=ports,
        source_class=SourceClass.INTERNET,
        verdict=Verdict.EXPOSED,
        path=(),
    )


@pytest.mark.parametrize(
    ("exposure", "taken"),
    [
        (row(Protocol.TCP, "*"), True),
        (row(Protocol.UDP, "*"), True),
        (row(Protocol.TCP, "20-25"), True),
        (row(Protocol.TCP, "80", "22"), True),
        (row(Protocol.TCP, "2222"), False),
        (row(Protocol.ICMP, "*"), False),
    ],
    ids=lambda value: getattr(value, "ports", None) and f"{value.protocol}-{value.ports}",
)
def test_a_port_is_one_of_tcp_or_udp(exposure: Exposure, taken: bool) -> None:
    assert ExposureFilter(port=22).takes(exposure) is taken
    assert ExposureFilter().takes(exposure)
