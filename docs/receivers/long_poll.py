"""A reader of events by long poll: nothing has to be reachable from outside. Standard library only.

    API_KEY=... python docs/receivers/long_poll.py https://scan.example.com/v1 [CURSOR_FILE]

The cursor is written after an event was worked on, so that a restart goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WAIT = 25


def poll(base_url: str, key: str, after: str | None, types: str = "") -> dict[str, Any]:
    """One call: events behind the cursor, at once or after at most 25 seconds."""
    given = {"wait": str(WAIT), "after": after, "types": types}
    query = urllib.parse.urlencode({name: value for name, value in given.items() if value})
    request = urllib.request.Request(  # noqa: S310 - the address is the caller's own
        f"{base_url}/events?{query}", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=WAIT + 15) as response:  # noqa: S310
        answer: dict[str, Any] = json.load(response)
        return answer


def events(base_url: str, key: str, cursor: Path, types: str = "") -> Iterator[dict[str, Any]]:
    """Every event from now on, or from the cursor in the file."""
    after = cursor.read_text().strip() if cursor.exists() else None
    while True:
        try:
            answer = poll(base_url, key, after, types)
        except (urllib.error.URLError, TimeoutError) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code not in (429, 500, 503, 504):
                raise
            time.sleep(5)
            continue
        yield from answer["events"]
        after = answer["next_after"]
        cursor.write_text(after)


def main() -> None:
    """Print events until interrupted."""
    if len(sys.argv) < 2 or not os.environ.get("API_KEY"):
        sys.exit(__doc__)
    cursor = Path(sys.argv[2] if len(sys.argv) > 2 else "cursor.txt")
    for event in events(sys.argv[1].rstrip("/"), os.environ["API_KEY"], cursor):
        print(json.dumps(event), flush=True)


if __name__ == "__main__":
    main()
