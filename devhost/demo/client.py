"""A caller of the HTTP API, as small as the demo needs: loopback, JSON, an API key."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

TIMEOUT_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.5
PAGE: Final = 200


class ApiError(Exception):
    """The API refused a call: status, code and message."""


@dataclass(slots=True)
class ApiClient:
    """Calls one base URL."""

    base_url: str
    api_key: str

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], Any]:
        """One request; status, headers (lower-cased names) and parsed body.

        Raises:
            ApiError: the answer is an error.
        """
        address = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(
            address.hostname or "127.0.0.1", address.port, timeout=TIMEOUT_SECONDS
        )
        headers = {"Authorization": f"Bearer {self.api_key}"}
        payload = None
        if body is not None:
            payload = json.dumps(body)
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, payload, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        parsed = json.loads(text) if text else None
        if response.status >= 400:
            error = (parsed or {}).get("error", {})
            raise ApiError(f"{response.status} {error.get('code', '')}: {error.get('message', '')}")
        return response.status, {name.lower(): value for name, value in response.getheaders()}, parsed

    def get(self, path: str) -> Any:
        """The parsed answer of a GET."""
        return self.call("GET", path)[2]

    def pages(self, path: str) -> Iterator[Any]:
        """Every page of a list, following `next_link`."""
        link: str | None = f"{path}{'&' if '?' in path else '?'}limit={PAGE}"
        while link is not None:
            page = self.get(link)
            yield page
            following = page.get("next_link")
            link = following.removeprefix(self.base_url) if following else None

    def rows(self, path: str, name: str) -> list[Any]:
        """The rows of every page."""
        return [row for page in self.pages(path) for row in page[name]]

    def wait(
        self, scan_id: str, patience: float, progress: Callable[[dict[str, Any]], None] | None = None
    ) -> Any:
        """Poll a scan until it is over, telling `progress` the ledger so far.

        Without `progress` the ledger is not asked for: computing it takes time from the scan.

        Raises:
            TimeoutError: it is still running after `patience` seconds.
        """
        deadline = time.monotonic() + patience
        while True:
            scan = self.get(f"/v1/scans/{scan_id}")
            if scan["status"] != "running":
                return scan
            if progress is not None:
                progress(self.get(f"/v1/scans/{scan_id}/coverage"))
            if time.monotonic() > deadline:
                raise TimeoutError(f"scan {scan_id} is still running after {patience:.0f} s")
            time.sleep(POLL_SECONDS)
