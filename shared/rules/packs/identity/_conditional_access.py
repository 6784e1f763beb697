"""Conditional Access policies: what must be so of one for a rule to count it.

`GET /v1.0/identity/conditionalAccess/policies`. A part of a policy (`Part`) is looked at by a function that
gives the reason why the policy does not count, or None. Policies in report-only mode are not in force.
https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet

POLICIES: Final = "graph/conditionalaccesspolicies"
POLICIES_REFERENCE: Final = "https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy"
_PATHS: Final = tuple(
    f"properties.{member}"
    for member in ("displayName", "state", "conditions", "grantControls", "sessionControls")
)
_CONDITIONS: Final = "properties.conditions"
_GRANT: Final = "properties.grantControls"

Part = Callable[[Columns], str | None]

MFA_STRENGTHS: Final = frozenset(f"00000000-0000-0000-0000-00000000000{number}" for number in (2, 3, 4))
"""Built-in authentication strengths, all of which require more than one factor: multifactor, passwordless,
phishing-resistant (https://learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths)."""


def policy(*parts: Part) -> Expectation:
    """The policy is in force and every part is as wanted."""

    def judge(columns: Columns) -> Verdict:
        for part in (_in_force, *parts):
            reason = part(columns)
            if reason is not None:
                return unmet(reason)
        return MET

    return Expectation(_PATHS, judge)


def words_at(columns: Columns, path: str) -> list[str]:
    """Lower-cased words of a list, none where it is absent.

    Raises:
        ColumnError: something else stands there.
    """
    value = value_at(columns, path)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ColumnError(f"{path}: not a list of text")
    return [one.lower() for one in value]


def _in_force(columns: Columns) -> str | None:
    state = text_at(columns, "properties.state")
    if state is None:
        raise ColumnError("properties.state: missing")
    return None if state.lower() == "enabled" else f"its state is {state}"


def all_users(columns: Columns) -> str | None:
    """It includes all users, and excludes no kind of them; single accounts and groups it may exclude."""
    users = f"{_CONDITIONS}.users"
    if "all" not in words_at(columns, f"{users}.includeUsers"):
        return "it does not include all users"
    guests = "guestsorexternalusers" in words_at(columns, f"{users}.excludeUsers")
    if guests or value_at(columns, f"{users}.excludeGuestsOrExternalUsers") is not None:
        return "it excludes guests or external users"
    return "it excludes directory roles" if words_at(columns, f"{users}.excludeRoles") else None


def some_users(columns: Columns) -> str | None:
    """It is about people at all: others are about workload identities."""
    users = f"{_CONDITIONS}.users"
    listed = [
        one
        for member in ("includeUsers", "includeGroups", "includeRoles")
        for one in words_at(columns, f"{users}.{member}")
        if one != "none"
    ]
    guests = value_at(columns, f"{users}.includeGuestsOrExternalUsers")
    return None if listed or guests is not None else "it includes no users"


def users_with(roles: frozenset[str]) -> Part:
    """It includes all users, or at least these directory roles."""

    def judge(columns: Columns) -> str | None:
        users = f"{_CONDITIONS}.users"
        excluded = roles & set(words_at(columns, f"{users}.excludeRoles"))
        if excluded:
            return f"it excludes {len(excluded)} of {len(roles)} administrative roles"
        if "all" in words_at(columns, f"{users}.includeUsers"):
            return None
        missing = roles - set(words_at(columns, f"{users}.includeRoles"))
        return f"it leaves out {len(missing)} of {len(roles)} administrative roles" if missing else None

    return judge


def applications(*wanted: str) -> Part:
    """It includes one of these applications, or all without excluding all of these; no argument: all."""
    named = {one.lower() for one in wanted}

    def judge(columns: Columns) -> str | None:
        included = set(words_at(columns, f"{_CONDITIONS}.applications.includeApplications"))
        excluded = set(words_at(columns, f"{_CONDITIONS}.applications.excludeApplications"))
        if not named:
            if "all" not in included:
                return "it does not include all applications"
            return f"it excludes {len(excluded)} applications" if excluded else None
        if "all" in included:
            included |= named
        return None if named & (included - excluded) else f"it does not include {' or '.join(wanted)}"

    return judge


def user_action(action: str) -> Part:
    """It is about a user action, such as registering a device."""

    def judge(columns: Columns) -> str | None:
        found = words_at(columns, f"{_CONDITIONS}.applications.includeUserActions")
        return None if action.lower() in found else f"it is not about {action}"

    return judge


def blocks(columns: Columns) -> str | None:
    """It blocks access."""
    found = words_at(columns, f"{_GRANT}.builtInControls")
    return None if "block" in found else "it does not block access"


def requires_mfa(columns: Columns) -> str | None:
    """It demands more than one factor, not as one choice of several."""
    controls = words_at(columns, f"{_GRANT}.builtInControls")
    strength = value_at(columns, f"{_GRANT}.authenticationStrength")
    multifactor = "mfa" in controls or (strength is not None and _is_multifactor(columns))
    if not multifactor:
        return "it does not require multifactor authentication"
    others = words_at(columns, f"{_GRANT}.customAuthenticationFactors")
    terms = words_at(columns, f"{_GRANT}.termsOfUse")
    total = len(controls) + len(others) + len(terms) + (strength is not None)
    if total > 1 and (text_at(columns, f"{_GRANT}.operator") or "").upper() != "AND":
        return "it lets other controls stand for multifactor authentication"
    return None


def _is_multifactor(columns: Columns) -> bool:
    satisfied = text_at(columns, f"{_GRANT}.authenticationStrength.requirementsSatisfied")
    identity = text_at(columns, f"{_GRANT}.authenticationStrength.id")
    if satisfied is None and identity is None:
        raise ColumnError(f"{_GRANT}.authenticationStrength.requirementsSatisfied: missing")
    return "mfa" in (satisfied or "").lower() or (identity or "").lower() in MFA_STRENGTHS


def requires_mfa_or_blocks(columns: Columns) -> str | None:
    """It demands more than one factor, or lets nobody in."""
    return None if blocks(columns) is None else requires_mfa(columns)


def unconditional(*but: str) -> Part:
    """It is in force under every condition, except for those named: `signInRiskLevels`, `locations`."""

    def judge(columns: Columns) -> str | None:
        for name, restricts in _RESTRICTIONS.items():
            if name not in but and restricts(columns):
                return f"it is in force only under some {name}"
        return None

    return judge


def _levels(name: str) -> Callable[[Columns], bool]:
    return lambda columns: bool(words_at(columns, f"{_CONDITIONS}.{name}"))


def _some_devices(columns: Columns) -> bool:
    devices = value_at(columns, f"{_CONDITIONS}.devices")
    return any(devices.values()) if isinstance(devices, Mapping) else devices is not None


def _some_flows(columns: Columns) -> bool:
    methods = text_at(columns, f"{_CONDITIONS}.authenticationFlows.transferMethods")
    return methods is not None and methods.lower() != "none"


def restricts_locations(columns: Columns) -> bool:
    """It is in force in some locations only."""
    return _some_only(columns, "locations", "Locations")


def _some_only(columns: Columns, name: str, member: str) -> bool:
    path = f"{_CONDITIONS}.{name}"
    if value_at(columns, path) is None:
        return False
    excluded = words_at(columns, f"{path}.exclude{member}")
    return bool(excluded) or "all" not in words_at(columns, f"{path}.include{member}")


def _some_clients(columns: Columns) -> bool:
    clients = set(words_at(columns, f"{_CONDITIONS}.clientAppTypes"))
    return (
        bool(clients) and "all" not in clients and not clients >= {"browser", "mobileappsanddesktopclients"}
    )


_RESTRICTIONS: Final[dict[str, Callable[[Columns], bool]]] = {
    "signInRiskLevels": _levels("signInRiskLevels"),
    "userRiskLevels": _levels("userRiskLevels"),
    "insiderRiskLevels": lambda columns: text_at(columns, f"{_CONDITIONS}.insiderRiskLevels") is not None,
    "locations": restricts_locations,
    "platforms": lambda columns: _some_only(columns, "platforms", "Platforms"),
    "devices": _some_devices,
    "authenticationFlows": _some_flows,
    "clientAppTypes": _some_clients,
}
