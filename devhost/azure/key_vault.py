"""The data plane of the estate's key vaults, below ``/vault/{name}``: lists and policies, never a value.

Served: ``keys``, ``secrets``, ``certificates`` (lists), ``keys/{name}/rotationpolicy`` and
``certificates/{name}/policy``, from lines of the types ``Microsoft.KeyVault/vaults/keys`` and so on.
Shapes: github.com/Azure/azure-rest-api-specs,
specification/keyvault/data-plane/Microsoft.KeyVault/stable/7.4. Refusals:
learn.microsoft.com/azure/key-vault/general/rest-error-codes.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from aiohttp import web

from devhost.azure.errors import VaultError, json_response
from devhost.azure.estate import Estate
from devhost.azure.faults import Faults, WrongAnswer
from devhost.azure.odata import read_place, skip_token
from devhost.azure.throttle import TokenBucket
from devhost.azure.vault_access import Vault, require_access
from devhost.azure.wrong_answers import scripted

PREFIX: Final = "/vault/"
VERSIONS: Final = frozenset({"7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01"})
MAX_RESULTS: Final = 25
_ATTRIBUTES: Final = ("enabled", "nbf", "exp", "created", "updated", "recoveryLevel", "recoverableDays")
_VAULTS: Final = "microsoft.keyvault/vaults"

Item = dict[str, Any]


class KeyVaultDataPlane:
    """Answers data-plane requests about the vaults of one estate. ``clock`` gives monotonic seconds."""

    name: Final = "vault"
    audiences: Final = frozenset({"https://vault.azure.net", "https://vault.usgovcloudapi.net"})

    def __init__(self, estate: Estate, tenant_id: str, clock: Callable[[], float]) -> None:
        self._estate = estate
        self._tenant_id = tenant_id
        self._clock = clock
        self._buckets: dict[str, TokenBucket] = {}
        self._ids: dict[str, str] | None = None

    def forget_counts(self) -> None:
        """Begin counting requests anew."""
        self._buckets = {}

    def unauthenticated(self, _request: web.Request, code: str, message: str) -> VaultError:
        """401 with the challenge from which a client learns tenant and audience."""
        challenge = (
            f'Bearer authorization="https://login.microsoftonline.com/{self._tenant_id}", '
            'resource="https://vault.azure.net"'
        )
        if code == "AuthenticationFailed":
            message = "AKV10000: Request is missing a Bearer or PoP token."
        return VaultError(401, "Unauthorized", message, headers={"WWW-Authenticate": challenge})

    def scripted(self, wrong: WrongAnswer) -> VaultError:
        """A wrong answer with a status, in the vault's form; 429 is ``Throttled`` there."""
        status, code, message, headers = scripted(wrong)
        if status == 429 and wrong.code is None:
            code = "Throttled"
        return VaultError(status, code, message, headers=headers)

    def answer(self, request: web.Request, _body: bytes, faults: Faults) -> web.Response:
        """The answer to one request.

        Raises:
            VaultError: 400, 403, 404, 405 or 429 as a vault gives them.
        """
        name, _, rest = request.path.removeprefix(PREFIX).strip("/").partition("/")
        vault = self._vault(name)
        self._count(vault, faults)
        _require_version(request.query.get("api-version", ""))
        if request.method != "GET":
            raise VaultError(405, "MethodNotAllowed", f"{request.method} is not served here.")
        parts = rest.split("/")
        kind = parts[0].lower()
        link = f"{request.scheme}://{request.host}{request.path}"
        match [kind, *(part.lower() for part in parts[1:])]:
            case ["keys" | "secrets" | "certificates"]:
                require_access(faults, vault, kind, "list")
                return json_response(self._list(vault, kind, link, request.query, faults))
            case ["keys", _, "rotationpolicy"]:
                require_access(faults, vault, "keys", "getrotationpolicy")
                return json_response(self._rotation_policy(vault, parts[1]))
            case ["certificates", _, "policy"]:
                require_access(faults, vault, "certificates", "get")
                return json_response(self._certificate_policy(vault, parts[1]))
            case ["secrets", *_]:
                raise VaultError(403, "Forbidden", "Secret values are not served.", reason="ForbiddenByRbac")
        raise VaultError(404, "NotFound", f"'{rest[:100]}' is not served here.")

    def _vault(self, name: str) -> Vault:
        stored = self._estate.find(self._vault_ids().get(name.lower(), ""))
        if stored is None or stored.malformed:
            # In Azure no host answers under the name of a vault that does not exist.
            raise VaultError(404, "VaultNotFound", f"There is no vault '{name[:100]}'.")
        return Vault.read(stored.decoded())

    def _vault_ids(self) -> dict[str, str]:
        if self._ids is None:
            keys = (self._estate.key_of(ref) for ref in self._estate.select_once(_VAULTS, "/subscriptions/"))
            self._ids = {key.rsplit("/", 1)[-1]: key for key in keys}
        return self._ids

    def _count(self, vault: Vault, faults: Faults) -> None:
        limits = faults.vault
        if not limits.burst:
            return
        if vault.name not in self._buckets:
            self._buckets[vault.name] = TokenBucket(self._clock, limits.burst, limits.requests_per_s)
        _, wait = self._buckets[vault.name].take()
        if wait is not None:
            message = "Request was not processed because too many requests were received."
            raise VaultError(429, "Throttled", message, headers={"Retry-After": str(wait)})

    def _list(
        self, vault: Vault, kind: str, link: str, query: Mapping[str, str], faults: Faults
    ) -> dict[str, Any]:
        items = sorted(self._items(vault, kind), key=lambda item: str(item.get("id") or item.get("kid")))
        size, after = _page_size(query.get("maxresults"), faults), _place(query.get("$skiptoken"))
        next_link = None
        if after + size < len(items):
            more = "" if "maxresults" not in query else f"&maxresults={size}"
            next_link = (
                f"{link}?api-version={query['api-version']}&$skiptoken={skip_token(after + size)}{more}"
            )
        return {"value": items[after : after + size], "nextLink": next_link}

    def _items(self, vault: Vault, kind: str) -> Iterator[Item]:
        own = dict(self._lines(vault, kind))
        for name, properties in own.items():
            yield _item(vault, kind, name, properties)
        if kind == "certificates":
            return
        # A certificate has a key and a secret of its own name, which the vault manages.
        for name, properties in self._lines(vault, "certificates"):
            if name not in own:
                yield {**_item(vault, kind, name, _managed_part(properties)), "managed": True}

    def _lines(self, vault: Vault, kind: str) -> Iterator[tuple[str, Item]]:
        for ref in self._estate.select_once(f"{_VAULTS}/{kind}", f"{vault.resource_id.lower()}/{kind}/"):
            stored = self._estate.stored(ref)
            if stored.malformed:
                continue
            line = stored.decoded()
            properties = line.get("properties")
            name = str(line.get("name") or line["id"]).rsplit("/", 1)[-1]
            yield name, properties if isinstance(properties, dict) else {}

    def _find(self, vault: Vault, kind: str, name: str) -> Item | None:
        wanted = name.lower()
        return next((found for own, found in self._lines(vault, kind) if own.lower() == wanted), None)

    def _rotation_policy(self, vault: Vault, name: str) -> dict[str, Any]:
        key = self._find(vault, "keys", name)
        if key is None:
            message = f"A key with (name/id) {name[:127]} was not found in this key vault."
            raise VaultError(404, "KeyNotFound", message)
        policy = key.get("rotationPolicy")
        policy = policy if isinstance(policy, dict) else {}
        answer: dict[str, Any] = {"id": f"{vault.uri}keys/{name}/rotationpolicy"}
        answer["lifetimeActions"] = [_lifetime_action(one) for one in policy.get("lifetimeActions") or []]
        answer["attributes"] = policy.get("attributes") or {}
        return answer

    def _certificate_policy(self, vault: Vault, name: str) -> dict[str, Any]:
        certificate = self._find(vault, "certificates", name)
        if certificate is None:
            message = f"A certificate with (name/id) {name[:127]} was not found in this key vault."
            raise VaultError(404, "CertificateNotFound", message)
        policy = certificate.get("policy")
        own = policy if isinstance(policy, dict) else {}
        return {**own, "id": f"{vault.uri}certificates/{name}/policy"}


