"""Microsoft Teams by workflow webhook: an Adaptive Card in a message.

Message: https://learn.microsoft.com/connectors/teams (When a Teams webhook request is received); card:
https://adaptivecards.io/explorer/AdaptiveCard.html, version 1.4. A message has at most 28 KB
(https://learn.microsoft.com/microsoftteams/limits-specifications-teams).
"""

from __future__ import annotations

import re
from typing import Any, Final

from shared.adapters.notifiers.posting import post_json
from shared.domain.notifications import Digest, one_line
from shared.ports.config_source import NotificationTargets
from shared.ports.notifier import NotificationError
from shared.ports.outbound import Outbound

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]()#!|<>~])")


class TeamsNotifier:
    """`Notifier` of Teams."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def send(self, digest: Digest, targets: NotificationTargets) -> None:
        """See `Notifier.send`."""
        if targets.teams_webhook is None:
            raise NotificationError("Teams is not set up", final=True)
        await post_json(self._outbound, targets.teams_webhook, message(digest))


def message(digest: Digest) -> dict[str, Any]:
    """The message with its card."""
    facts = [{"title": severity.value, "value": str(count)} for severity, count in digest.by_severity.items()]
    body: list[dict[str, Any]] = [
        _text(escaped(digest.headline), weight="Bolder", size="Medium"),
        {"type": "FactSet", "facts": facts},
        *(
            _text(f"**{line.severity.value}** {escaped(line.title)}: {escaped(line.resource_name)}")
            for line in digest.lines
        ),
    ]
    if digest.unlisted:
        body.append(_text(f"\u2026 and {digest.unlisted} more of at least {digest.least_severity.value}"))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": "Results", "url": digest.link}],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def escaped(text: str) -> str:
    """Text that the card's Markdown shows as it is, on one line."""
    return _MARKDOWN.sub(r"\\\1", one_line(text))


def _text(text: str, **more: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **more}
