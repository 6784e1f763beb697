"""Route templates of HTTP functions: the part of ASP.NET Core's syntax that Azure Functions documents.

Segments are literal text or one parameter: ``{name}``, ``{name:constraint}``, ``{name?}``, ``{*rest}``.
Order among routes that match one path follows ASP.NET's inbound precedence: from the left, literal before
constrained parameter before parameter before constrained catch-all before catch-all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

T = TypeVar("T")

MAX_TEMPLATE_LENGTH = 1024

_GUID = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}|\([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\)",
    re.IGNORECASE,
)
_PARAMETER = re.compile(
    r"\{(?P<star>\*{0,2})(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<constraints>(?::.+?)*)(?P<optional>\?)?\}"
)
_CONSTRAINT = re.compile(r"(?P<name>[A-Za-z]+)(?:\((?P<argument>.*)\))?", re.DOTALL)
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")

Check = Callable[[str], bool]


class RouteTemplateError(ValueError):
    """The template is not one that the host accepts; the message says which part."""


def _integer_between(low: int, high: int) -> Check:
    return lambda text: bool(_INTEGER.fullmatch(text)) and low <= int(text) <= high


def _is_datetime(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_PLAIN_CONSTRAINTS: dict[str, Check] = {
    "guid": lambda text: bool(_GUID.fullmatch(text)),
    "int": _integer_between(-(2**31), 2**31 - 1),
    "long": _integer_between(-(2**63), 2**63 - 1),
    "bool": lambda text: text.lower() in ("true", "false"),
    "alpha": lambda text: text.isascii() and (text.isalpha() or not text),
    "datetime": _is_datetime,
    "decimal": lambda text: bool(_DECIMAL.fullmatch(text)),
    "double": lambda text: bool(_DECIMAL.fullmatch(text)),
    "float": lambda text: bool(_DECIMAL.fullmatch(text)),
    "required": bool,
}


def _numbers(name: str, argument: str, counts: tuple[int, ...]) -> list[int]:
    parts = [part.strip() for part in argument.split(",")]
    if len(parts) not in counts or not all(_INTEGER.fullmatch(part) for part in parts):
        raise RouteTemplateError(f"the constraint {name}({argument}) needs whole numbers")
    return [int(part) for part in parts]


def _regex(argument: str) -> Check:
    # Braces belong to the template: ASP.NET wants those of the expression doubled.
    expression = argument.replace("{{", "\0").replace("}}", "\1")
    if "{" in expression or "}" in expression:
        raise RouteTemplateError(f"the constraint regex({argument}) must double its braces")
    try:
        pattern = re.compile(expression.replace("\0", "{").replace("\1", "}"), re.IGNORECASE)
    except re.error as error:
        raise RouteTemplateError(f"the constraint regex({argument}) is no regular expression") from error
    return lambda text: bool(pattern.search(text))


def _with_argument(name: str, argument: str) -> Check:
    if name == "regex":
        return _regex(argument)
    if name in ("minlength", "maxlength", "length"):
        numbers = _numbers(name, argument, (1, 2) if name == "length" else (1,))
        low = 0 if name == "maxlength" else numbers[0]
        high = MAX_TEMPLATE_LENGTH**3 if name == "minlength" else numbers[-1]
        return lambda text: low <= len(text) <= high
    if name in ("min", "max", "range"):
        numbers = _numbers(name, argument, (2,) if name == "range" else (1,))
        low = -(2**63) if name == "max" else numbers[0]
        high = 2**63 - 1 if name == "min" else numbers[-1]
        return _integer_between(low, high)
    raise RouteTemplateError(f"unknown route constraint {name!r}")


def _constraint(text: str) -> Check:
    match = _CONSTRAINT.fullmatch(text)
    if match is None:
        raise RouteTemplateError(f"unreadable route constraint {text!r}")
    name, argument = match["name"].lower(), match["argument"]
    if argument is not None:
        return _with_argument(name, argument)
    if name not in _PLAIN_CONSTRAINTS:
        raise RouteTemplateError(f"unknown route constraint {name!r}")
    return _PLAIN_CONSTRAINTS[name]


def _split_outside_parentheses(text: str, separator: str) -> list[str]:
    """Split at separators that no parenthesis or brace encloses (a regex may hold slashes and colons)."""
    parts, depth, current = [], 0, ""
    for character in text:
        if character in "({":
            depth += 1
        elif character in ")}":
            depth -= 1
        if character == separator and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [*parts, current]


@dataclass(frozen=True, slots=True)
class _Segment:
    literal: str | None = None
    """Lower case; None for a parameter."""
    name: str = ""
    checks: tuple[Check, ...] = ()
    optional: bool = False
    catch_all: bool = False

    @property
    def precedence(self) -> int:
        if self.literal is not None:
            return 1
        return (4 if self.catch_all else 2) + (0 if self.checks else 1)


def _segment(text: str) -> _Segment:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        if not text or "{" in text or "}" in text or "?" in text:
            raise RouteTemplateError(f"unsupported route segment {text!r}")
        return _Segment(literal=text.lower())
    constraints = _split_outside_parentheses(match["constraints"], ":")[1:]
    return _Segment(
        name=match["name"],
        checks=tuple(_constraint(text) for text in constraints),
        optional=bool(match["optional"]),
        catch_all=bool(match["star"]),
    )


@dataclass(frozen=True, slots=True)
class RouteTemplate:
    """A parsed template; matches paths without regard to case."""

    segments: tuple[_Segment, ...]

    @classmethod
    def parse(cls, template: str) -> RouteTemplate:
        """Read a template such as ``v1/scans/{scan_id:guid}``.

        Raises:
            RouteTemplateError: for anything outside the supported subset.
        """
        if len(template) > MAX_TEMPLATE_LENGTH:
            raise RouteTemplateError(f"the route has more than {MAX_TEMPLATE_LENGTH} characters")
        text = template.strip("/")
        segments = tuple(_segment(part) for part in _split_outside_parentheses(text, "/")) if text else ()
        names = [segment.name.lower() for segment in segments if segment.literal is None]
        if len(names) != len(set(names)):
            raise RouteTemplateError("a route parameter appears twice")
        if any(segment.optional or segment.catch_all for segment in segments[:-1]):
            raise RouteTemplateError("only the last segment may be optional or a catch-all")
        return cls(segments)

    @property
    def literal_path(self) -> str | None:
        """The lower-case path (``/a/b``) when every segment is literal."""
        literals = [segment.literal for segment in self.segments if segment.literal is not None]
        return "/" + "/".join(literals) if len(literals) == len(self.segments) else None

    @property
    def precedence(self) -> tuple[int, ...]:
        """Sort key: smaller wins."""
        return tuple(segment.precedence for segment in self.segments)

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """Parameters found when the path ``parts`` (decoded, without slashes) fits, else None."""
        found: dict[str, str] = {}
        for index, segment in enumerate(self.segments):
            if segment.catch_all:
                rest = "/".join(parts[index:])
                if rest and not all(check(rest) for check in segment.checks):
                    return None
                if rest:
                    found[segment.name] = rest
                return found
            if index >= len(parts):
                return found if segment.optional else None
            part = parts[index]
            if segment.literal is not None:
                if part.lower() != segment.literal:
                    return None
                continue
            if not part or not all(check(part) for check in segment.checks):
                return None
            found[segment.name] = part
        return found if len(parts) <= len(self.segments) else None


def decode_path(raw_path: bytes) -> str:
    """Decode percent escapes as Kestrel does: all but ``%2F``, which stays a part of its segment."""
    if b"%" not in raw_path:
        return raw_path.decode("latin-1")
    pieces = re.split(rb"(%2[fF])", raw_path)
    decoded = [piece if index % 2 else unquote_to_bytes(piece) for index, piece in enumerate(pieces)]
    return b"".join(decoded).decode("utf-8", "replace")


@dataclass(slots=True)
class _Entry(Generic[T]):
    template: RouteTemplate
    methods: frozenset[str] | None
    value: T


@dataclass(slots=True)
class RouteTable(Generic[T]):
    """Routes in order of precedence. The method is part of the match, as in the Functions host."""

    _literal: dict[str, list[_Entry[T]]] = field(default_factory=dict)
    _parametrised: list[_Entry[T]] = field(default_factory=list)

    def add(self, template: RouteTemplate, methods: Iterable[str] | None, value: T) -> None:
        """Add a route; ``methods`` None means every method."""
        entry = _Entry(template, None if methods is None else frozenset(methods), value)
        if template.literal_path is not None:
            self._literal.setdefault(template.literal_path, []).append(entry)
            return
        self._parametrised.append(entry)
        self._parametrised.sort(key=lambda one: one.template.precedence)

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]] | None:
        """The first route for a decoded path, with its parameters; None is a 404."""
        trimmed = path[:-1] if path.endswith("/") and len(path) > 1 else path
        for entry in self._literal.get(trimmed.lower(), ()):
            if entry.methods is None or method in entry.methods:
                return entry.value, {}
        parts = trimmed[1:].split("/") if len(trimmed) > 1 else []
        for entry in self._parametrised:
            if entry.methods is None or method in entry.methods:
                found = entry.template.match(parts)
                if found is not None:
                    return entry.value, found
        return None
