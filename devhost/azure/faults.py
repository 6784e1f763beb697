"""What goes wrong on purpose: the faults document and its state while it is served.

The document is a JSON object; every member is optional and unknown members are refused. ``docs/faults.md``
says what each member means and has examples.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from devhost.azure.graph_permissions import SCANNER_PERMISSIONS
from devhost.azure.throttle import (
    QUERY_QUOTA,
    QUERY_WINDOW_S,
    READ_BURST,
    READS_PER_S,
    WRITE_BURST,
    WRITES_PER_S,
)

MAX_DOCUMENT_BYTES: Final = 1024 * 1024
SCANNER_ACTIONS: Final = (
    "*/read",
    "Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action",
    "Microsoft.Network/networkWatchers/ipFlowVerify/action",
    "Microsoft.Network/virtualNetworks/listNetworkManagerEffectiveSecurityAdminRules/action",
    "Microsoft.Web/sites/config/list/action",
)
"""What a scanner's roles grant in Resource Manager: reading, and the reads that are actions."""
SCANNER_DATA_ACTIONS: Final = (
    "Microsoft.KeyVault/vaults/*/read",
    "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
)
"""Data actions of the built-in role Key Vault Reader (learn.microsoft.com, "Azure built-in roles")."""

ServiceName = Literal["arm", "resource_graph", "graph", "vault"]
"""Resource Manager, Resource Graph, Microsoft Graph, the data plane of Key Vault."""

_Text = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
_Texts = Annotated[tuple[_Text, ...], Field(max_length=10_000)]


class FaultsError(ValueError):
    """The faults document is not valid; the message names the member and the reason."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Deny(_Part):
    """What the caller may not see or do."""

    subscriptions: _Texts = ()
    types: _Texts = ()
    actions: _Texts = ()
    data_actions: _Texts = ()
    graph_permissions: _Texts = ()
    vaults: _Texts = ()
    access_policies: _Texts = ()


class WrongAnswer(_Part):
    """A wrong answer to the next matching requests."""

    times: int = Field(default=1, ge=1, le=1_000_000)
    service: ServiceName | None = None
    path: _Text | None = None
    query: _Text | None = None
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    status: int | None = Field(default=None, ge=400, le=599)
    code: _Text | None = None
    retry_after: int | None = Field(default=None, ge=0, le=3600)
    body: Literal["not_json", "truncated", "empty"] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "WrongAnswer":
        if (self.status is None) == (self.body is None):
            raise ValueError("exactly one of 'status' and 'body' must be given")
        return self

    def matches(
        self, method: str, path: str, query_id: str | None = None, service: ServiceName | None = None
    ) -> bool:
        """Whether a request is concerned; ``query_id`` is ``<name>/<version>`` for a Resource Graph query.

        ``service`` is None for the token endpoint.
        """
        if self.service not in (None, service):
            return False
        if self.method not in (None, method):
            return False
        if self.query is not None and self.query not in (query_id, (query_id or "").split("/")[0]):
            return False
        if self.path is None:
            return not path.startswith("/msi/")
        return bool(wildcard(f"*{self.path}*").fullmatch(path))


class GraphLimits(_Part):
    """Limits of the Resource Graph endpoint."""

    quota: int = Field(default=QUERY_QUOTA, ge=0, le=1_000_000)
    window_s: float = Field(default=QUERY_WINDOW_S, gt=0, le=3600)
    max_response_bytes: int = Field(default=16 * 1024 * 1024, ge=1024, le=1024**3)
    oversize: Literal["fewer_rows", "refuse"] = "fewer_rows"


class ManagerLimits(_Part):
    """Limits of Resource Manager, per subscription."""

    read_burst: int = Field(default=READ_BURST, ge=0, le=1_000_000)
    reads_per_s: float = Field(default=READS_PER_S, gt=0, le=1_000_000)
    write_burst: int = Field(default=WRITE_BURST, ge=0, le=1_000_000)
    writes_per_s: float = Field(default=WRITES_PER_S, gt=0, le=1_000_000)
    page_size: int = Field(default=200, ge=1, le=1000)


class DirectoryLimits(_Part):
    """Limits of Microsoft Graph; a burst of 0 is not counted."""

    page_size: int = Field(default=100, ge=1, le=999)
    burst: int = Field(default=0, ge=0, le=1_000_000)
    requests_per_s: float = Field(default=100, gt=0, le=1_000_000)


class VaultLimits(_Part):
    """Limits of the data plane of each key vault; a burst of 0 is not counted."""

    page_size: int = Field(default=25, ge=1, le=25)
    burst: int = Field(default=0, ge=0, le=1_000_000)
    requests_per_s: float = Field(default=400, gt=0, le=1_000_000)


class OperationCourse(_Part):
    """How long-running writes and questions go."""

    polls: int = Field(default=2, ge=1, le=1000)
    retry_after: int = Field(default=1, ge=0, le=3600)
    outcome: Literal["Succeeded", "Failed", "Canceled"] = "Succeeded"


class PolicyDenial(_Part):
    """A policy assignment with effect deny."""

    name: _Text
    contains: _Text
    type: _Text | None = None


class Faults(_Part):
    """The whole document; an empty one makes a healthy Azure."""

    deny: Deny = Deny()
    allow_actions: _Texts = SCANNER_ACTIONS
    allow_data_actions: _Texts = SCANNER_DATA_ACTIONS
    allow_graph_permissions: _Texts = SCANNER_PERMISSIONS
    answers: Annotated[tuple[WrongAnswer, ...], Field(max_length=10_000)] = ()
    latency_ms: float = Field(default=0, ge=0, le=60_000)
    resource_graph: GraphLimits = GraphLimits()
    resource_manager: ManagerLimits = ManagerLimits()
    graph: DirectoryLimits = DirectoryLimits()
    vault: VaultLimits = VaultLimits()
    operations: OperationCourse = OperationCourse()
    policy_denials: Annotated[tuple[PolicyDenial, ...], Field(max_length=1000)] = ()

    @property
    def not_actions(self) -> list[str]:
        """Refused actions: the denied types' reads, then the denied actions."""
        return [*(f"{kind}/read" for kind in self.deny.types), *self.deny.actions]

    @property
    def permission(self) -> dict[str, list[str]]:
        """The caller's one role, as `Microsoft.Authorization/permissions` answers it."""
        return {
            "actions": list(self.allow_actions),
            "notActions": self.not_actions,
            "dataActions": list(self.allow_data_actions),
            "notDataActions": list(self.deny.data_actions),
        }

    @property
    def graph_permissions(self) -> frozenset[str]:
        """Application permissions of Microsoft Graph that the caller has, lower-cased."""
        denied = {name.lower() for name in self.deny.graph_permissions}
        return frozenset(name.lower() for name in self.allow_graph_permissions) - denied

    def grants_data(self, action: str) -> bool:
        """Whether the caller's role allows a data action."""
        granted = any(wildcard(pattern).fullmatch(action) for pattern in self.allow_data_actions)
        return granted and not any(wildcard(pattern).fullmatch(action) for pattern in self.deny.data_actions)

    def grants(self, action: str) -> bool:
        """Whether the caller's role allows ``<type>/<verb>``."""
        granted = any(wildcard(pattern).fullmatch(action) for pattern in self.allow_actions)
        return granted and not any(wildcard(pattern).fullmatch(action) for pattern in self.not_actions)

    def hides(self, subscription: str) -> bool:
        """Whether the caller has no role in a subscription."""
        return subscription.lower() in (denied.lower() for denied in self.deny.subscriptions)


