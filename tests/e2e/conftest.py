"""Estates for the end-to-end tests, generated once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devhost.demo.client import ApiClient
from tests.e2e.stack import ROOT, Stack

Estate = tuple[Path, Path]


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], Estate]:
    """(resources, seed) -> estate file and truth file."""
    folder = tmp_path_factory.mktemp("estates")

    def make(resources: int, seed: int) -> Estate:
        out, truth = folder / f"{resources}-{seed}.jsonl", folder / f"{resources}-{seed}.truth.jsonl"
        if not out.exists():
            command = [sys.executable, "-m", "samples.generate", "--resources", str(resources)]
            command += ["--seed", str(seed), "--out", str(out), "--truth", str(truth)]
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return out, truth

    return make


@pytest.fixture(scope="module")
def sample_stack() -> Iterator[ApiClient]:
    """One stack on the committed sample estate."""
    with Stack(ROOT / "samples" / "estate.jsonl") as stack:
        yield stack.start()
