"""App Service: our verdicts on the peer's cases agree, or differ as docs/rules/appservice.md says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.rules.peer_rows import GROUP, Equivalent, Facts, ours, rows

SITE = f"{GROUP}/Microsoft.Web/sites/app"
MEMBERS = {
    "ftps_state": "ftpsState",
    "http20_enabled": "http20Enabled",
    "java_version": "javaVersion",
    "linux_fx_version": "linuxFxVersion",
    "min_tls_version": "minTlsVersion",
    "python_version": "pythonVersion",
}
"""Their names of the members of a configuration, and ARM's."""


def _site(facts: Facts, **properties: Any) -> dict[str, Any]:
    found = {"id": SITE, "type": "Microsoft.Web/sites", "kind": facts.get("kind"), "properties": properties}
    if facts.get("identity"):
        found["identity"] = {"type": "SystemAssigned", "principalId": "p"}
    return found


def _config(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    kind = "Microsoft.Web/sites/config" if name == "web" else f"Microsoft.Web/sites/config/{name}"
    return {"id": f"{SITE}/config/{name}", "type": kind, "properties": properties}


def _web(facts: Facts) -> list[dict[str, Any]]:
    """The site with its configuration; without one where theirs has none: it was not read."""
    configuration = facts.get("configurations")
    if configuration is None:
        return [_site(facts)]
    known = {MEMBERS[name]: value for name, value in configuration.items() if name in MEMBERS}
    return [_site(facts), _config("web", known)]


def _certificates(facts: Facts) -> list[dict[str, Any]]:
    """Their mode is `Ignore` where client certificates are off."""
    mode = facts["client_cert_mode"]
    properties = {"clientCertEnabled": False} if mode == "Ignore" else {"clientCertEnabled": True}
    return [_site(facts, **properties, **({} if mode == "Ignore" else {"clientCertMode": mode}))]


def _settings(facts: Facts) -> list[dict[str, Any]]:
    """Names of settings; of one the value, as in a scan."""
    kept = {
        name: value if name == "FUNCTIONS_EXTENSION_VERSION" else "plain" if value else "empty"
        for name, value in (facts.get("environment_variables") or {}).items()
    }
    return [_site(facts), _config("appsettings", kept)]


MAPPING = {
    "app_client_certificates_on": Equivalent("appservice.client_certificates", _certificates),
    "app_ensure_auth_is_set_up": Equivalent(
        "appservice.auth",
        lambda facts: [
            _site(facts),
            _config("authsettingsV2", {"platform": {"enabled": facts["auth_enabled"]}}),
        ],
    ),
    "app_ensure_http_is_redirected_to_https": Equivalent(
        "appservice.https_only", lambda facts: [_site(facts, httpsOnly=facts["https_only"])]
    ),
    "app_ensure_java_version_is_latest": Equivalent("appservice.java_version", _web),
    "app_ensure_php_version_is_latest": Equivalent("appservice.php_version", _web),
    "app_ensure_python_version_is_latest": Equivalent("appservice.python_version", _web),
    "app_ensure_using_http20": Equivalent("appservice.http20", _web),
    "app_ftp_deployment_disabled": Equivalent("appservice.ftp_state", _web),
    "app_minimum_tls_version_12": Equivalent("appservice.min_tls", _web),
    "app_register_with_identity": Equivalent("appservice.managed_identity", lambda facts: [_site(facts)]),
    "app_function_application_insights_enabled": Equivalent("appservice.function_app_insights", _settings),
    "app_function_ftps_deployment_disabled": Equivalent(
        "appservice.ftp_state",
        lambda facts: [_site(facts), _config("web", {"ftpsState": facts["ftps_state"]})],
    ),
    "app_function_identity_is_configured": Equivalent(
        "appservice.managed_identity", lambda facts: [_site(facts)]
    ),
    "app_function_latest_runtime_version": Equivalent("appservice.function_runtime", _settings),
    "app_function_vnet_integration_enabled": Equivalent(
        "appservice.vnet_integration",
        lambda facts: [_site(facts, virtualNetworkSubnetId=facts.get("vnet_subnet_id"))],
    ),
}
DIFFERENT = {
    "pr-076": "PASS",
    "pr-078": "PASS",
    "pr-083": "ERROR",
    "pr-096": "PASS",
    "pr-111": "ERROR",
}
"""Our verdict where it is another one; why is in docs/rules/appservice.md."""
LATEST = {one for one in MAPPING if one.endswith("_is_latest")}
"""They ask for the latest version, we for a supported one: theirs may fail where ours passes."""


@pytest.mark.parametrize("row", rows(MAPPING))
def test_agrees(row: dict[str, Any]) -> None:
    said = ours(row, MAPPING[row["check"]])
    if row["id"] in DIFFERENT:
        assert said == DIFFERENT[row["id"]] != row["expected"]
    elif row["check"] in LATEST and row["expected"] == "FAIL":
        assert said in ("FAIL", "PASS")
    else:
        assert said == row["expected"]
