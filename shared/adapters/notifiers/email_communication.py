"""Mail by Azure Communication Services, with the app's identity.

POST {endpoint}/emails:send (communication/data-plane/Email/stable/2023-03-31 of azure-rest-api-specs); 202
says that the service has the mail.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final

import orjson
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from shared.adapters.notifiers.mail_content import mail_content
from shared.domain.notifications import Digest
from shared.ports.config_source import NotificationTargets
from shared.ports.notifier import NotificationError
from shared.ports.outbound import NoAnswerError, Outbound, RefusedDestinationError

API_VERSION: Final = "2023-03-31"
SCOPE: Final = "https://communication.azure.com/.default"
SECONDS: Final = 20.0


class CommunicationNotifier:
    """`Notifier` of mail through a Communication Services resource."""

    def __init__(
        self,
        outbound: Outbound,
        endpoint: str,
        sender: str,
        credential: Callable[[], AsyncTokenCredential],
    ) -> None:
        self._outbound = outbound
        self._url = f"{endpoint.rstrip('/')}/emails:send?api-version={API_VERSION}"
        self._sender = sender
        self._credential = credential

    async def send(self, digest: Digest, targets: NotificationTargets) -> None:
        """See `Notifier.send`."""
        if not targets.email_recipients:
            raise NotificationError("mail has no recipients", final=True)
        content = mail_content(digest)
        document = {
            "senderAddress": self._sender,
            "recipients": {"to": [{"address": one} for one in targets.email_recipients]},
            "content": {"subject": content.subject, "plainText": content.text, "html": content.html},
        }
        try:
            token = await self._credential().get_token(SCOPE)
            headers = {
                "Authorization": f"Bearer {token.token}",
                "Content-Type": "application/json",
                "Operation-Id": str(uuid.uuid4()),
            }
            answer = await self._outbound.post(self._url, headers, orjson.dumps(document), SECONDS)
        except AzureError as error:
            raise NotificationError(
                f"no token for Communication Services ({type(error).__name__})"
            ) from error
        except RefusedDestinationError as error:
            raise NotificationError(f"its address was refused: {error}", final=True) from error
        except NoAnswerError as error:
            raise NotificationError(str(error)) from error
        if answer.status != 202:
            final = answer.status in (400, 401, 403, 404)
            raise NotificationError(f"it answered with HTTP status {answer.status}", final=final)
