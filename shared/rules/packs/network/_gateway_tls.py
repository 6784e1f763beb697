"""The TLS policy of an application gateway.

Versions of the predefined policies, and their default: Microsoft Learn, "Application Gateway TLS policy
overview" (https://learn.microsoft.com/azure/application-gateway/application-gateway-ssl-policy-overview).
"""

from __future__ import annotations

from typing import Final

from shared.rules.columns import ColumnError, entries_at, text_at
from shared.rules.expectations import MET, NOT_APPLICABLE, Columns, Expectation, Verdict, unmet

_LISTENERS: Final = ("properties.httpListeners", "properties.listeners")
_NAME: Final = "properties.sslPolicy.policyName"
_LEAST: Final = "properties.sslPolicy.minProtocolVersion"

_OLD_POLICIES: Final = {"appgwsslpolicy20150501": "1.0", "appgwsslpolicy20170401": "1.1"}
_NEW_POLICIES: Final = frozenset(
    {"appgwsslpolicy20170401s", "appgwsslpolicy20220101", "appgwsslpolicy20220101s"}
)
_OLD_VERSIONS: Final = frozenset({"tlsv1_0", "tlsv1_1"})
_NEW_VERSIONS: Final = frozenset({"tlsv1_2", "tlsv1_3"})


def _has_tls_listener(columns: Columns) -> Verdict:
    protocols = {
        (text_at(one, "properties.protocol") or "").lower()
        for path in _LISTENERS
        for one in entries_at(columns, path)
    }
    return MET if protocols & {"https", "tls"} else NOT_APPLICABLE


def _refuses_old_tls(columns: Columns) -> Verdict:
    name, least = text_at(columns, _NAME), text_at(columns, _LEAST)
    if least is not None:
        if least.lower() in _NEW_VERSIONS:
            return MET
        if least.lower() in _OLD_VERSIONS:
            return unmet(f"{_LEAST} is {least!r}, expected TLSv1_2 or later")
        raise ColumnError(f"{_LEAST}: {least[:40]!r} is no version that is known")
    if name is None:
        raise ColumnError(
            "properties.sslPolicy: not set, and the default depends on how the gateway was made"
        )
    if name.lower() in _NEW_POLICIES:
        return MET
    if name.lower() in _OLD_POLICIES:
        return unmet(f"{_NAME} is {name!r}, which accepts TLS {_OLD_POLICIES[name.lower()]}")
    raise ColumnError(f"{_NAME}: {name[:40]!r} is no predefined policy that is known")


has_tls_listener = Expectation(
    tuple(f"{path}[*].properties.protocol" for path in _LISTENERS), _has_tls_listener
)
"""At least one listener takes HTTPS or TLS."""

refuses_old_tls = Expectation((_NAME, _LEAST), _refuses_old_tls)
"""Clients cannot use TLS below 1.2."""
