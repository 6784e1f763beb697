"""Loads ``function_app.py`` and lists the functions it registers (azure-functions v2 programming model)."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func

from devhost.functionhost.annotations import (
    DIRECTION_OUT,
    RETURN_BINDING,
    AnnotationError,
    check_annotations,
)
from devhost.functionhost.host_json import HostJson, read_host_json

SCRIPT_FILE = "function_app.py"
"""The only file that the worker loads (PYTHON_SCRIPT_FILE_NAME left unset)."""


class IndexingError(Exception):
    """The app cannot be indexed: as in Azure, one bad function means no function. The cause is chained."""


@dataclass(frozen=True, slots=True)
class OutputBinding:
    """One ``func.Out`` parameter of a function."""

    name: str
    kind: str
    """Binding type, e.g. ``serviceBus``."""
    binding: Any
    """The decorator's object (``queue_name``, ``connection``, ...)."""


@dataclass(frozen=True, slots=True)
class IndexedFunction:
    """One function of the app with its trigger."""

    name: str
    kind: str
    """Trigger type as in function.json: httpTrigger, timerTrigger, serviceBusTrigger, eventGridTrigger."""
    trigger: Any
    """The decorator's object: ``route``, ``methods``, ``schedule``, ``queue_name``, ..."""
    parameter: str
    """Name of the parameter that takes the trigger's value."""
    user_function: Callable[..., Any]
    is_async: bool
    wants_context: bool
    has_return: bool
    """Whether a ``$return`` binding takes the returned value (HTTP functions)."""
    outputs: tuple[OutputBinding, ...]
    binding_names: tuple[str, ...]
    has_retry_policy: bool


@dataclass(frozen=True, slots=True)
class IndexedApp:
    """An app directory after loading."""

    directory: Path
    host_json: HostJson
    module: ModuleType
    functions: tuple[IndexedFunction, ...]


def _index(function: Any) -> IndexedFunction:
    name = function.get_function_name()
    trigger = function.get_trigger()
    user_function = function.get_user_function()
    if not inspect.isfunction(user_function):
        # The worker asks for the file that a function is written in: partials and objects have none.
        raise IndexingError(f"{name}: {user_function!r} is no plain function")
    parameters = set(inspect.signature(user_function).parameters)
    bindings = function.get_bindings()
    named = [binding for binding in bindings if binding.name != RETURN_BINDING]
    bound = {binding.name for binding in named}
    wants_context = "context" in parameters and "context" not in bound
    unbound = parameters - bound - ({"context"} if wants_context else set())
    if unbound:
        raise IndexingError(f"{name}: parameters without a binding: {', '.join(sorted(unbound))}")
    if bound - parameters:
        missing = ", ".join(sorted(bound - parameters))
        raise IndexingError(f"{name}: bindings without a parameter of that name: {missing}")
    try:
        check_annotations(user_function, bindings)
    except AnnotationError as error:
        raise IndexingError(f"{name}: {error}") from error
    return IndexedFunction(
        name=name,
        kind=trigger.get_binding_name() or trigger.type,
        trigger=trigger,
        parameter=trigger.name,
        user_function=user_function,
        is_async=inspect.iscoroutinefunction(user_function),
        wants_context=wants_context,
        has_return=any(binding.name == RETURN_BINDING for binding in bindings),
        outputs=tuple(
            OutputBinding(binding.name, binding.type, binding)
            for binding in named
            if binding.direction == DIRECTION_OUT
        ),
        binding_names=tuple(binding.name for binding in bindings),
        has_retry_policy=function.get_setting("retry_policy") is not None,
    )


def _execute_script(app_dir: Path) -> ModuleType:
    script = app_dir / SCRIPT_FILE
    if not script.is_file():
        raise IndexingError(f"{script} does not exist")
    if str(app_dir) not in sys.path:
        sys.path.insert(0, str(app_dir))
    name = script.stem
    spec = importlib.util.spec_from_file_location(name, script)
    if spec is None or spec.loader is None:
        raise IndexingError(f"{script} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    previous = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        if previous is None:
            del sys.modules[name]
        else:
            sys.modules[name] = previous
        raise IndexingError(f"{SCRIPT_FILE} failed to import: {type(error).__name__}: {error}") from error
    return module


def load_app(app_dir: Path) -> IndexedApp:
    """Execute ``app_dir/function_app.py`` and index the one FunctionApp it holds.

    The directory joins ``sys.path`` and stays there: functions import lazily while they run, as they do in
    Azure. The script is executed anew at each call, its imports are not.

    Raises:
        IndexingError: when the script does not import or the app would not index in Azure.
        HostJsonError: when host.json is absent or wrong.
    """
    directory = app_dir.resolve()
    host_json = read_host_json(directory)
    module = _execute_script(directory)
    apps = {id(value): value for value in vars(module).values() if isinstance(value, func.FunctionRegister)}
    if len(apps) != 1:
        raise IndexingError(f"{SCRIPT_FILE} must hold exactly one FunctionApp, found {len(apps)}")
    app: Any = next(iter(apps.values()))
    try:
        # May be called once per app object: it fails on the names it has seen.
        registered = app.get_functions()
    except ValueError as error:
        raise IndexingError(str(error)) from error
    functions = tuple(_index(function) for function in registered)
    return IndexedApp(directory, host_json, module, functions)
