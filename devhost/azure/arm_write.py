"""PUT, PATCH and DELETE of Resource Manager, kept in memory over the estate file.

Network resources carry their entity tag in the body, as the network provider has it; the providers in
:data:`SLOW_NAMESPACES` answer with an asynchronous operation, the others at once.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from devhost.azure.arm_access import require_visible
from devhost.azure.arm_id import ArmPath, parse
from devhost.azure.arm_read import etag_of
from devhost.azure.errors import ArmError, bad_request, resource_not_found
from devhost.azure.estate import Estate, TooManyChangesError
from devhost.azure.faults import Faults
from devhost.azure.nested import Collection, collection_of, resource_at
from devhost.azure.operations import Operations

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
"""Resource Manager's own limit of a request body."""
SLOW_NAMESPACES: Final = frozenset(
    {"microsoft.network", "microsoft.compute", "microsoft.sql", "microsoft.containerservice"}
)
_LOCKS: Final = "microsoft.authorization/locks"


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a write; ``operation_id`` is set when a long-running operation began."""

    status: int
    body: bytes = b""
    etag: str | None = None
    operation_id: str | None = None


class ArmWriter:
    """Changes one estate."""

    def __init__(
        self, estate: Estate, operations: Operations, announce: Callable[[ArmPath, str], None]
    ) -> None:
        """`announce` hears of every change that took effect: the path, and `write` or `delete`."""
        self._estate = estate
        self._operations = operations
        self._announce = announce

    def write(
        self, method: str, path: ArmPath, faults: Faults, headers: Mapping[str, str], body: bytes
    ) -> Written:
        """Carry out one PUT, PATCH or DELETE.

        Raises:
            ArmError: 400 bad body, 403 AuthorizationFailed or RequestDisallowedByPolicy, 404 no such
                parent or resource, 409 ScopeLocked, 412 PreconditionFailed.
        """
        verb = "delete" if method == "DELETE" else "write"
        require_visible(self._estate, faults, path, f"{path.resource_type}/{verb}")
        if not path.is_resource:
            raise ArmError(405, "MethodNotAllowed", f"{method} is not allowed on '{path.path}'.")
        change = None if method == "DELETE" else _read_body(body)
        self._refuse_when_locked(path, verb)
        if change is not None:
            _refuse_by_policy(faults, path, body)
        try:
            if change is None:
                return self._delete(path, faults, headers)
            return self._store(path, change, faults, headers, replace=method == "PUT")
        except TooManyChangesError as error:
            raise ArmError(507, "InsufficientStorage", str(error)) from error

    def _store(
        self,
        path: ArmPath,
        change: dict[str, Any],
        faults: Faults,
        headers: Mapping[str, str],
        *,
        replace: bool,
    ) -> Written:
        holder = self._holder(path)
        current = self._current(path, holder)
        if current is None and not replace:
            raise resource_not_found(path.path)
        _check_conditions(path, current, headers)
        slow = path.resource_type.lower().split("/")[0] in SLOW_NAMESPACES
        resource = _merged(path, change, current, replace=replace)
        if isinstance(resource.get("properties"), dict):
            resource["properties"]["provisioningState"] = "Updating" if slow else "Succeeded"
        self._place(path, resource, holder)
        # A slow write shows at once here, so it is announced at once and again when it is settled.
        self._announce(path, "write")
        operation_id = None
        if slow:
            operation_id = self._operations.begin(faults.operations, lambda good: self._settle(path, good))
        status = 201 if current is None else 200
        return Written(status, orjson.dumps(resource), etag_of(resource), operation_id)

    def _delete(self, path: ArmPath, faults: Faults, headers: Mapping[str, str]) -> Written:
        current = self._current(path, self._holder(path, required=False))
        if current is None:
            return Written(204)
        _check_conditions(path, current, headers)
        if path.resource_type.lower().split("/")[0] not in SLOW_NAMESPACES:
            self._remove(path, True)
            return Written(200)
        operation_id = self._operations.begin(faults.operations, lambda good: self._remove(path, good))
        return Written(202, operation_id=operation_id)

    def _holder(self, path: ArmPath, *, required: bool = True) -> Collection | None:
        """Where a child is nested, None for a resource of its own; a ``required`` parent must exist."""
        if path.parent is None:
            return None
        if required and self._estate.find(path.parent) is None:
            raise ArmError(
                404,
                "ParentResourceNotFound",
                f"Failed to perform 'write' on '{path.path}': its parent was not found.",
            )
        return None if self._estate.find(path.path) is not None else collection_of(self._estate, path)

    def _current(self, path: ArmPath, holder: Collection | None) -> dict[str, Any] | None:
        return resource_at(self._estate, path) if holder is None else holder.find(path.name)

    def _place(self, path: ArmPath, resource: dict[str, Any], holder: Collection | None) -> None:
        if holder is None:
            self._estate.put(resource)
            return
        old = holder.find(path.name)
        if old is None:
            holder.items.append(resource)
        else:
            holder.items[holder.items.index(old)] = resource
        self._put_parent(holder)

    def _put_parent(self, holder: Collection) -> None:
        if "etag" in holder.parent:
            holder.parent["etag"] = _new_etag()
        self._estate.put(holder.parent)

    def _settle(self, path: ArmPath, good: bool) -> None:
        """The end of a write: the state is final and the tag is a new one."""
        holder = self._holder(path, required=False)
        resource = self._current(path, holder)
        if resource is None:
            return
        if isinstance(resource.get("properties"), dict):
            resource["properties"]["provisioningState"] = "Succeeded" if good else "Failed"
        if "etag" in resource:
            resource["etag"] = _new_etag()
        self._place(path, resource, holder)
        if good:
            self._announce(path, "write")

    def _remove(self, path: ArmPath, good: bool) -> None:
        if not good:
            return
        holder = self._holder(path, required=False)
        child = holder.find(path.name) if holder is not None else None
        if holder is not None and child is not None:
            holder.items.remove(child)
            self._put_parent(holder)
        else:
            self._estate.delete(path.path)
        self._announce(path, "delete")

    def _refuse_when_locked(self, path: ArmPath, verb: str) -> None:
        if path.resource_type.lower() == _LOCKS:
            return
        for ref in self._estate.select([_LOCKS], [f"/subscriptions/{path.subscription}/".lower()]):
            lock = self._estate.stored(ref)
            scope = parse(lock.key).scope.lower()
            if lock.malformed or not (path.key == scope or path.key.startswith(scope + "/")):
                continue
            level = str((lock.decoded().get("properties") or {}).get("level", ""))
            if level == "ReadOnly" or (level == "CanNotDelete" and verb == "delete"):
                raise ArmError(
                    409,
                    "ScopeLocked",
                    f"The scope '{path.path}' cannot perform {verb} operation because following scope(s) are "
                    f"locked: '{scope}'. Please remove the lock and try again.",
                )


def _read_body(body: bytes) -> dict[str, Any]:
    try:
        change = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"The request content was invalid: {error}", "InvalidRequestContent") from error
    if not isinstance(change, dict) or not isinstance(change.get("properties", {}), dict):
        raise bad_request(
            "The request content must be an object with object 'properties'.", "InvalidRequestContent"
        )
    return change


def _refuse_by_policy(faults: Faults, path: ArmPath, body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    for denial in faults.policy_denials:
        if denial.type is not None and denial.type.lower() != path.resource_type.lower():
            continue
        if denial.contains in text:
            info = {"policyAssignmentName": denial.name, "policyDefinitionDisplayName": denial.name}
            info["policyDefinitionEffect"] = "deny"
            raise ArmError(
                403,
                "RequestDisallowedByPolicy",
                f"Resource '{path.name}' was disallowed by policy. Policy identifiers: '{denial.name}'.",
                extra={
                    "target": path.name,
                    "additionalInfo": [{"type": "PolicyViolation", "info": info}],
                },
            )


def _check_conditions(path: ArmPath, current: dict[str, Any] | None, headers: Mapping[str, str]) -> None:
    wanted, unwanted = headers.get("If-Match"), headers.get("If-None-Match")
    tag = None if current is None else etag_of(current)
    if wanted and (tag is None or wanted not in ("*", tag)):
        raise ArmError(
            412,
            "PreconditionFailed",
            f"Precondition failed. Etag provided in if-match header {wanted} does not match etag {tag} of "
            f"resource {path.path}.",
        )
    if unwanted and tag is not None and unwanted in ("*", tag):
        raise ArmError(
            412, "PreconditionFailed", f"Precondition failed. Resource {path.path} exists already."
        )


def _merged(
    path: ArmPath, change: dict[str, Any], current: dict[str, Any] | None, *, replace: bool
) -> dict[str, Any]:
    """The resource after the write: PUT replaces it, PATCH merges members and those of ``properties``."""
    kept = dict(current or {})
    own = {"id": kept.get("id", path.path), "name": kept.get("name", path.name)}
    own["type"] = kept.get("type", path.resource_type)
    if replace:
        merged = {**own, **change}
        for member in ("location", "kind"):
            if member in kept:
                merged.setdefault(member, kept[member])
    else:
        merged = {**kept, **change}
        if "properties" in kept or "properties" in change:
            merged["properties"] = {**(kept.get("properties") or {}), **change.get("properties", {})}
    merged.update(own)
    if "properties" in merged:
        merged["properties"] = dict(merged["properties"])
    merged.pop("etag", None)
    if "etag" in kept or path.resource_type.lower().startswith("microsoft.network/"):
        merged["etag"] = _new_etag()
    return merged


def _new_etag() -> str:
    return f'W/"{uuid.uuid4()}"'
