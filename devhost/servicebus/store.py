"""Where the broker's state is kept: nowhere (memory only) or in SQLite with group commit.

The broker reports each change as it makes it and asks to be called when all changes so far are durable; a
send is acknowledged only then. Locks are not kept: after a restart every message that was locked is
available again.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from devhost.servicebus.message import Message, State

_LOG = logging.getLogger(__name__)

SCHEMA_VERSION: Final = 1

_SCHEMA: Final = f"""
begin immediate;
create table message (
    queue text not null, sequence integer not null, state text not null, delivery_count integer not null,
    enqueued_at real not null, expires_at real, scheduled_at real, dead_letter_source text,
    body blob not null, primary key (queue, sequence));
create table message_id (
    queue text not null, id text not null, seen_at real not null, primary key (queue, id)) without rowid;
create table session_state (
    queue text not null, session text not null, state blob, primary key (queue, session)) without rowid;
create table sequence (queue text primary key, reserved integer not null) without rowid;
pragma user_version = {SCHEMA_VERSION};
commit;
"""


class StoreError(RuntimeError):
    """The database cannot be opened or written."""


@dataclass(slots=True)
class Recovered:
    """What a queue finds in the store when the broker starts."""

    messages: list[Message]
    message_ids: list[tuple[str, float]]
    """(message id, time it was seen), oldest first."""
    session_states: list[tuple[str, bytes]]
    reserved_sequence: int
    """No sequence number above this one was ever given out."""


class Store(Protocol):
    """What a queue needs of a store. Queues are named by their lower-cased path."""

    def recover(self, queue: str) -> Recovered:
        """Everything kept of a queue."""

    def save(self, queue: str, message: Message) -> None:
        """Keep a new message, or one whose content or queue changed."""

    def update(self, queue: str, message: Message) -> None:
        """Keep the state and the delivery count of a message that is kept already."""

    def delete(self, queue: str, sequence: int) -> None:
        """Forget a message."""

    def remember_id(self, queue: str, message_id: str, seen_at: float) -> None:
        """Keep a message id for duplicate detection."""

    def forget_id(self, queue: str, message_id: str) -> None:
        """The id has left the duplicate detection window."""

    def set_session_state(self, queue: str, session: str, state: bytes | None) -> None:
        """Keep a session's state; None forgets it."""

    def reserve_sequence(self, queue: str, upto: int) -> None:
        """Sequence numbers up to this one may be given out."""

    def when_durable(self, callback: Callable[[], None]) -> None:
        """Call back once every change reported so far is durable."""


class MemoryStore:
    """Keeps nothing: the state ends with the process."""

    def recover(self, queue: str) -> Recovered:
        """Always empty."""
        return Recovered([], [], [], 0)

    def save(self, queue: str, message: Message) -> None:
        """Nothing to keep."""

    update = save

    def delete(self, queue: str, sequence: int) -> None:
        """Nothing to forget."""

    def remember_id(self, queue: str, message_id: str, seen_at: float) -> None:
        """Nothing to keep."""

    def forget_id(self, queue: str, message_id: str) -> None:
        """Nothing to forget."""

    def set_session_state(self, queue: str, session: str, state: bytes | None) -> None:
        """Nothing to keep."""

    def reserve_sequence(self, queue: str, upto: int) -> None:
        """Nothing to keep."""

    def when_durable(self, callback: Callable[[], None]) -> None:
        """Memory is as durable as it gets: at once."""
        callback()