def _item(vault: Vault, kind: str, name: str, properties: Mapping[str, Any]) -> Item:
    """What a list tells of one object: identifier, attributes, and what else its kind shows."""
    attributes = properties.get("attributes")
    shown = attributes if isinstance(attributes, Mapping) else {}
    item: Item = {
        "kid" if kind == "keys" else "id": f"{vault.uri}{kind}/{name}",
        "attributes": {attribute: shown[attribute] for attribute in _ATTRIBUTES if attribute in shown},
    }
    for member, where in (("contentType", "secrets"), ("x5t", "certificates"), ("subject", "certificates")):
        if kind == where and isinstance(properties.get(member), str):
            item[member] = properties[member]
    if isinstance(properties.get("managed"), bool):
        item["managed"] = properties["managed"]
    if isinstance(properties.get("tags"), dict):
        item["tags"] = properties["tags"]
    return item


def _managed_part(certificate: Mapping[str, Any]) -> Item:
    policy = certificate.get("policy")
    secret = policy.get("secret_props") if isinstance(policy, Mapping) else None
    told = secret.get("contentType") if isinstance(secret, Mapping) else None
    return {"attributes": certificate.get("attributes"), "contentType": told or "application/x-pkcs12"}


def _lifetime_action(action: Any) -> Any:
    """As the data plane spells it: Resource Manager has the action's type in lower case."""
    if not isinstance(action, dict) or not isinstance(action.get("action"), dict):
        return action
    kind = str(action["action"].get("type", ""))
    return {**action, "action": {"type": kind[:1].upper() + kind[1:]}}


def _require_version(version: str) -> None:
    if not version:
        raise VaultError(400, "BadParameter", "api-version must be specified")
    if version not in VERSIONS:
        raise VaultError(400, "BadParameter", f"The specified version ({version[:40]}) is not recognized.")


def _page_size(text: str | None, faults: Faults) -> int:
    if text is None:
        return faults.vault.page_size
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_RESULTS):
        raise VaultError(400, "BadParameter", f"maxresults must be from 1 to {MAX_RESULTS}.")
    return int(text)


def _place(token: str | None) -> int:
    place = read_place(token) if token else 0
    if place is None:
        raise VaultError(400, "BadParameter", "The $skiptoken cannot be read.")
    return place
