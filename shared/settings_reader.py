"""Reads typed values from environment variables and collects what is wrong with them.

Problems name the variable and the reason, never the value: settings hold secrets.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

Model = TypeVar("Model", bound=BaseModel)
Choice = TypeVar("Choice", bound=StrEnum)

LOCAL_PREFIX: Final = "local-only-"
"""Secrets that begin so are published in the sample settings: accepted only behind a loopback public URL."""

_PLACEHOLDER: Final = re.compile(
    r"<.*>|.*(change[-_ ]?me|replace[-_ ]?(me|this|with)|placeholder|your[-_]|example|insert[-_ ]).*|(.)\3*",
    re.IGNORECASE | re.DOTALL,
)
_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})

AZURITE_CONNECTION: Final = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)
"""What `UseDevelopmentStorage=true` stands for: Azurite's documented account, which is public knowledge."""


class SettingsError(ValueError):
    """The environment does not describe a working app; `problems` has one sentence per variable."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("invalid settings: " + "; ".join(self.problems))


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: what it means, what an unset one means, whether its value is secret."""

    name: str
    meaning: str
    default: str | None = None
    secret: bool = False


class SettingsReader:
    """Typed access to the declared variables. Whatever is wrong is kept until `raise_problems`.

    A reading method returns None (or the type's empty value) after it noted a problem, so that reading can
    go on and report everything at once. `local` says that the app is reachable from this machine only.
    """

    def __init__(self, environment: Mapping[str, str], variables: Sequence[Variable]) -> None:
        self._environment = environment
        self._defaults = {variable.name: variable.default for variable in variables}
        self._problems: list[str] = []
        self.local = False

    def problem(self, name: str, reason: str) -> None:
        """Note what is wrong with a variable."""
        self._problems.append(f"{name} {reason}")

    def raise_problems(self) -> None:
        """Fail if anything was wrong.

        Raises:
            SettingsError: with everything noted so far.
        """
        if self._problems:
            raise SettingsError(self._problems)

    def text(self, name: str) -> str | None:
        """The trimmed value, else the declared default, else None."""
        value = self._environment.get(name, "").strip()
        return value or self._defaults[name]

    def secret(self, name: str, *, minimum: int = 1, required: bool = True) -> SecretStr | None:
        """A secret of at least `minimum` characters that is no placeholder."""
        value = self.text(name)
        if value is None:
            if required:
                self.problem(name, "is required")
            return None
        if len(value) < minimum:
            self.problem(name, f"must have at least {minimum} characters")
        self.refuse_placeholder(name, value)
        return SecretStr(value)

    def refuse_placeholder(self, name: str, value: str) -> None:
        """Note a secret that everybody knows."""
        if value.startswith(LOCAL_PREFIX):
            if not self.local:
                self.problem(name, "is a published local value; set your own secret")
        elif _PLACEHOLDER.fullmatch(value):
            self.problem(name, "still holds a placeholder")

    def connection_string(self, name: str) -> SecretStr | None:
        """An Azure connection string, `key=value` parts separated by semicolons."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() == "usedevelopmentstorage=true":
            return SecretStr(AZURITE_CONNECTION)
        parts = [part for part in value.split(";") if part]
        if not all(re.match(r"[A-Za-z]+=.", part) for part in parts) or re.search(r"<[^>]*>", value):
            self.problem(name, "is not a connection string")
            return None
        return SecretStr(value)

    def url(self, name: str, *, required: bool = True) -> str | None:
        """An absolute URL without query, fragment, user and trailing slash; https unless loopback."""
        value = self.text(name)
        if value is None:
            if required:
                self.problem(name, "is required")
            return None
        try:
            parts = urlsplit(value)
            well_formed = bool(parts.hostname) and parts.port != 0
        except ValueError:
            well_formed = False
        if not well_formed or parts.scheme not in ("http", "https"):
            self.problem(name, "must be an absolute http(s) URL")
            return None
        if parts.query or parts.fragment or parts.username is not None or not value.isprintable():
            self.problem(name, "must have no query, fragment or user")
            return None
        if parts.scheme == "http" and not self.is_loopback(value):
            self.problem(name, "must use https unless the host is loopback")
            return None
        return value.rstrip("/")

    @staticmethod
    def is_loopback(url: str) -> bool:
        """Whether the URL's host is this machine by its name or address."""
        host = urlsplit(url).hostname or ""
        if host == "localhost":
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False

    def choice(self, name: str, options: type[Choice]) -> Choice | None:
        """One member of an enumeration, in any case."""
        value = (self.text(name) or "").lower()
        if value not in [option.value for option in options]:
            self.problem(name, "must be one of " + ", ".join(option.value for option in options))
            return None
        return options(value)

    def boolean(self, name: str) -> bool:
        """true/false, 1/0, yes/no, on/off."""
        value = (self.text(name) or "false").lower()
        if value not in _TRUE | _FALSE:
            self.problem(name, "must be true or false")
        return value in _TRUE

    def number(self, name: str, low: float, high: float, *, whole: bool = False) -> float:
        """A finite number from `low` to `high`."""
        try:
            value = float(self.text(name) or "")
        except ValueError:
            value = math.nan
        if not low <= value <= high or (whole and not value.is_integer()):
            self.problem(name, f"must be a {'whole ' if whole else ''}number from {low:g} to {high:g}")
            return low
        return value

    def pattern(self, name: str, expression: str, reason: str) -> str:
        """A text that an expression matches whole."""
        value = self.text(name) or ""
        if not re.fullmatch(expression, value):
            self.problem(name, reason)
        return value

    def text_list(self, name: str, most: int) -> tuple[str, ...]:
        """Texts separated by commas, without blanks around them; unset is the empty list."""
        entries = tuple(entry.strip() for entry in (self.text(name) or "").split(",") if entry.strip())
        if len(entries) > most:
            self.problem(name, f"must have at most {most} entries")
            return ()
        return entries

    def json_list(
        self, name: str, model: type[Model], most: int, *, required: bool = True
    ) -> tuple[Model, ...]:
        """A non-empty JSON list of objects of one model."""
        value = self._json(name)
        if value is None:
            if required:
                self.problem(name, "is required")
            return ()
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            self.problem(name, f"must be a JSON list of 1 to {most} objects")
            return ()
        entries: list[Model] = []
        for index, item in enumerate(value):
            try:
                entries.append(model.model_validate(item))
            except ValidationError as error:
                for detail in error.errors(include_input=False, include_url=False, include_context=False):
                    where = ".".join(str(part) for part in detail["loc"])
                    self.problem(f"{name}[{index}].{where}".rstrip("."), f"is invalid ({detail['type']})")
        return tuple(entries)

    def json_lists_by_name(self, name: str, most: int, longest: int) -> dict[str, tuple[str, ...]]:
        """A JSON object of non-empty lists of non-empty strings; unset is the empty object."""
        value = self._json(name)
        if value is None:
            return {}
        if not isinstance(value, dict) or len(value) > most:
            self.problem(name, f"must be a JSON object of at most {most} lists of strings")
            return {}
        lists: dict[str, tuple[str, ...]] = {}
        for key, items in value.items():
            if not isinstance(items, list) or not 1 <= len(items) <= longest:
                self.problem(f"{name}.{key}", f"must be a list of 1 to {longest} strings")
            elif not all(isinstance(item, str) and item.strip() for item in items):
                self.problem(f"{name}.{key}", "must hold non-empty strings only")
            else:
                lists[key] = tuple(item.strip() for item in items)
        return lists

    def _json(self, name: str) -> Any:
        value = self.text(name)
        if value is None:
            return None
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            self.problem(name, "is not valid JSON")
            return None
