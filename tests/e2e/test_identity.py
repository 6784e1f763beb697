"""Real azure-identity credentials against the local tenant, and their tokens against the running app."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import urllib.request
from typing import Any

import pytest
from azure.identity import ClientSecretCredential

from devhost.demo.client import ApiClient, ApiError
from tests.e2e.stack import ROOT, Stack

pytestmark = pytest.mark.local_stack

ROLES = ("admin", "operator", "viewer")
DEFAULT_CREDENTIAL = """
import sys
from azure.identity import DefaultAzureCredential
credential = DefaultAzureCredential(disable_instance_discovery=True)
print(credential.get_token(sys.argv[1]).token)
"""


@pytest.fixture(scope="module")
def stack() -> Any:
    with Stack(ROOT / "samples" / "estate.jsonl") as running:
        running.start()
        yield running


def service_principal(stack: Stack, role: str, **changes: str) -> ClientSecretCredential:
    entra = stack.ready["entra"]
    known = {**entra["clients"][role], **changes}
    return ClientSecretCredential(
        entra["tenant_id"],
        known["client_id"],
        known["client_secret"],
        authority=entra["authority"],
        disable_instance_discovery=True,
        connection_verify=entra["ca_file"],
    )


def client(stack: Stack, token: str) -> ApiClient:
    return ApiClient(stack.ready["base_url"], token)


@pytest.mark.parametrize("scope", ["scope", "client_id_scope"], ids=["v1.0", "v2.0"])
@pytest.mark.parametrize("role", ROLES)
def test_a_service_principal_calls_with_its_role(stack: Stack, role: str, scope: str) -> None:
    token = service_principal(stack, role).get_token(stack.ready["entra"][scope]).token
    api = client(stack, token)
    assert api.get("/v1/rules?limit=1")["total"] > 0
    if role == "admin":
        assert "api_keys" in api.get("/v1/api-keys")
    else:
        with pytest.raises(ApiError, match="403 FORBIDDEN"):
            api.get("/v1/api-keys")


def test_the_default_credential_by_its_environment_variables(stack: Stack) -> None:
    entra = stack.ready["entra"]
    known = entra["clients"]["operator"]
    environment = {
        **os.environ,
        "AZURE_TENANT_ID": entra["tenant_id"],
        "AZURE_CLIENT_ID": known["client_id"],
        "AZURE_CLIENT_SECRET": known["client_secret"],
        "AZURE_AUTHORITY_HOST": entra["authority"],
        "SSL_CERT_FILE": entra["ca_file"],
        "REQUESTS_CA_BUNDLE": entra["ca_file"],
    }
    done = subprocess.run(
        [sys.executable, "-c", DEFAULT_CREDENTIAL, entra["scope"]],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    api = client(stack, done.stdout.strip())
    status, headers, _ = api.call("GET", "/v1/scans")
    assert status == 200
    assert headers["x-ratelimit-limit"] == "1000"


def test_a_managed_identity_as_an_app_service_app_has_it(stack: Stack) -> None:
    entra = stack.ready["entra"]
    known = entra["clients"]["viewer"]
    environment = {
        **os.environ,
        "IDENTITY_ENDPOINT": known["identity_endpoint"],
        "IDENTITY_HEADER": known["client_secret"],
        "SSL_CERT_FILE": entra["ca_file"],
        "REQUESTS_CA_BUNDLE": entra["ca_file"],
    }
    code = DEFAULT_CREDENTIAL.replace("DefaultAzureCredential", "ManagedIdentityCredential").replace(
        "disable_instance_discovery=True", ""
    )
    done = subprocess.run(
        [sys.executable, "-c", code, entra["scope"]],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert client(stack, done.stdout.strip()).get("/v1/rules?limit=1")["total"] > 0


def test_a_wrong_secret_gets_no_token(stack: Stack) -> None:
    with pytest.raises(Exception, match="AADSTS7000215"):
        service_principal(stack, "admin", client_secret="wrong").get_token(stack.ready["entra"]["scope"])


def test_the_app_follows_a_rotation(stack: Stack) -> None:
    entra = stack.ready["entra"]
    before = service_principal(stack, "viewer").get_token(entra["scope"]).token
    assert client(stack, before).get("/v1/rules?limit=1")
    context = ssl.create_default_context(cafile=entra["ca_file"])
    request = urllib.request.Request(f"{entra['authority']}/_control/rotate", method="POST", data=b"")
    with urllib.request.urlopen(request, context=context, timeout=10) as answer:
        new = json.loads(answer.read())["kid"]
    published = f"{entra['authority']}/{entra['tenant_id']}/discovery/keys"
    with urllib.request.urlopen(published, context=context, timeout=10) as answer:
        assert new in [key["kid"] for key in json.loads(answer.read())["keys"]]
    after = service_principal(stack, "viewer").get_token(entra["scope"]).token
    for token in (after, before):
        assert client(stack, token).get("/v1/rules?limit=1")


def test_a_key_made_here_works_and_is_audited(stack: Stack) -> None:
    admin = client(stack, stack.ready["api_key"])
    status, _, made = admin.call(
        "POST", "/v1/api-keys", {"name": "e2e", "role": "viewer", "tier": "professional"}
    )
    assert status == 201
    holder = client(stack, made["key"])
    _, headers, _ = holder.call("GET", "/v1/findings")
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("10000", "9999")
    admin.call("DELETE", f"/v1/api-keys/{made['id']}")
    with pytest.raises(ApiError, match="401"):
        holder.get("/v1/findings")
    written = [(entry["operation"], entry["status"]) for entry in admin.get("/v1/audit?limit=2")["entries"]]
    assert sorted(written) == [("v1_api_keys_create", 201), ("v1_api_keys_delete", 204)]
