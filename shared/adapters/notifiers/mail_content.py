"""The words of a mail: our own templates alone, sandboxed and escaped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.domain.notifications import Digest, one_line

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

_TEMPLATES: Final = Path(__file__).with_name("templates")
MAX_SUBJECT: Final = 150


@dataclass(frozen=True, slots=True)
class MailContent:
    """Subject, and the body in both forms."""

    subject: str
    text: str
    html: str


def mail_content(digest: Digest) -> MailContent:
    """The mail of a digest."""
    environment = _environment()
    return MailContent(
        subject=one_line(digest.headline)[:MAX_SUBJECT],
        text=environment.get_template("digest.txt.j2").render(digest=digest),
        html=environment.get_template("digest.html.j2").render(digest=digest),
    )


@lru_cache(maxsize=1)
def _environment() -> SandboxedEnvironment:
    from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415 - heavy, seldom
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415

    return SandboxedEnvironment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html", "html.j2"), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
