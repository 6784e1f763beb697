"""What goes over the wire to Slack, Teams and mail servers, and what their answers mean."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from email import message_from_bytes, policy
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from shared.adapters.notifiers.email_communication import CommunicationNotifier
from shared.adapters.notifiers.email_smtp import SmtpNotifier
from shared.adapters.notifiers.mail_content import mail_content
from shared.adapters.notifiers.slack import SlackNotifier
from shared.adapters.notifiers.slack import escaped as for_slack
from shared.adapters.notifiers.slack import message as slack_message
from shared.adapters.notifiers.teams import TeamsNotifier
from shared.adapters.notifiers.teams import message as teams_message
from shared.domain.notifications import MOST_LISTED, Digest, DigestLine
from shared.domain.scan import ScanStatus, ScanType
from shared.domain.severity import ORDER, Severity
from shared.ports.config_source import NotificationTargets
from shared.ports.notifier import NotificationError, Notifier
from shared.ports.outbound import Answer, NoAnswerError, RefusedDestinationError

HOSTILE = (
    "<!channel> *bold* <https://evil.example|click> & `code` [x](https://evil.example)\n"
    "# \u2028<script>alert(1)</script>"
)
TARGETS = NotificationTargets(
    slack_webhook="https://hooks.slack.com/services/T0/B0/secret",
    teams_webhook="https://prod.logic.azure.com/workflows/secret",
    email_recipients=("security@company.com", "ops@company.com"),
)


def digest(title: str = "Unrestricted SSH access detected", lines: int = 2, **changes: Any) -> Digest:
    values: dict[str, Any] = {
        "scan_id": "scan-20250805-174258",
        "status": ScanStatus.COMPLETED,
        "scan_type": ScanType.FULL,
        "environment": "production",
        "duration_seconds": 17,
        "by_severity": dict.fromkeys(ORDER, 3),
        "least_severity": Severity.HIGH,
        "lines": tuple(DigestLine(Severity.CRITICAL, title, title, "rg") for _ in range(lines)),
        "unlisted": 4,
        "link": "https://scan.example.com/v1/scans/scan-20250805-174258/results",
    }
    return Digest(**{**values, **changes})


class Post:
    """`Outbound` with one answer."""

    def __init__(self, answer: Answer | Exception | None = None) -> None:
        self.answer = answer or Answer(200)
        self.sent: list[tuple[str, Mapping[str, str], Any]] = []

    def check_url(self, url: str) -> None:
        """Any."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        self.sent.append((url, headers, json.loads(body)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_slack_gets_blocks_within_its_limits() -> None:
    post = Post()
    await SlackNotifier(post).send(digest("x" * 500, MOST_LISTED), TARGETS)
    ((url, _, document),) = post.sent
    assert url == TARGETS.slack_webhook
    assert document["text"] == "Scan scan-20250805-174258 completed: 12 findings"
    texts = [block["text"]["text"] for block in document["blocks"]]
    assert all(len(text) <= 3000 for text in texts) and "and " in texts[1]
    assert texts[-1] == f"<{digest().link}|Results>"


def test_nothing_in_a_title_is_markup_for_slack() -> None:
    text = slack_message(digest(HOSTILE))["blocks"][1]["text"]["text"]
    assert "<" not in text.replace("&lt;", "") and "\u2028" not in text
    assert "&lt;!channel&gt;" in text and "&amp;" in text
    assert not re.search(r"(?<!\u200b)[`|]", text)
    assert for_slack("a\nb\tc") == "a b c"


STEERING = "a\x00b\x1b[31mc\u202egnp.exe\u200b\ud800\r\nBcc: all@evil.example"


@pytest.mark.parametrize("message", [slack_message, teams_message, lambda one: asdict(mail_content(one))])
def test_what_steers_terminals_and_readers_is_taken_out(message: Any) -> None:
    shown = message(digest(STEERING, environment=STEERING))
    text = orjson.dumps(shown).decode()  # refuses halves of surrogate pairs
    assert not re.search(r"\\u00[01]|[\u202e\ud800]|\\r", text)
    assert "\nBcc" not in json.dumps(shown) and "\\nBcc" not in text


def test_a_name_that_looks_like_an_address_becomes_no_link_in_slack() -> None:
    blocks = slack_message(digest("https://evil.example @channel #general"))["blocks"]
    assert all(block["text"]["verbatim"] is True for block in blocks)


def test_the_link_of_slack_keeps_its_characters() -> None:
    link = "https://scan.example.com/a_b~c*/v1/scans/scan-1/results?x=1&y=2"
    *_, last = slack_message(digest(link=link))["blocks"]
    assert last["text"]["text"] == f"<{link.replace('&', '&amp;')}|Results>"
    *_, last = slack_message(digest(link="https://scan.example.com/|>"))["blocks"]
    assert last["text"]["text"] == "<https://scan.example.com/%7C%3E|Results>"


async def test_a_line_break_in_an_address_is_no_header(mail: MailServer) -> None:
    targets = NotificationTargets(email_recipients=("a@company.com\r\nBcc: all@evil.example",))
    with pytest.raises(NotificationError, match="address") as refused:
        await smtp(mail).send(digest(), targets)
    assert refused.value.final and mail.mails == []