def read_faults(document: bytes | Mapping[str, Any]) -> Faults:
    """Validate a faults document.

    Raises:
        FaultsError: it is too large, not a JSON object, or a member is unknown or out of its range.
    """
    value: object = document
    if isinstance(document, bytes):
        if len(document) > MAX_DOCUMENT_BYTES:
            raise FaultsError(f"faults: larger than {MAX_DOCUMENT_BYTES} bytes")
        try:
            value = orjson.loads(document)
        except orjson.JSONDecodeError as error:
            raise FaultsError(f"faults: not JSON: {error}") from error
    try:
        return Faults.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        member = ".".join(str(part) for part in first["loc"]) or "document"
        raise FaultsError(f"faults: {member}: {first['msg']}") from error


def load_faults(path: Path) -> Faults:
    """Read a faults document from a file.

    Raises:
        FaultsError: the file cannot be read or its content is not valid.
    """
    try:
        return read_faults(path.read_bytes())
    except OSError as error:
        raise FaultsError(f"faults file {path}: {error.strerror}") from error


@lru_cache(maxsize=4096)
def wildcard(pattern: str) -> re.Pattern[str]:
    """A pattern in which ``*`` matches anything, without regard to case."""
    parts = re.split(r"\*+", pattern)
    return re.compile(".*".join(re.escape(part) for part in parts), re.IGNORECASE | re.DOTALL)


class FaultSchedule:
    """The faults in force and how many of the wrong answers are still to be given."""

    def __init__(self, faults: Faults) -> None:
        self.replace(faults)
        self.given = 0
        """Wrong answers given since the start."""

    def replace(self, faults: Faults) -> None:
        """Put other faults in force; all counts begin anew."""
        self.faults = faults
        self._left = [answer.times for answer in faults.answers]

    @property
    def pending(self) -> int:
        """Wrong answers still to be given."""
        return sum(self._left)

    def next_answer(
        self, method: str, path: str, query_id: str | None = None, service: ServiceName | None = None
    ) -> WrongAnswer | None:
        """The wrong answer due to this request, counted; None when it is to be served well."""
        for number, answer in enumerate(self.faults.answers):
            if self._left[number] and answer.matches(method, path, query_id, service):
                self._left[number] -= 1
                self.given += 1
                return answer
        return None
