"""What a cold start costs: the parts of it that a machine under load cannot blur."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

import functions
import shared

ROOT = Path(__file__).resolve().parents[2]
MOST_MODULES = 620
"""Modules after `import function_app`, with those of the standard library and the SDK; 559 when written."""
OF_WORKERS = ("shared.exposure", "shared.rules.access", "shared.rules.packs", "shared.attack_paths", "yaml")
"""What only some invocations need: imported by the first that does."""


def _models(of: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in of.__subclasses__():
        yield model
        yield from _models(model)


def test_the_start_imports_what_every_invocation_needs() -> None:
    code = (
        "import function_app, sys; "
        f"print(len(sys.modules), *(m for m in sys.modules if m.startswith({OF_WORKERS!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    number, *early = done.stdout.split()
    assert not early
    assert int(number) <= MOST_MODULES


def test_models_are_built_when_first_used_and_can_be_built() -> None:
    """Building 160 validators takes a fifth of a cold start, and a process uses few of them."""
    for package in (shared, functions):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    ours = [one for one in _models(BaseModel) if one.__module__.startswith(("shared.", "functions."))]
    assert len(ours) > 100
    assert not [one for one in ours if not one.model_config.get("defer_build")]
    assert not [one for one in ours if one.model_rebuild() is False]
