"""Secrets in what a machine is told in the clear: settings of extensions, and user data.

Only where a secret stands and of what kind it is are kept, never the secret. Settings of extensions are
readable by every Reader, protected settings by nobody; user data is readable by every process of the machine,
and told by Azure only when asked for one machine: https://learn.microsoft.com/azure/virtual-machines/user-data
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.domain.resource import Resource

MOST_CHARACTERS: Final = 262_144
"""Text that is searched of one resource. Azure allows 64 KB of user data."""

_DEPTH: Final = 20

_REFERENCE: Final = "privatesettingsref:"
"""How settings of DSC extensions refer to the protected ones, in any case:
https://learn.microsoft.com/azure/virtual-machines/extensions/dsc-template"""

_NO_SECRETS: Final = (_REFERENCE, "http://", "https://", "@", "$", "<", "{", "%", "[")
"""How values begin that refer to a secret elsewhere."""

_VALUE: Final = r"[\"']?(?!" + _REFERENCE + r")(?![$<{%@*\[(\"'!/.~-])[^\s\"';,&|]{8,}"

_KINDS: Final = (
    ("private key", re.compile(r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----")),
    (
        "storage account key",
        re.compile(r"(?i)account[-_]?key[\"']?\s{0,3}[=:\s]\s{0,3}[\"']?[a-z0-9+/]{86}=="),
    ),
    ("shared access signature", re.compile(r"(?i)[?&;]sig=[a-z0-9%+/]{40,}")),
    ("Entra client secret", re.compile(r"(?<![\w~.-])[\w~.-]{3}[0-9]Q~[\w~.-]{31,34}(?![\w~.-])")),
    ("GitHub token", re.compile(r"(?<!\w)gh[pousr]_[A-Za-z0-9]{36,}")),
    ("AWS access key", re.compile(r"(?<!\w)(?:AKIA|ASIA)[A-Z0-9]{16}(?!\w)")),
    (
        "password",
        re.compile(
            r"(?i)(?:password|passwd|pwd|client[-_]?secret|api[-_]?key)[\"']?\s{0,3}[=:]\s{0,3}" + _VALUE
        ),
    ),
    (
        "password",
        re.compile(
            r"(?i)(?<!\S)(?:--?|/)[\w-]{0,30}(?:password|passwd|pwd|secret|token|(?:account|access|api)-?key)"
            r"\s{1,3}" + _VALUE
        ),
    ),
)
"""What a secret looks like. References such as `$PASSWORD`, `{{secret}}` or `<password>` are none."""

_NAMES: Final = re.compile(
    r"(?i)(?:password|passwd|pwd|secret|(?:account|access|api|private)_?key|sas_?token|connection_?string)$"
)
"""Settings whose name says that their value is a secret."""

Exposed = dict[str, str]
"""`where` it stands and what `kind` of secret it is."""


def in_extension(resource: Resource) -> list[Exposed]:
    """Secrets in the public settings of a machine's extension, by setting.

    Raises:
        ValueError: the settings are longer, or deeper, than is searched.
    """
    budget = MOST_CHARACTERS
    found: list[Exposed] = []
    for where, value in _texts(resource.properties.get("settings"), "settings", _DEPTH):
        budget -= len(value)
        if budget < 0:
            raise ValueError(f"properties.settings: longer than {MOST_CHARACTERS} characters")
        kind = _kind_of(value) or ("named as a secret" if _is_named(where, value) else None)
        if kind is not None:
            found.append({"where": where, "kind": kind})
    return found[:20]


def in_user_data(resource: Resource) -> list[Exposed]:
    """Secrets in the user data of a machine; none where it has none, or where it was not asked for.

    Raises:
        ValueError: not base64, or longer than is searched.
    """
    coded = resource.properties.get("userData")
    if coded is None:
        return []
    if not isinstance(coded, str) or len(coded) > MOST_CHARACTERS:
        raise ValueError(f"properties.userData: not text of at most {MOST_CHARACTERS} characters")
    try:
        text = base64.b64decode(coded, validate=True).decode("utf-8", errors="replace")
    except binascii.Error as error:
        raise ValueError("properties.userData: not base64") from error
    kind = _kind_of(text)
    return [] if kind is None else [{"where": "userData", "kind": kind}]


def _texts(value: Any, where: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth == 0:
        raise ValueError(f"properties.{where[:80]}: deeper than {_DEPTH} levels")
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for name, below in value.items():
            yield from _texts(below, f"{where}.{str(name)[:60]}", depth - 1)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _texts(below, f"{where}[{number}]", depth - 1)


def _kind_of(text: str) -> str | None:
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), None)


def _is_named(where: str, value: str) -> bool:
    name = where.rsplit(".", 1)[-1]
    plain = len(value) >= 8 and " " not in value and not value.lower().startswith(_NO_SECRETS)
    return plain and _NAMES.search(name) is not None
