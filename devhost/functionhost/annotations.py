"""Checks a function's annotations as the Python worker does when it indexes the function.

The SDK's own converters judge the types (``azure.functions.meta``); the rules around them follow the
worker's registry (Azure/azure-functions-python-worker, functions.py).
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import azure.functions as func
from azure.functions import meta

RETURN_BINDING = "$return"
DIRECTION_OUT = 1
"""``Binding.direction`` of an output, an int although function.json says ``OUT``."""


_CONVERTERS: Any = meta.get_binding_registry()  # type: ignore[no-untyped-call]
"""Converter class by binding type."""


class AnnotationError(ValueError):
    """An annotation does not fit its binding; the message names the parameter."""


def _is_class_or_generic(annotation: object) -> bool:
    """A class, or a generic of ``typing``: the worker knows neither ``list[X]`` nor unions."""
    if isinstance(annotation, type):
        return True
    origin = typing.get_origin(annotation)
    built_in = isinstance(annotation, types.GenericAlias | types.UnionType)
    return origin is not None and origin is not typing.Union and not built_in


def _check_parameter(binding: Any, annotation: Any) -> None:
    is_out = annotation is func.Out or typing.get_origin(annotation) is func.Out
    wants_out = binding.direction == DIRECTION_OUT
    if is_out and not wants_out:
        raise AnnotationError(f"{binding.name} is an input, but its annotation is azure.functions.Out")
    if wants_out and not is_out:
        raise AnnotationError(f"{binding.name} is an output: its annotation must be azure.functions.Out[...]")
    inner = annotation
    if is_out:
        arguments = typing.get_args(annotation)
        if len(arguments) != 1:
            raise AnnotationError(f"{binding.name}: azure.functions.Out needs one type")
        inner = arguments[0]
    if not _is_class_or_generic(inner):
        raise AnnotationError(f"{binding.name}: {annotation!r} is no class (nor a generic of typing)")
    if inner in (str, bytes):
        return
    converter = _CONVERTERS.get(binding.type)
    if converter is None:
        return
    method = "check_output_type_annotation" if is_out else "check_input_type_annotation"
    check = getattr(converter, method, None)
    try:
        fits = check is not None and check(inner)
    except TypeError as error:
        # Most converters ask issubclass(), which takes no generic.
        raise AnnotationError(f"{binding.name}: {inner!r} does not fit {binding.type!r}: {error}") from error
    if not fits:
        raise AnnotationError(f"{binding.name}: {inner!r} does not fit the binding {binding.type!r}")


def _check_return(binding: Any, annotation: Any) -> None:
    if not isinstance(annotation, type):
        raise AnnotationError(f"the return annotation {annotation!r} is no class")
    converter = _CONVERTERS.get(binding.type)
    if converter is not None and not converter.check_output_type_annotation(annotation):
        raise AnnotationError(f"the return annotation {annotation!r} does not fit {binding.type!r}")


def check_annotations(user_function: Callable[..., Any], bindings: Iterable[Any]) -> None:
    """Compare a function's annotations with its bindings; what is not annotated is not checked.

    Raises:
        AnnotationError: for the first that does not fit, or that cannot be resolved.
    """
    try:
        hints: Mapping[str, Any] = typing.get_type_hints(user_function)
    except Exception as error:  # Text annotations are evaluated: they may raise anything.
        raise AnnotationError(f"the annotations cannot be resolved: {error}") from error
    by_name = {binding.name: binding for binding in bindings}
    for name, annotation in hints.items():
        if name in by_name:
            _check_parameter(by_name[name], annotation)
        elif name == "context" and getattr(annotation, "__name__", "") != "Context":
            raise AnnotationError("context must be annotated as azure.functions.Context")
    if RETURN_BINDING in by_name and "return" in hints:
        _check_return(by_name[RETURN_BINDING], hints["return"])
