"""Duplicate detection: which message ids a queue saw within its window."""

from __future__ import annotations

from devhost.servicebus.store import Store


class DuplicateHistory:
    """Ids by the time they were first seen, whatever became of the message since."""

    def __init__(self, queue: str, window: float, store: Store, seen: list[tuple[str, float]]) -> None:
        """`window` in seconds, 0 for no detection; `seen` as recovered, oldest first."""
        self._queue = queue
        self._window = window
        self._store = store
        self._seen = dict(seen)

    def __len__(self) -> int:
        return len(self._seen)

    def is_duplicate(self, message_id: str | None, now: float) -> bool:
        """Whether the id was seen within the window. Messages without an id are never duplicates."""
        if not self._window or message_id is None:
            return False
        self._prune(now)
        return message_id in self._seen

    def record(self, message_id: str | None, now: float) -> None:
        """Remember the id of an accepted message; a repetition does not extend its window."""
        if self._window and message_id is not None:
            self._seen[message_id] = now
            self._store.remember_id(self._queue, message_id, now)

    def _prune(self, now: float) -> None:
        oldest_kept = now - self._window
        while self._seen:
            message_id, seen_at = next(iter(self._seen.items()))
            if seen_at >= oldest_kept:
                return
            del self._seen[message_id]
            self._store.forget_id(self._queue, message_id)
