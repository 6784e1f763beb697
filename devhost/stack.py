"""The local stack: Azurite, the Service Bus server and the Azure stand-in as children, and their settings."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlencode

from devhost import azurite
from devhost.azure.change_events import EVENT_WEBHOOK
from devhost.azure_login import check_login
from devhost.child import Child
from devhost.entra_tenant import EntraTenant
from devhost.event_sink import TOPIC
from devhost.functionhost.eventgrid import WEBHOOK_PATH
from devhost.lifeline import hold

ROLES: Final = ("admin", "operator", "viewer")
BUS_KEY_NAME: Final = "RootManageSharedAccessKey"
QUEUES: Final = Path(__file__).with_name("queues.json")
FAILED_ATTEMPTS: Final = "10000"
"""No front end says where local callers come from: they share one limit."""
CHANGE_FUNCTION: Final = "resource_changed"
"""The app's function for events of Azure's subscriptions."""
STALL_SECONDS: Final = 20
"""Locally a lost message is looked for sooner than the 120 s of the product."""


@dataclass(frozen=True, slots=True)
class StackOptions:
    """What to start. `estate` None: real Azure, with the developer's login."""

    estate: Path | None
    state: Path | None = None
    faults: Path | None = None
    subscription: str | None = None
    forgetful: bool = False
    """Storage stays in memory, whatever `state` is: Azurite writes all that it has out every few seconds."""


