"""Reads of Resource Manager that are actions: effective admin rules, and lists that show an app's settings.

Sources: learn.microsoft.com REST references "List Network Manager Effective Security Admin Rules" (POST, the
skip token travels in the body) and "Web Apps - List Application Settings" (POST) and "Get Auth Settings V2"
(GET, with the same permission `Microsoft.Web/sites/config/list/Action`). Actions that hand out keys of other
services (`listKeys`, `listCredentials`) are not served.
"""

from typing import Any, Final

import orjson

from devhost.azure.arm_access import is_known, require_owner, require_visible
from devhost.azure.arm_id import ArmPath, parse
from devhost.azure.arm_page import Body, value
from devhost.azure.errors import bad_request, resource_not_found
from devhost.azure.estate import Estate
from devhost.azure.faults import Faults

ADMIN_RULES: Final = "listnetworkmanagereffectivesecurityadminrules"
_ADMIN_RULES_TYPE: Final = "standin/effectivesecurityadminrules"
_CONFIGURATIONS: Final = frozenset({"microsoft.web/sites/config", "microsoft.web/sites/slots/config"})
_NO_DICTIONARY: Final = frozenset({"authsettingsv2", "web"})


class ArmActions:
    """Answers action requests about one estate for one caller."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def post(self, path: ArmPath, faults: Faults, query: dict[str, str], body: bytes) -> Body | None:
        """The answer to ``POST {path}``; None for an action that is not served.

        Raises:
            ArmError: 400, 403 or 404.
        """
        if path.name.lower() == ADMIN_RULES:
            return self._admin_rules(parse(path.path.rsplit("/", 1)[0]), faults, query, body)
        if is_configuration_list(path):
            return self.configuration(path, faults)
        return None

    def configuration(self, path: ArmPath, faults: Faults) -> Body:
        """An app's configuration with its values; ``path`` ends in ``/config/{name}/list``.

        Raises:
            ArmError: 403 or 404.
        """
        require_visible(self._estate, faults, path, f"{path.resource_type}/Action")
        target = parse(path.path.rsplit("/", 1)[0])
        require_owner(self._estate, target)
        stored = self._estate.find(target.path)
        if stored is not None:
            return Body(stored.raw)
        if target.name.lower() in _NO_DICTIONARY:
            raise resource_not_found(target.path)
        # A dictionary without an entry in the estate is an empty one.
        empty: dict[str, Any] = {"id": target.path, "name": target.name, "type": target.resource_type}
        return Body(orjson.dumps({**empty, "properties": {}}))

    def _admin_rules(self, network: ArmPath, faults: Faults, query: dict[str, str], body: bytes) -> Body:
        action = f"{network.resource_type}/listNetworkManagerEffectiveSecurityAdminRules/action"
        require_visible(self._estate, faults, network, action)
        if not is_known(self._estate, network):
            raise resource_not_found(network.path)
        start = _skipped(body)
        for ref in self._estate.select_once(_ADMIN_RULES_TYPE, network.key):
            stored = self._estate.stored(ref)
            if stored.key != network.key and not stored.key.startswith(network.key + "/"):
                continue
            if stored.malformed:
                return Body(stored.raw)
            return _rules_page(stored.decoded().get("properties"), start, query.get("$top"))
        return value([])


def is_configuration_list(path: ArmPath) -> bool:
    """Whether a path asks for an app's configuration with its values: ``.../config/{name}/list``."""
    return (
        path.is_collection
        and path.types[-1].lower() == "list"
        and path.resource_type.lower().removesuffix("/list") in _CONFIGURATIONS
    )


def _rules_page(answer: Any, start: int, top: str | None) -> Body:
    """A page of ``value`` when a size or a place is asked for, else the answer as it is written down."""
    if not isinstance(answer, dict) or (top is None and not start):
        return Body(orjson.dumps(answer))
    if top is not None and not (top.isascii() and top.isdigit() and 1 <= int(top[:9]) <= 20):
        raise bad_request(f"$top must be a number from 1 to 20, not '{top[:20]}'.", "InvalidQueryParameter")
    rules = answer.get("value") or []
    end = start + int(top) if top is not None else len(rules)
    page = {"value": rules[start:end]}
    if end < len(rules):
        page["skipToken"] = str(end)
    return Body(orjson.dumps(page))


def _skipped(body: bytes) -> int:
    """How many rules the body's skip token says were given."""
    try:
        asked = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError as error:
        raise bad_request(f"The request content was invalid: {error}", "InvalidRequestContent") from error
    token = asked.get("skipToken") if isinstance(asked, dict) else None
    if token in (None, ""):
        return 0
    if not (isinstance(token, str) and token.isascii() and token.isdigit() and len(token) < 9):
        raise bad_request("The skipToken cannot be read.", "InvalidSkipToken")
    return int(token)
