"""host.json: the settings of the Functions host that matter on a developer's machine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_HOST_JSON_BYTES = 1_000_000
_DURATION = re.compile(r"(?:(\d{1,4})\.)?(\d{1,2}):([0-5]?\d):([0-5]?\d)(?:\.(\d{1,7}))?")


class HostJsonError(ValueError):
    """host.json cannot be used; the message names the setting and the reason."""


@dataclass(frozen=True, slots=True)
class ServiceBusOptions:
    """``extensions.serviceBus``; defaults of extension 5.x (functions-bindings-service-bus, host.json)."""

    max_concurrent_calls: int = 16
    """Messages that one function works on at the same time."""
    max_message_batch_size: int = 1000
    """Messages of one call when the trigger's cardinality is MANY."""
    prefetch_count: int = 0
    auto_complete_messages: bool = True
    max_auto_lock_renewal_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class HostJson:
    """The parsed file."""

    route_prefix: str = "api"
    """Without slashes; empty when the routes start at the root."""
    max_concurrent_requests: int | None = None
    """HTTP functions that run at the same time; further requests wait. None: no bound."""
    max_outstanding_requests: int | None = None
    """HTTP requests that run or wait; further ones get 429. None: no bound."""
    function_timeout_seconds: float | None = None
    """Longest run of any function; None: no bound."""
    service_bus: ServiceBusOptions = field(default_factory=ServiceBusOptions)


def duration_seconds(text: object, setting: str) -> float:
    """A .NET TimeSpan, ``[d.]hh:mm:ss[.fffffff]``, in seconds.

    Raises:
        HostJsonError: when ``text`` is none.
    """
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None or int(match[2]) > 23:
        raise HostJsonError(f"{setting}: {text!r} is not a duration such as 00:05:00")
    days, hours, minutes, seconds, fraction = match.groups()
    whole = int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + float(f"0.{fraction or 0}")


def _section(document: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    current: Any = document
    for depth, name in enumerate(path):
        current = current.get(name, {})
        if not isinstance(current, Mapping):
            raise HostJsonError(f"{'.'.join(path[: depth + 1])}: must be an object")
    result: Mapping[str, Any] = current
    return result


def _whole(value: object, setting: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise HostJsonError(f"{setting}: {value!r} is no whole number from {low} to {high}")
    return value


def _integer(section: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    return _whole(section.get(name, default), f"extensions.serviceBus.{name}", low, high)


def _request_bound(section: Mapping[str, Any], name: str) -> int | None:
    """A bound of extensions.http; -1 (and, on a local host, absence) means none."""
    value = section.get(name, -1)
    return None if value == -1 else _whole(value, f"extensions.http.{name}", 1, 1_000_000)


def _timeout(document: Mapping[str, Any]) -> float | None:
    value = document.get("functionTimeout", "-1")
    return None if value == "-1" else duration_seconds(value, "functionTimeout")


def _service_bus(section: Mapping[str, Any]) -> ServiceBusOptions:
    default = ServiceBusOptions()
    auto_complete = section.get("autoCompleteMessages", default.auto_complete_messages)
    if not isinstance(auto_complete, bool):
        raise HostJsonError(f"extensions.serviceBus.autoCompleteMessages: {auto_complete!r} is no boolean")
    renewal = default.max_auto_lock_renewal_seconds
    if "maxAutoLockRenewalDuration" in section:
        setting = "extensions.serviceBus.maxAutoLockRenewalDuration"
        renewal = duration_seconds(section["maxAutoLockRenewalDuration"], setting)
    return ServiceBusOptions(
        max_concurrent_calls=_integer(section, "maxConcurrentCalls", default.max_concurrent_calls, 1, 1000),
        max_message_batch_size=_integer(
            section, "maxMessageBatchSize", default.max_message_batch_size, 1, 5000
        ),
        prefetch_count=_integer(section, "prefetchCount", default.prefetch_count, 0, 5000),
        auto_complete_messages=auto_complete,
        max_auto_lock_renewal_seconds=renewal,
    )


def read_host_json(app_dir: Path) -> HostJson:
    """Read ``host.json`` of an app.

    Raises:
        HostJsonError: when it is absent, too large, no JSON object, not version 2.0, or a setting is wrong.
    """
    path = app_dir / "host.json"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HostJsonError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > MAX_HOST_JSON_BYTES:
        raise HostJsonError(f"{path} is larger than {MAX_HOST_JSON_BYTES} bytes")
    try:
        document = json.loads(data)
    except ValueError as error:
        raise HostJsonError(f"{path} is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise HostJsonError(f"{path}: must hold an object")
    if document.get("version") != "2.0":
        raise HostJsonError(f'version: must be "2.0", is {document.get("version")!r}')
    http = _section(document, "extensions", "http")
    prefix = http.get("routePrefix", "api")
    if not isinstance(prefix, str) or "{" in prefix:
        raise HostJsonError(f"extensions.http.routePrefix: {prefix!r} is no plain path")
    return HostJson(
        route_prefix=prefix.strip("/"),
        max_concurrent_requests=_request_bound(http, "maxConcurrentRequests"),
        max_outstanding_requests=_request_bound(http, "maxOutstandingRequests"),
        function_timeout_seconds=_timeout(document),
        service_bus=_service_bus(_section(document, "extensions", "serviceBus")),
    )
