"""Microsoft Graph v1.0 below ``/graph/v1.0``: lists, single objects, relations and ``getByIds``.

Which paths are served, which properties may be filtered and which permissions are asked for stands in
:mod:`devhost.azure.graph_paths`; anything else is refused, so that a request which cannot be answered
truthfully never seems to work. Shapes: learn.microsoft.com/graph/api (v1.0).
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
from aiohttp import web

from devhost.azure import graph_permissions as permissions
from devhost.azure.directory import RELATIONS, Directory, Entity
from devhost.azure.errors import GraphError, json_response
from devhost.azure.estate import Estate
from devhost.azure.faults import Faults, WrongAnswer
from devhost.azure.graph_paths import COLLECTIONS, RELATED, SINGLE_OBJECTS
from devhost.azure.odata import MAX_TOP, ODataQuery, read_query, skip_token
from devhost.azure.throttle import TokenBucket
from devhost.azure.wrong_answers import scripted

PREFIX: Final = "/graph/v1.0"
MAX_IDS: Final = 1000
"""Most ids of one ``getByIds`` request (learn.microsoft.com/graph/api/directoryobject-getbyids)."""
_CHALLENGE: Final = (
    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000"'
)
_USER_DEFAULTS: Final = (
    *("businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone"),
    *("officeLocation", "preferredLanguage", "surname", "userPrincipalName", "id"),
)
"""What Graph answers of a user without ``$select`` (learn.microsoft.com/graph/api/user-list)."""


class MicrosoftGraph:
    """Answers Microsoft Graph requests about one estate's directory. ``clock`` gives monotonic seconds."""

    name: Final = "graph"
    audiences: Final = frozenset({"https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"})

    def __init__(self, estate: Estate, clock: Callable[[], float]) -> None:
        self._directory = Directory(estate)
        self._clock = clock
        self._bucket: TokenBucket | None = None

    def forget_counts(self) -> None:
        """Begin counting requests anew."""
        self._bucket = None

    def unauthenticated(self, _request: web.Request, code: str, message: str) -> GraphError:
        """401 with the challenge that Graph gives."""
        if code == "AuthenticationFailed":
            code, message = "InvalidAuthenticationToken", "Access token is empty."
        return GraphError(401, code, message, headers={"WWW-Authenticate": _CHALLENGE})

    def scripted(self, wrong: WrongAnswer) -> GraphError:
        """A wrong answer with a status, in Graph's form."""
        status, code, message, headers = scripted(wrong)
        return GraphError(status, code, message, headers=headers)

    def answer(self, request: web.Request, body: bytes, faults: Faults) -> web.Response:
        """The answer to one request.

        Raises:
            GraphError: 400, 403, 404, 405 or 429 as Graph gives them.
        """
        self._count(faults)
        path = request.path.removeprefix(PREFIX).strip("/")
        caller = _Caller(faults.graph_permissions)
        if request.method == "POST" and path.lower() == "directoryobjects/getbyids":
            return json_response(self._by_ids(body, caller), headers=_request_id())
        if request.method != "GET":
            raise GraphError(405, "Request_BadRequest", f"{request.method} is not served for '{path}'.")
        link = f"{request.scheme}://{request.host}{request.path}"
        return json_response(self._get(path, link, request.query, caller, faults), headers=_request_id())

    def _count(self, faults: Faults) -> None:
        limits = faults.graph
        if not limits.burst:
            return
        if self._bucket is None:
            self._bucket = TokenBucket(self._clock, limits.burst, limits.requests_per_s)
        _, wait = self._bucket.take()
        if wait is not None:
            message = "Too many requests."
            raise GraphError(429, "TooManyRequests", message, headers={"Retry-After": str(wait)})

    def _get(
        self, path: str, link: str, query: Mapping[str, str], caller: "_Caller", faults: Faults
    ) -> dict[str, Any]:
        key = path.lower()
        parts = path.split("/")
        if key in COLLECTIONS:
            collection = COLLECTIONS[key]
            caller.require(collection.needs)
            asked = read_query(query, collection.filterable)
            if key == "users":
                caller.require_sign_ins(asked)
            items = self._directory.collection(key)
            shown = _USER_DEFAULTS if key == "users" else None
            return _page(
                path, link, query, items, asked, faults, lambda item: _view(item, asked.select, shown)
            )
        if key in SINGLE_OBJECTS:
            caller.require(SINGLE_OBJECTS[key])
            found = self._directory.collection(key)
            if not found:
                raise _not_found(path)
            return _entity(path, found[0], read_query(query, ()).select)
        owner_path = "/".join(parts[:-1]).lower()
        if owner_path in COLLECTIONS and COLLECTIONS[owner_path].with_items:
            return self._item(owner_path, parts[-1], query, caller)
        related = RELATED.get(("/".join(parts[:-2]).lower(), parts[-1].lower())) if len(parts) > 2 else None
        if related is None:
            raise GraphError(400, "BadRequest", f"Resource not found for the segment '{parts[-1][:60]}'.")
        caller.require(related[1])
        return self._related(parts, related[0], link, query, caller, faults)

    def _item(self, path: str, object_id: str, query: Mapping[str, str], caller: "_Caller") -> dict[str, Any]:
        caller.require(COLLECTIONS[path].needs)
        select = read_query(query, ()).select
        found = self._directory.find(path, object_id)
        if found is None:
            raise _not_found(object_id)
        defaults = _USER_DEFAULTS if path == "users" else None
        return _entity(path, _view(found, select, defaults), None)

    def _related(
        self,
        parts: list[str],
        relation: str,
        link: str,
        query: Mapping[str, str],
        caller: "_Caller",
        faults: Faults,
    ) -> dict[str, Any]:
        path = "/".join(parts[:-2]).lower()
        owner = self._directory.find(path, parts[-2])
        if owner is None:
            raise _not_found(parts[-2])
        asked = read_query(query, ())
        if relation in ("federatedIdentityCredentials", "appRoleAssignments"):
            own = [item for item in self._directory.related(path, owner, relation) if isinstance(item, dict)]
            return _page(
                relation, link, query, own, asked, faults, lambda item: _view(item, asked.select, None)
            )
        if relation == "transitiveMembers":
            members = self._directory.transitive_members(owner)
        else:
            members = list(self._directory.members(path, owner, relation))
        return _page(
            "directoryObjects",
            link,
            query,
            members,
            asked,
            faults,
            lambda member: caller.view(member[0], member[1], asked.select),
        )

    def _by_ids(self, body: bytes, caller: "_Caller") -> dict[str, Any]:
        ids, kinds = _read_ids(body)
        if not any(caller.may(needs) for needs in permissions.DIRECTORY_OBJECTS.values()):
            raise _denied()
        found = [self._directory.find_any(object_id) for object_id in dict.fromkeys(ids)]
        value = [
            caller.view(kind, entity, None, full=True)
            for kind, entity in (one for one in found if one is not None)
            if not kinds or kind.lower() in kinds or "directoryobject" in kinds
        ]
        return {"@odata.context": _context("directoryObjects"), "value": value}


