"""Slack by incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).

Control characters of mrkdwn are escaped as https://docs.slack.dev/messaging/formatting-message-text says; a
section's text has at most 3,000 characters (https://docs.slack.dev/reference/block-kit/blocks/section-block);
`verbatim` is described at https://docs.slack.dev/reference/block-kit/composition-objects/text-object.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from shared.adapters.notifiers.posting import post_json
from shared.domain.notifications import Digest, one_line
from shared.ports.config_source import NotificationTargets
from shared.ports.notifier import NotificationError
from shared.ports.outbound import Outbound

MAX_SECTION: Final = 3_000
_MARKS: Final = re.compile(r"([*_~`|])")
_INVISIBLE: Final = "\u200b"
"""Zero-width space: between a mark and its text it keeps Slack from taking it for formatting."""


class SlackNotifier:
    """`Notifier` of Slack."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def send(self, digest: Digest, targets: NotificationTargets) -> None:
        """See `Notifier.send`."""
        if targets.slack_webhook is None:
            raise NotificationError("Slack is not set up", final=True)
        await post_json(self._outbound, targets.slack_webhook, message(digest))


def message(digest: Digest) -> dict[str, Any]:
    """The message: a plain text for notifications, and blocks."""
    facts = f"*{escaped(digest.headline)}*\n{escaped(digest.counts)} in {escaped(digest.environment)}"
    blocks = [_section(facts)]
    if digest.lines:
        blocks.append(_section(_lines(digest)))
    blocks.append(_section(f"<{_link(digest.link)}|Results>"))
    return {"text": escaped(digest.headline), "blocks": blocks}


def _lines(digest: Digest) -> str:
    text = ""
    shown = 0
    for line in digest.lines:
        name = f"{line.resource_name} ({line.resource_group})" if line.resource_group else line.resource_name
        row = f"\u2022 *{line.severity.value}* {escaped(line.title)}: {escaped(name)}\n"
        if len(text) + len(row) > MAX_SECTION - 100:
            break
        text, shown = text + row, shown + 1
    left = digest.unlisted + len(digest.lines) - shown
    return text + (f"\u2026 and {left} more of at least {digest.least_severity.value}" if left else "")


def escaped(text: str) -> str:
    """Text that Slack shows as it is: no mention, no link, no formatting, one line."""
    line = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKS.sub(rf"{_INVISIBLE}\1", line)


def _link(url: str) -> str:
    """A URL between `<` and `|`: its own characters stay, as marks mean nothing there."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~").replace("&", "&amp;")


def _section(text: str) -> dict[str, Any]:
    # Verbatim: what looks like an address or a name in a resource's name does not become a link.
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