@dataclass(slots=True)
class LocalStack:
    """Running stand-ins. Start it in the main thread: children are tied to the thread that starts them."""

    options: StackOptions
    _children: list[Child] = field(default_factory=list)
    _ports: dict[str, int] = field(default_factory=dict)
    _lock: IO[str] | None = None
    _azurite: azurite.Azurite | None = None
    _folder: Path | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    entra: EntraTenant | None = None
    """The local tenant; None with real Azure, whose tenants are then the ones to trust."""

    def start(self, base_url: str) -> dict[str, str]:
        """Start everything and return the application settings.

        Raises:
            AzuriteError, ChildError, OrphanError: something did not start; what did is stopped.
        """
        try:
            return self._start(base_url)
        except BaseException:
            self.stop()
            raise

    @property
    def folder(self) -> Path:
        """Where timers and secrets live: the state folder, or a temporary one."""
        if self._folder is None:
            self._folder = self.options.state or Path(tempfile.mkdtemp(prefix="security-copilot-"))
            self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    @property
    def api_keys(self) -> dict[str, str]:
        """Role -> API key."""
        return {role: self.secrets[role] for role in ROLES}

    def fallen(self) -> list[Child]:
        """Stand-ins that ended by themselves."""
        return [child for child in self._children if not child.running]

    @property
    def storage_lost(self) -> bool:
        """Whether Azurite ended: what it had not written out is gone."""
        return self._azurite is not None and not self._azurite.running

    def start_again(self, child: Child) -> None:
        """Start a fallen stand-in on its old port. Call it in the main thread, then `child.wait_ready()`."""
        child.start_again("--port", str(self._ports[child.module]))

    def stop(self) -> None:
        """Stop what was started, in reverse, and remove what is only temporary."""
        for child in self._children:
            child.ask_to_stop()
        for child in reversed(self._children):
            child.stop()
        self._children.clear()
        if self._azurite is not None:
            self._azurite.stop()
            self._azurite = None
        if self._folder is not None and self.options.state is None:
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _start(self, base_url: str) -> dict[str, str]:
        if self.options.state is not None:
            self._lock = hold(self.folder / "devhost.lock")
        self.secrets = _load_secrets(self.folder)
        if self.options.estate is None:
            check_login(_real_azure(self.options)["SECURITY_COPILOT_CREDENTIAL"])
        state = self.options.state
        storage = azurite.launch(None if state is None or self.options.forgetful else state / "azurite")
        self._azurite = storage
        bus = self._child(
            "devhost.servicebus",
            [
                *("--config", str(QUEUES), "--key-name", BUS_KEY_NAME),
                *(() if state is None else ("--database", str(state / "servicebus.sqlite3"))),
                *("--log-level", "WARNING"),
            ],
            {"SERVICEBUS_KEY": self.secrets["bus"]},
        )
        azure = tenant = None
        if self.options.estate is not None:
            faults = self.options.faults
            azure = self._child(
                "devhost.azure",
                [
                    *("--estate", str(self.options.estate.resolve())),
                    f"--identity-header={self.secrets['identity']}",
                    *(() if faults is None else ("--faults", str(faults.resolve()))),
                ],
                {EVENT_WEBHOOK: self._event_webhook(base_url)},
            )
            self.entra = EntraTenant(self.folder / "entra", {role: self.secrets[role] for role in ROLES})
            tenant = self._child("devhost.entra", self.entra.arguments, self.entra.environment)
        port = self._ports[bus.module] = bus.wait_ready()["port"]
        azure_settings = _real_azure(self.options) if azure is None else self._stand_in(azure)
        if self.entra is not None and tenant is not None:
            self._ports[tenant.module] = tenant.wait_ready()["port"]
            azure_settings |= self.entra.settings(self._ports[tenant.module])
        storage.wait_ready()
        settings = {
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "AzureWebJobsStorage": storage.connection_string,
            "ServiceBus": (
                f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName={BUS_KEY_NAME};"
                f"SharedAccessKey={self.secrets['bus']};UseDevelopmentEmulator=true"
            ),
            "EventGrid__topicEndpoint": f"{base_url}{TOPIC}",
            "EventGrid__topicKey": self.secrets["topic"],
            "SECURITY_COPILOT_API_KEYS": json.dumps(
                [
                    {
                        "id": role,
                        "name": f"local {role}",
                        "role": role,
                        "tier": "enterprise",
                        "key": self.secrets[role],
                    }
                    for role in ROLES
                ]
            ),
            "SECURITY_COPILOT_API_KEY_PEPPER": self.secrets["pepper"],
            "SECURITY_COPILOT_FAILED_ATTEMPTS": FAILED_ATTEMPTS,
            "SECURITY_COPILOT_CURSOR_SECRET": self.secrets["cursor"],
            "SECURITY_COPILOT_PUBLIC_URL": base_url,
            "SECURITY_COPILOT_SCAN_STALL_SECONDS": str(STALL_SECONDS),
            "SECURITY_COPILOT_CHECK_MIN_SECONDS": "0.3",
            "SECURITY_COPILOT_CHECK_MAX_SECONDS": "5",
            **azure_settings,
        }
        if state is not None:
            # For whoever wants to look into the tables, or measure against the same endpoints.
            _write_private(state / "settings.json", settings)
        return settings

    def _event_webhook(self, base_url: str) -> str:
        query = urlencode({"functionName": CHANGE_FUNCTION, "code": self.secrets["host"]})
        return f"{base_url}{WEBHOOK_PATH}?{query}"

    def _stand_in(self, azure: Child) -> dict[str, str]:
        self._ports[azure.module] = azure.wait_ready()["port"]
        base = f"http://127.0.0.1:{self._ports[azure.module]}"
        return {
            "IDENTITY_ENDPOINT": f"{base}/msi/token",
            "IDENTITY_HEADER": self.secrets["identity"],
            "SECURITY_COPILOT_CREDENTIAL": "managed_identity",
            "SECURITY_COPILOT_ARM_URL": base,
            "SECURITY_COPILOT_ARM_AUDIENCE": "https://management.azure.com",
            "SECURITY_COPILOT_GRAPH_URL": f"{base}/graph",
            "SECURITY_COPILOT_VAULT_URL": f"{base}/vault",
            "SECURITY_COPILOT_READ_APP_SETTINGS": "true",
        }

    def _child(self, module: str, arguments: list[str], environment: Mapping[str, str]) -> Child:
        state = self.options.state
        pid_file = None if state is None else state / f"{module.rpartition('.')[2]}.pid"
        child = Child(module, arguments, pid_file=pid_file, environment=environment)
        self._children.append(child)
        return child


def _real_azure(options: StackOptions) -> dict[str, str]:
    principal = all(os.environ.get(name) for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID"))
    settings = {"SECURITY_COPILOT_CREDENTIAL": "service_principal" if principal else "developer"}
    if options.subscription is not None:
        settings["ENVIRONMENTS"] = json.dumps({"production": [options.subscription]})
    return settings


def _load_secrets(folder: Path) -> dict[str, str]:
    """Keys of this state: made once, kept beside it and readable by its owner only."""
    path = folder / "secrets.json"
    wanted = (*ROLES, "bus", "topic", "cursor", "host", "identity", "pepper")
    try:
        stored = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        stored = {}
    found = stored if isinstance(stored, dict) else {}
    known = {name: found[name] for name in wanted if isinstance(found.get(name), str)}
    if len(known) < len(wanted):
        known = {name: known.get(name) or secrets.token_hex(24) for name in wanted}
        _write_private(path, known)
    return known


def _write_private(path: Path, content: Mapping[str, str]) -> None:
    """Write a JSON file that only its owner can read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(content))