class _Caller:
    """What the caller's permissions open."""

    def __init__(self, granted: frozenset[str]) -> None:
        self._granted = granted

    def may(self, needs: Sequence[str]) -> bool:
        return any(name.lower() in self._granted for name in needs)

    def require(self, needs: Sequence[str]) -> None:
        if not self.may(needs):
            raise _denied()

    def require_sign_ins(self, asked: ODataQuery) -> None:
        """``signInActivity`` has a permission of its own."""
        if "signInActivity" in (asked.select or ()):
            self.require(permissions.SIGN_IN_ACTIVITY)

    def view(
        self, kind: str, entity: Entity, select: Sequence[str] | None, *, full: bool = False
    ) -> dict[str, Any]:
        """A directory object among others: its kind, and only its id where its properties may not be read."""
        tagged = {"@odata.type": f"#microsoft.graph.{kind}"}
        if not self.may(permissions.DIRECTORY_OBJECTS[kind]):
            return {**tagged, "id": entity["id"]}
        defaults = _USER_DEFAULTS if kind == "user" and not full else None
        return {**tagged, **_view(entity, select, defaults)}


def _view(entity: Entity, select: Sequence[str] | None, defaults: Sequence[str] | None) -> Entity:
    """The selected properties, null where the object has none; relations are never among them."""
    if select is not None:
        return {name: entity.get(name) for name in select if name not in RELATIONS}
    if defaults is not None:
        return {name: entity.get(name) for name in defaults}
    if RELATIONS.isdisjoint(entity):
        return entity
    return {name: value for name, value in entity.items() if name not in RELATIONS}


def _page(
    path: str,
    link: str,
    query: Mapping[str, str],
    items: Sequence[Any],
    asked: ODataQuery,
    faults: Faults,
    show: Callable[[Any], Entity],
) -> dict[str, Any]:
    if asked.matches is not None:
        items = [item for item in items if asked.matches(item)]
    end = asked.after + min(asked.top or faults.graph.page_size, MAX_TOP)
    answer: dict[str, Any] = {"@odata.context": _context(path)}
    if asked.count:
        answer["@odata.count"] = len(items)
    if end < len(items):
        kept = {name: text for name, text in query.items() if name != "$skiptoken"}
        options = "&".join(f"{name}={_escaped(text)}" for name, text in kept.items())
        answer["@odata.nextLink"] = f"{link}?{options}{'&' if options else ''}$skiptoken={skip_token(end)}"
    answer["value"] = [show(item) for item in items[asked.after : end]]
    return answer


def _escaped(text: str) -> str:
    return (
        text.replace("%", "%25")
        .replace("&", "%26")
        .replace("+", "%2B")
        .replace(" ", "%20")
        .replace("#", "%23")
    )


def _entity(path: str, entity: Entity, select: Sequence[str] | None) -> dict[str, Any]:
    return {"@odata.context": _context(f"{path}/$entity"), **_view(entity, select, None)}


def _context(path: str) -> str:
    return f"https://graph.microsoft.com/v1.0/$metadata#{path}"


def _request_id() -> dict[str, str]:
    return {"request-id": str(uuid.uuid4())}


def _not_found(name: str) -> GraphError:
    message = (
        f"Resource '{name[:100]}' does not exist or one of its queried reference-property objects are not "
        "present."
    )
    return GraphError(404, "Request_ResourceNotFound", message)


def _denied() -> GraphError:
    return GraphError(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    )


def _read_ids(body: bytes) -> tuple[list[str], set[str]]:
    """Ids and lower-cased kinds of a ``getByIds`` body."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise GraphError(400, "BadRequest", f"Unable to read JSON request payload: {error}") from error
    members = asked if isinstance(asked, dict) else {}
    ids, kinds = _strings("ids", members.get("ids")), _strings("types", members.get("types") or [])
    if len(ids) > MAX_IDS:
        raise GraphError(400, "Request_BadRequest", f"At most {MAX_IDS} ids, not {len(ids)}.")
    return [one.lower() for one in ids], {one.lower() for one in kinds}


def _strings(name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise GraphError(400, "Request_BadRequest", f"'{name}' must be a list of strings.")
    return value