async def test_teams_gets_an_adaptive_card() -> None:
    post = Post(Answer(202))
    await TeamsNotifier(post).send(digest(), TARGETS)
    ((url, _, document),) = post.sent
    (attachment,) = document["attachments"]
    assert (url, document["type"]) == (TARGETS.teams_webhook, "message")
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["actions"][0]["url"] == digest().link


def test_nothing_in_a_title_is_markup_for_teams() -> None:
    card = teams_message(digest(HOSTILE))["attachments"][0]["content"]
    text = card["body"][2]["text"]
    assert r"\[x\]\(https" in text and not re.search(r"(?<!\\)[\[\]()`<>]", text)
    assert len(json.dumps(teams_message(digest("\u00e9" * 500, MOST_LISTED)))) < 28_000


@pytest.mark.parametrize("notifier", [SlackNotifier, TeamsNotifier])
@pytest.mark.parametrize(
    ("answer", "final"),
    [
        (Answer(500), False),
        (Answer(429), False),
        (Answer(404), True),
        (Answer(302), True),
        (NoAnswerError("no connection"), False),
        (RefusedDestinationError("leads to an address that is not public"), True),
    ],
)
async def test_what_answers_mean(notifier: Any, answer: Any, final: bool) -> None:
    with pytest.raises(NotificationError) as failed:
        await notifier(Post(answer)).send(digest(), TARGETS)
    assert failed.value.final is final and "secret" not in str(failed.value)


@pytest.mark.parametrize("notifier", [SlackNotifier, TeamsNotifier])
async def test_a_channel_without_an_address(notifier: Any) -> None:
    with pytest.raises(NotificationError, match="not set up") as failed:
        await notifier(Post()).send(digest(), NotificationTargets())
    assert failed.value.final


# Mail


class MailServer:
    """As much of RFC 5321 as a client needs; `refuse` maps a command to the answer it gets."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.recipients: list[str] = []
        self.refuse: dict[str, str] = {}
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")

        say("220 mail.test")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            if verb in self.refuse:
                say(self.refuse[verb])
            elif verb == "DATA":
                say("354 go on")
                self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                if verb == "RCPT":
                    self.recipients.append(line)
                say("250 mail.test")
        writer.close()


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    server = MailServer()
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server


def smtp(server: MailServer) -> Notifier:
    return SmtpNotifier("scanner@company.com", "127.0.0.1", server.port, plain=True)


async def test_a_mail_has_both_forms_and_hostile_text_stays_text(mail: MailServer) -> None:
    await smtp(mail).send(digest(HOSTILE), TARGETS)
    assert mail.recipients == [
        "rcpt TO:<security@company.com>",
        "rcpt TO:<ops@company.com>",
    ]
    parsed = message_from_bytes(mail.mails[0], policy=policy.default)
    assert parsed["Subject"] == "Scan scan-20250805-174258 completed: 12 findings"
    html = parsed.get_body(("html",)).get_content()  # type: ignore[union-attr]
    text = parsed.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "<script>" not in html and "&lt;script&gt;" in html and "&lt;!channel&gt;" in html
    assert "<script>" in text and digest().link in text and "and 4 more" in text


@pytest.mark.parametrize(
    ("refuse", "final"),
    [
        ({"MAIL": "451 later"}, False),
        ({"MAIL": "550 never"}, True),
        ({"RCPT": "550 unknown"}, True),
        ({"DATA": "554 no"}, True),
    ],
)
async def test_what_a_mail_server_s_answers_mean(
    mail: MailServer, refuse: dict[str, str], final: bool
) -> None:
    mail.refuse = refuse
    with pytest.raises(NotificationError) as failed:
        await smtp(mail).send(digest(), TARGETS)
    assert failed.value.final is final


async def test_a_server_without_tls_gets_no_mail(mail: MailServer) -> None:
    demanding = SmtpNotifier("scanner@company.com", "127.0.0.1", mail.port)
    with pytest.raises(NotificationError):
        await demanding.send(digest(), TARGETS)
    assert mail.mails == []


async def test_no_server_and_no_recipients(unused_tcp_port: int) -> None:
    gone = SmtpNotifier("scanner@company.com", "127.0.0.1", unused_tcp_port, plain=True)
    with pytest.raises(NotificationError) as failed:
        await gone.send(digest(), TARGETS)
    assert not failed.value.final
    with pytest.raises(NotificationError) as refused:
        await gone.send(digest(), NotificationTargets())
    assert refused.value.final


class Credential:
    async def get_token(self, *scopes: str) -> Any:
        assert scopes == ("https://communication.azure.com/.default",)
        return SimpleNamespace(token="token")


async def test_communication_services_get_the_documented_request() -> None:
    post = Post(Answer(202))
    notifier = CommunicationNotifier(
        post,
        "https://contoso.westus.communication.azure.com/",
        "scanner@company.com",
        Credential,  # type: ignore[arg-type]
    )
    await notifier.send(digest(), TARGETS)
    ((url, headers, document),) = post.sent
    assert url == "https://contoso.westus.communication.azure.com/emails:send?api-version=2023-03-31"
    assert headers["Authorization"] == "Bearer token"
    assert document["senderAddress"] == "scanner@company.com"
    assert document["recipients"] == {
        "to": [{"address": "security@company.com"}, {"address": "ops@company.com"}]
    }
    assert set(document["content"]) == {"subject", "plainText", "html"}
    post.answer = Answer(401)
    with pytest.raises(NotificationError) as failed:
        await notifier.send(digest(), TARGETS)
    assert failed.value.final
