"""A receiver of webhooks: checks both signatures, answers at once, works afterwards. Standard library only.

    WEBHOOK_SECRET=your-webhook-secret python docs/receivers/webhook_receiver.py [PORT]

Put something with TLS in front of it: webhooks are sent to https addresses only (except by a local stack).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import queue
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300  # seconds that an attempt may be old
MAX_BODY = 1024 * 1024


def verify_webhook(payload: str, signature: str, secret: str) -> bool:
    """The header X-Security-Copilot-Signature."""
    expected = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={expected}".encode(), signature.encode("utf-8", "replace"))


def verify_standard(payload: bytes, headers: dict[str, str], secret: str, now: float) -> bool:
    """The headers of Standard Webhooks: they also say when it was sent, which stops replays."""
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not stamp.isdecimal() or abs(now - int(stamp)) > TOLERANCE:
        return False
    key = secret.encode()
    if secret.startswith("whsec_"):
        key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{stamp}.".encode() + payload, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    given = headers.get("webhook-signature", "").encode("utf-8", "replace").split(b" ")
    return any([hmac.compare_digest(expected, one) for one in given])


class Inbox:
    """Events to work on. Each is delivered at least once: its webhook-id tells whether it was here before."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[dict[str, object]] = queue.Queue()
        self._seen: set[str] = set()  # a database in earnest: ids must outlive the process
        self._lock = threading.Lock()

    def put(self, message_id: str, event: dict[str, object]) -> bool:
        """Keep an event; False: it was here before."""
        with self._lock:
            if message_id in self._seen:
                return False
            self._seen.add(message_id)
        self.waiting.put(event)
        return True


def handler(secret: str, inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    """The request handler of a secret."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= MAX_BODY:
                self._answer(413)
                return
            payload = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            good = verify_standard(payload, headers, secret, time.time())
            # While a secret rotates, this header is signed with the new one alone and the other with both.
            if not good and not verify_webhook(
                payload.decode("utf-8", "replace"), headers.get("x-security-copilot-signature", ""), secret
            ):
                self._answer(401)
                return
            inbox.put(headers.get("webhook-id", ""), json.loads(payload))
            self._answer(204)  # within 15 seconds, so: keep it, answer, and work on it afterwards

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


def main() -> None:
    """Serve until interrupted."""
    secret = os.environ.get("WEBHOOK_SECRET") or sys.exit("set WEBHOOK_SECRET")
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8099
    inbox = Inbox()
    server = ThreadingHTTPServer(("127.0.0.1", port), handler(secret, inbox))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    while True:
        event = inbox.waiting.get()
        print(json.dumps(event), flush=True)


if __name__ == "__main__":
    main()
