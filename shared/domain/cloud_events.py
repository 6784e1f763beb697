"""What makes a JSON object a CloudEvent 1.0. Pure.

Context attributes: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md; members of the JSON
form: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md (3.1).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

SPECVERSION: Final = "1.0"
_REQUIRED: Final = ("id", "source", "type")
_TEXTS: Final = ("subject", "datacontenttype", "dataschema")
_NAME: Final = re.compile(r"[a-z0-9]+")
_TIME: Final = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
"""RFC 3339, 5.6; with as many digits of a second as there are."""


def problem_of(event: Mapping[str, Any]) -> str | None:
    """Why an object is no CloudEvent; None: it is one. An attribute that is null counts as absent."""
    if event.get("specversion") != SPECVERSION:
        return f"specversion must be {SPECVERSION}"
    for name in _REQUIRED:
        if not _is_text(event.get(name)):
            return f"{name} must be a text that is not empty"
    for name in _TEXTS:
        if event.get(name) is not None and not _is_text(event[name]):
            return f"{name} must be a text that is not empty"
    time = event.get("time")
    if time is not None and not (isinstance(time, str) and _TIME.fullmatch(time)):
        return "time must be as RFC 3339 has it"
    if any(name != "data_base64" and not _NAME.fullmatch(name) for name in event):
        return "names of attributes must be lower-case letters and digits"
    return _problem_of_data(event)


def _problem_of_data(event: Mapping[str, Any]) -> str | None:
    encoded = event.get("data_base64")
    if encoded is None:
        return None
    if event.get("data") is not None:
        return "data and data_base64 exclude each other"
    try:
        base64.b64decode(encoded, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return "data_base64 must be base64"
    return None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