class SqliteStore:
    """SQLite in WAL mode, fsync at each commit, one transaction for all that changed while the last one was
    written.

    Transactions are written by one thread, so that waiting for the disk does not hold up the event loop.
    When a write fails nothing more is acknowledged and `on_failure` is called once.
    """

    def __init__(self, path: Path, on_failure: Callable[[BaseException], None]) -> None:
        """Open or create the database and lock it.

        Raises:
            StoreError: not a database of this program, in use by another process, or unreadable.
        """
        self._on_failure = on_failure
        self._pending: list[tuple[str, tuple[Any, ...]]] = []
        self._waiting: list[Callable[[], None]] = []
        self._in_flight: list[Callable[[], None]] | None = None
        self._flush_asked = False
        self._failed = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="servicebus-store")
        try:
            self._database = _open(path)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error

    def recover(self, queue: str) -> Recovered:
        """Everything kept of a queue; called before the first change."""
        ids = self._rows("select id, seen_at from message_id where queue = ? order by seen_at", queue)
        states = self._rows("select session, state from session_state where queue = ?", queue)
        reserved = list(self._rows("select reserved from sequence where queue = ?", queue))
        return Recovered(
            list(self._messages(queue)), list(ids), list(states), reserved[0][0] if reserved else 0
        )

    def _rows(self, sql: str, queue: str) -> Iterator[Any]:
        return self._database.execute(sql, (queue,))

    def _messages(self, queue: str) -> Iterator[Message]:
        for row in self._rows(
            "select sequence, state, delivery_count, enqueued_at, expires_at, dead_letter_source, body"
            " from message where queue = ? order by sequence",
            queue,
        ):
            message = Message(row[6])
            message.sequence, message.state, message.delivery_count = row[0], State(row[1]), row[2]
            message.enqueued_at, message.expires_at, message.dead_letter_source = row[3], row[4], row[5]
            yield message

    def queues(self) -> set[str]:
        """The queues that have messages in the database."""
        return {row[0] for row in self._database.execute("select distinct queue from message")}

    def save(self, queue: str, message: Message) -> None:
        """Insert or replace the whole row."""
        self._change(
            "insert or replace into message values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                queue,
                message.sequence,
                _lasting(message.state),
                message.delivery_count,
                message.enqueued_at,
                message.expires_at,
                message.scheduled_at,
                message.dead_letter_source,
                message.stored(),
            ),
        )

    def update(self, queue: str, message: Message) -> None:
        """Change state and delivery count, leaving the body alone."""
        self._change(
            "update message set state = ?, delivery_count = ? where queue = ? and sequence = ?",
            (_lasting(message.state), message.delivery_count, queue, message.sequence),
        )

    def delete(self, queue: str, sequence: int) -> None:
        """Delete the row."""
        self._change("delete from message where queue = ? and sequence = ?", (queue, sequence))

    def remember_id(self, queue: str, message_id: str, seen_at: float) -> None:
        """Insert or refresh the id."""
        self._change("insert or replace into message_id values (?, ?, ?)", (queue, message_id, seen_at))

    def forget_id(self, queue: str, message_id: str) -> None:
        """Delete the id."""
        self._change("delete from message_id where queue = ? and id = ?", (queue, message_id))

    def set_session_state(self, queue: str, session: str, state: bytes | None) -> None:
        """Insert, replace or delete the state."""
        if state is None:
            self._change("delete from session_state where queue = ? and session = ?", (queue, session))
        else:
            self._change("insert or replace into session_state values (?, ?, ?)", (queue, session, state))

    def reserve_sequence(self, queue: str, upto: int) -> None:
        """Raise the mark."""
        self._change("insert or replace into sequence values (?, ?)", (queue, upto))

    def when_durable(self, callback: Callable[[], None]) -> None:
        """At once when nothing is unwritten, else after the transaction that holds the last change."""
        if self._pending:
            self._waiting.append(callback)
        elif self._in_flight is not None:
            self._in_flight.append(callback)
        elif not self._failed:
            callback()

    def _change(self, sql: str, values: tuple[Any, ...]) -> None:
        if self._failed:
            return
        self._pending.append((sql, values))
        if self._in_flight is None and not self._flush_asked:
            # Deferred to the end of this turn of the loop: one transaction for all that arrived together.
            self._flush_asked = True
            self._idle.clear()
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_asked = False
        batch, self._pending = self._pending, []
        self._in_flight, self._waiting = self._waiting, []
        writing = asyncio.get_running_loop().run_in_executor(self._writer, self._write, batch)
        writing.add_done_callback(self._written)

    def _write(self, batch: list[tuple[str, tuple[Any, ...]]]) -> None:
        execute = self._database.execute
        execute("begin immediate")
        try:
            for sql, values in batch:
                execute(sql, values)
            execute("commit")
        except sqlite3.Error:
            if self._database.in_transaction:
                execute("rollback")
            raise

    def _written(self, writing: asyncio.Future[None]) -> None:
        callbacks, self._in_flight = self._in_flight or [], None
        problem = writing.exception()
        if problem is not None:
            self._failed = True
            self._pending, self._waiting = [], []
            self._idle.set()
            self._on_failure(problem)
            return
        if self._pending and not self._flush_asked:
            self._flush()
        for callback in callbacks:
            try:
                callback()
            except Exception:
                # One client's acknowledgement must not keep the others from theirs.
                _LOG.exception("an acknowledgement failed")
        if self._in_flight is None and not self._flush_asked:
            self._idle.set()

    async def close(self) -> None:
        """Write what is pending and close the database."""
        await self._idle.wait()
        self._writer.shutdown()
        self._database.close()


def _lasting(state: State) -> str:
    if state is State.LOCKED:
        return State.ACTIVE
    return State.DEFERRED if state is State.LOCKED_DEFERRED else state


def _open(path: Path) -> sqlite3.Connection:
    # Used by the writer thread alone once recovery is over, hence the check is off.
    database = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
    # Exclusive locking keeps a second broker off the same file; a killed process leaves no lock behind.
    database.execute("pragma locking_mode = exclusive")
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    database.execute("pragma wal_autocheckpoint = 4000")
    database.execute("begin immediate")
    version = database.execute("pragma user_version").fetchone()[0]
    tables = database.execute("select count(*) from sqlite_master").fetchone()[0]
    database.execute("commit")
    if version == 0 and tables == 0:
        database.executescript(_SCHEMA)
    elif version != SCHEMA_VERSION:
        raise StoreError(f"{path}: not a database of schema version {SCHEMA_VERSION}")
    return database
