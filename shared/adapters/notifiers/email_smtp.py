"""Mail by SMTP (RFC 5321), with TLS: implicit (RFC 8314) or by STARTTLS (RFC 3207)."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from typing import Final

from shared.adapters.notifiers.mail_content import mail_content
from shared.domain.notifications import Digest
from shared.ports.config_source import NotificationTargets
from shared.ports.notifier import NotificationError

SECONDS: Final = 20.0


class SmtpNotifier:
    """`Notifier` of mail through one server."""

    def __init__(
        self,
        sender: str,
        host: str,
        port: int,
        *,
        user: str | None = None,
        password: str | None = None,
        implicit_tls: bool = False,
        plain: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`plain` leaves TLS out: for a server on this machine. `tls`: which certificates are trusted."""
        self._sender = sender
        self._host, self._port = host, port
        self._user, self._password = user, password
        self._implicit = implicit_tls
        self._plain = plain
        self._tls = tls

    async def send(self, digest: Digest, targets: NotificationTargets) -> None:
        """See `Notifier.send`. One mail to all recipients."""
        if not targets.email_recipients:
            raise NotificationError("mail has no recipients", final=True)
        content = mail_content(digest)
        mail = EmailMessage()
        try:
            mail["From"], mail["To"] = self._sender, ", ".join(targets.email_recipients)
        except ValueError as error:  # a line break in an address would begin a header of its own
            raise NotificationError("an address of the mail is none", final=True) from error
        mail["Subject"] = content.subject
        mail.set_content(content.text)
        mail.add_alternative(content.html, subtype="html")
        await asyncio.to_thread(self._deliver, mail)

    def _deliver(self, mail: EmailMessage) -> None:
        tls = self._tls or ssl.create_default_context()
        try:
            if self._implicit:
                with smtplib.SMTP_SSL(self._host, self._port, timeout=SECONDS, context=tls) as server:
                    self._hand_over(server, mail)
                return
            with smtplib.SMTP(self._host, self._port, timeout=SECONDS) as server:
                if not self._plain:
                    server.starttls(context=tls)
                self._hand_over(server, mail)
        except smtplib.SMTPAuthenticationError as error:
            raise NotificationError(
                "the mail server refused the user name or password", final=True
            ) from error
        except smtplib.SMTPResponseException as error:
            final = 500 <= error.smtp_code < 600
            raise NotificationError(f"the mail server answered {error.smtp_code}", final=final) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise NotificationError("the mail server refused every recipient", final=True) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotificationError(f"the mail server does not answer ({type(error).__name__})") from error

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        if self._user is not None:
            server.login(self._user, self._password or "")
        server.send_message(mail)
