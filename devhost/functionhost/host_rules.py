"""What Azure's Functions host refuses although the Python worker accepts it.

The worker only sees Python; names, routes, schedules and settings are judged by the host, after deployment.
Sources: Azure/azure-functions-host, src/WebJobs.Script/Utility.cs (names) and ScriptHost.cs (routes), and the
binding reference on learn.microsoft.com/azure/azure-functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from devhost.functionhost.annotations import RETURN_BINDING
from devhost.functionhost.app_settings import (
    InvalidSettingError,
    MissingSettingError,
    expand,
    resolve_connection,
)
from devhost.functionhost.indexing import IndexedApp, IndexedFunction
from devhost.functionhost.routes import RouteTemplate, RouteTemplateError
from shared.domain.ncrontab import Ncrontab, NcrontabError

_FUNCTION_NAME = re.compile(r"[a-z][a-z0-9_\-]{0,127}", re.IGNORECASE)
_BINDING_NAME = re.compile(r"[a-z][a-z0-9]{0,127}", re.IGNORECASE)
_RESERVED_FUNCTION_NAME = "host"
_RESERVED_ROUTE_STARTS = ("admin", "runtime")
"""Prefixes of the whole route text: ``administrators`` is refused as well."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason why the app would not run as written."""

    function: str
    rule: str
    """function-name, binding-name, reserved-route, route-conflict, route-template, schedule,
    missing-setting, invalid-setting, or not-run-locally (Azure would run it, this host does not)."""
    message: str

    def __str__(self) -> str:
        return f"{self.function}: {self.message} [{self.rule}]"


class HostRefusedError(Exception):
    """The app breaks the host's rules; ``violations`` lists every one."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("the Functions host refuses this app:\n" + "\n".join(map(str, self.violations)))


def route_of(function: IndexedFunction) -> str:
    """The route of an HTTP function without its outer slashes; the function's name when it has none."""
    return str(function.trigger.route or function.name).strip("/")


def methods_of(function: IndexedFunction) -> frozenset[str] | None:
    """Upper-case methods of an HTTP function; None means all."""
    methods = function.trigger.methods
    if not methods:
        return None
    return frozenset(str(getattr(method, "value", method)).upper() for method in methods)


def _name_rules(function: IndexedFunction) -> Iterator[Violation]:
    if not _FUNCTION_NAME.fullmatch(function.name) or function.name.lower() == _RESERVED_FUNCTION_NAME:
        yield Violation(
            function.name,
            "function-name",
            "a name starts with a letter, has letters, digits, - and _ only, at most 128, and is not 'host'",
        )
    for name in function.binding_names:
        if name != RETURN_BINDING and not _BINDING_NAME.fullmatch(name):
            yield Violation(
                function.name,
                "binding-name",
                f"the binding (parameter) name {name!r} may hold letters and digits only: no underscore",
            )


def _route_rules(function: IndexedFunction) -> Iterator[Violation]:
    route = route_of(function)
    if route.lower().startswith(_RESERVED_ROUTE_STARTS):
        yield Violation(
            function.name, "reserved-route", f"the route {route!r} starts with a name that the host keeps"
        )
    try:
        RouteTemplate.parse(route)
    except RouteTemplateError as error:
        yield Violation(function.name, "route-template", f"route {route!r}: {error}")


def _route_conflicts(functions: list[IndexedFunction]) -> Iterator[Violation]:
    for index, function in enumerate(functions):
        for earlier in functions[:index]:
            if route_of(function).lower() != route_of(earlier).lower():
                continue
            ours, theirs = methods_of(function), methods_of(earlier)
            if ours is None or theirs is None or ours & theirs:
                yield Violation(
                    function.name,
                    "route-conflict",
                    f"the route {route_of(function)!r} conflicts with the function {earlier.name!r}",
                )


def _timer_rules(function: IndexedFunction, environment: Mapping[str, str]) -> Iterator[Violation]:
    try:
        schedule = expand(function.trigger.schedule, environment)
        Ncrontab.parse(schedule)
    except MissingSettingError as error:
        yield Violation(function.name, "missing-setting", str(error))
    except NcrontabError as error:
        yield Violation(function.name, "schedule", f"schedule {function.trigger.schedule!r}: {error}")


def _queue_settings(
    function: IndexedFunction, queue_name: str, connection: str, environment: Mapping[str, str]
) -> Iterator[Violation]:
    for read in (
        lambda: expand(queue_name, environment),
        lambda: resolve_connection(connection, environment),
    ):
        try:
            read()
        except MissingSettingError as error:
            yield Violation(function.name, "missing-setting", str(error))
        except InvalidSettingError as error:
            yield Violation(function.name, "invalid-setting", str(error))


def _service_bus_rules(function: IndexedFunction, environment: Mapping[str, str]) -> Iterator[Violation]:
    trigger = function.trigger
    if not hasattr(trigger, "queue_name"):
        yield Violation(function.name, "not-run-locally", "topic subscriptions are not run by this host")
        return
    if getattr(trigger, "is_sessions_enabled", False):
        yield Violation(function.name, "not-run-locally", "sessions are not run by this host")
    yield from _queue_settings(function, trigger.queue_name, trigger.connection, environment)


def _output_rules(function: IndexedFunction, environment: Mapping[str, str]) -> Iterator[Violation]:
    for output in function.outputs:
        if output.kind != "serviceBus" or not hasattr(output.binding, "queue_name"):
            yield Violation(
                function.name,
                "not-run-locally",
                f"the output binding {output.name!r} of type {output.kind!r} is not run by this host",
            )
            continue
        yield from _queue_settings(
            function, output.binding.queue_name, output.binding.connection, environment
        )


_TRIGGER_RULES: dict[str, Callable[[IndexedFunction, Mapping[str, str]], Iterator[Violation]]] = {
    "httpTrigger": lambda function, _environment: _route_rules(function),
    "timerTrigger": _timer_rules,
    "serviceBusTrigger": _service_bus_rules,
    "eventGridTrigger": lambda _function, _environment: iter(()),
}


def check_app(app: IndexedApp, environment: Mapping[str, str]) -> list[Violation]:
    """Every rule that the app breaks, in the order of its functions; empty when the host would run it.

    ``environment`` gives the application settings that ``%NAME%`` and connection names refer to.
    """
    found: list[Violation] = []
    seen: dict[str, str] = {}
    for function in app.functions:
        found.extend(_name_rules(function))
        twin = seen.setdefault(function.name.lower(), function.name)
        if twin != function.name:
            found.append(
                Violation(function.name, "function-name", f"differs from the function {twin!r} by case only")
            )
        rules = _TRIGGER_RULES.get(function.kind)
        if rules is None:
            found.append(
                Violation(function.name, "not-run-locally", f"the trigger {function.kind!r} is not run here")
            )
        else:
            found.extend(rules(function, environment))
        found.extend(_output_rules(function, environment))
        if function.has_retry_policy:
            found.append(Violation(function.name, "not-run-locally", "retry policies are not run here"))
    found.extend(_route_conflicts([one for one in app.functions if one.kind == "httpTrigger"]))
    return found
