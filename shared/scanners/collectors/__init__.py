"""Collectors: one file for each place that details are read from, each with a tuple `COLLECTORS`."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from shared.scanners.details import Collector


class CollectorRegistrationError(Exception):
    """Two collectors have one name, or give one type; the product must not start with them."""


@cache
def registered() -> tuple[Collector, ...]:
    """Every collector of the build, in the order of the names.

    Raises:
        CollectorRegistrationError: see there.
    """
    found: dict[str, Collector] = {}
    given: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__, __name__ + "."):
        if module.name.rsplit(".", 1)[-1].startswith("_"):
            continue
        for one in import_module(module.name).COLLECTORS:
            if one.name in found:
                raise CollectorRegistrationError(f"two collectors are named {one.name}")
            found[one.name] = one
            for kind in one.types:
                if given.setdefault(kind, one.name) != one.name:
                    raise CollectorRegistrationError(f"{one.name} and {given[kind]} both give {kind}")
    return tuple(found[name] for name in sorted(found))
