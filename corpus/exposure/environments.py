"""Environments of other tools: one virtual environment a tool, made once, with a pinned version."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER_SETTING: Final = "CORPUS_PEERS_DIR"
DEFAULT_FOLDER: Final = ".peers"
INSTALL_SECONDS: Final = 1_800
ASK_SECONDS: Final = 600
_SCRIPTS: Final = Path(__file__).with_name("peers")
_MARK: Final = "corpus-installed.txt"


class PeerUnavailableError(Exception):
    """The tool could not be installed or asked; the message is one line."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another tool: what pip installs, and the script that asks it."""

    name: str
    requirement: str
    script: Path


PEERS: Final[Mapping[str, Peer]] = {
    peer.name: peer
    for peer in (
        Peer("prowler", "prowler==5.46.0", _SCRIPTS / "ask_prowler.py"),
        Peer("checkov", "checkov==3.3.30", _SCRIPTS / "ask_checkov.py"),
        Peer("c7n", "c7n_azure==0.7.52", _SCRIPTS / "ask_c7n.py"),
    )
}


def peers_folder() -> Path:
    """Where environments are kept: `CORPUS_PEERS_DIR`, else `.peers` in the working directory."""
    return Path(os.environ.get(FOLDER_SETTING) or DEFAULT_FOLDER).resolve()


def python_of(peer: Peer, folder: Path) -> Path:
    """The interpreter of a peer's environment, which is made when it is not there.

    Raises:
        PeerUnavailableError: pip cannot install it, or not in time.
    """
    home = folder / peer.name
    python = home / "bin" / "python"
    mark = home / _MARK
    if mark.exists() and mark.read_text() == peer.requirement:
        return python
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        venv.create(home, with_pip=True, clear=True)
        done = subprocess.run(  # noqa: S603 - our own interpreter, a pinned requirement
            [*command, peer.requirement], capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PeerUnavailableError(
            f"{peer.requirement} cannot be installed: {type(error).__name__}"
        ) from error
    if done.returncode:
        raise PeerUnavailableError(f"{peer.requirement} cannot be installed: {_last_line(done.stderr)}")
    mark.write_text(peer.requirement)
    return python


def run_script(peer: Peer, folder: Path, script: Path, question: Any, *arguments: str) -> Any:
    """What a script answers, as JSON, in the peer's environment.

    Raises:
        PeerUnavailableError: the environment cannot be made, or the script fails, or takes too long.
    """
    python = python_of(peer, folder)
    # No variable of ours but those that every program needs: no credential reaches another tool.
    environment = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own script and interpreter
            [str(python), str(script), *arguments],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PeerUnavailableError(f"{peer.name} cannot be asked: {type(error).__name__}") from error
    if done.returncode:
        raise PeerUnavailableError(f"{peer.name} cannot be asked: {_last_line(done.stderr)}")
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise PeerUnavailableError(f"{peer.name} cannot be asked: its answer is no JSON") from error


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else f"no message from {Path(sys.executable).name}"
