"""Estates for the end-to-end tests, generated once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devhost.demo.client import ApiClient
from tests.e2e.stack import ROOT, Stack
from tests.e2e.two_hosts import two_hosts

Estate = tuple[Path, Path]


def generate(folder: Path, resources: int, seed: int, *options: str) -> Estate:
    """Estate file and truth file of `python -m samples.generate` with these arguments."""
    stem = "-".join([str(resources), str(seed), *(one.strip("-") for one in options)])
    out, truth = folder / f"{stem}.jsonl", folder / f"{stem}.truth.jsonl"
    if not out.exists():
        command = [sys.executable, "-m", "samples.generate", "--resources", str(resources)]
        command += ["--seed", str(seed), "--out", str(out), "--truth", str(truth), *options]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return out, truth


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], Estate]:
    """(resources, seed) -> estate file and truth file."""
    folder = tmp_path_factory.mktemp("estates")
    return lambda resources, seed: generate(folder, resources, seed)


@pytest.fixture(scope="session")
def full_estate(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int, str], Estate]:
    """(resources, seed, day) -> an estate for full scans, its dates laid around a day."""
    folder = tmp_path_factory.mktemp("full")
    return lambda resources, seed, day: generate(folder, resources, seed, "--full", "--now", day)


@pytest.fixture(scope="module")
def sample_stack() -> Iterator[ApiClient]:
    """One stack on the committed sample estate."""
    with Stack(ROOT / "samples" / "estate.jsonl") as stack:
        yield stack.start()


@pytest.fixture(scope="session")
def hosts(storage_connection_string: str) -> Iterator[list[str]]:
    """Base URLs of two host processes on one storage."""
    with two_hosts(storage_connection_string) as running:
        yield running
