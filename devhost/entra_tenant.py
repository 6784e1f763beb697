"""The local tenant as the stack starts it: one service principal a role, and the settings that trust it."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from devhost.azure.server import TENANT_ID

API_URI: Final = "api://security-copilot"
API_CLIENT_ID: Final = "5a1ad000-0000-4000-8000-0000000000aa"


class EntraTenant:
    """Describes the child `devhost.entra`, its clients and how to reach it."""

    def __init__(self, folder: Path, secrets: Mapping[str, str]) -> None:
        """`secrets`: role -> secret, from which the service principal's own is derived."""
        self._folder = folder
        self._clients = {role: (_client_id(role), _derived(secret)) for role, secret in secrets.items()}
        self._authority = ""

    @property
    def arguments(self) -> list[str]:
        """Of the child."""
        return [
            *("--folder", str(self._folder)),
            *("--tenant", TENANT_ID),
            *("--api-uri", API_URI),
            *("--api-client-id", API_CLIENT_ID),
        ]

    @property
    def environment(self) -> dict[str, str]:
        """Of the child: secrets are not for command lines."""
        clients = [
            {"client_id": client_id, "secret": secret, "roles": [role]}
            for role, (client_id, secret) in self._clients.items()
        ]
        return {"ENTRA_CLIENTS": json.dumps(clients)}

    def settings(self, port: int) -> dict[str, str]:
        """Application settings that trust the tenant served on `port`.

        SSL_CERT_FILE holds the system's authorities too; the app's process reads it.
        """
        self._authority = f"https://127.0.0.1:{port}"
        return {
            "SECURITY_COPILOT_ENTRA_TENANTS": TENANT_ID,
            "SECURITY_COPILOT_ENTRA_AUDIENCES": f"{API_URI},{API_CLIENT_ID}",
            "SECURITY_COPILOT_ENTRA_AUTHORITY": self._authority,
            "SSL_CERT_FILE": str(self._folder / "ca-bundle.pem"),
        }

    @property
    def described(self) -> dict[str, Any]:
        """What a caller needs: for azure-identity's credentials and its environment variables."""
        return {
            "authority": self._authority,
            "tenant_id": TENANT_ID,
            "scope": f"{API_URI}/.default",
            "client_id_scope": f"{API_CLIENT_ID}/.default",
            "ca_file": str(self._folder / "ca-bundle.pem"),
            "clients": {
                role: {
                    "client_id": client_id,
                    "client_secret": secret,
                    "identity_endpoint": f"{self._authority}/msi/{client_id}/token",
                }
                for role, (client_id, secret) in self._clients.items()
            },
        }


def _client_id(role: str) -> str:
    return str(uuid.uuid5(uuid.UUID(TENANT_ID), role))


def _derived(secret: str) -> str:
    return hashlib.sha256(f"service principal {secret}".encode()).hexdigest()
