"""`python -m samples.generate`: write an estate of any size, and the truth about its exposure."""

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TextIO

import orjson

from samples.estate import EstateSpec, Part, parts
from samples.full import NOW
from samples.records import PlantingError

_PROGRESS_EVERY = 5_000


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Write beside `path` and move into place at the end, so that a broken run leaves no half estate."""
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("wb") as stream:
            yield stream
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _line(record: object) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _with_progress(stream: Iterator[Part], total: int, terminal: TextIO) -> Iterator[Part]:
    """Pass parts on; count them on `terminal` when a person looks at it."""
    if not terminal.isatty():
        yield from stream
        return
    written = shown = 0
    for part in stream:
        yield part
        written += len(part.resources)
        if written - shown >= _PROGRESS_EVERY or written == total:
            shown = written
            terminal.write(f"\r{written:>12,} of {total:,} resources")
            terminal.flush()
    terminal.write("\n")


def write_estate(spec: EstateSpec, estate: BinaryIO, truth: BinaryIO | None, terminal: TextIO) -> None:
    """Stream the estate, and the truth where asked for, as JSON Lines.

    Raises:
        PlantingError: the evaluator disagrees with what was planted (checked only when truth is written).
    """
    for part in _with_progress(parts(spec), spec.resources, terminal):
        estate.writelines(map(_line, part.resources))
        if truth is not None:
            truth.writelines(map(_line, part.truth()))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m samples.generate", description=__doc__)
    parser.add_argument("--resources", type=int, required=True, metavar="N", help="lines to write")
    parser.add_argument("--seed", type=int, required=True, metavar="S", help="same seed, same bytes")
    parser.add_argument(
        "--subscriptions", type=int, metavar="K", help="default: about one per 5,000 resources"
    )
    parser.add_argument("--skew", action="store_true", help="put 60 %% of the estate into one subscription")
    parser.add_argument(
        "--full", action="store_true", help="with everything that a full scan reads, not only the network"
    )
    parser.add_argument(
        "--now",
        type=datetime.fromisoformat,
        default=NOW,
        metavar="TIME",
        help=f"lay dates around this time, in a full estate (ISO 8601; default {NOW.isoformat()})",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="estate file (default: standard output)")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="truth file (default: none)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status (0, or 2 with a reason on standard error)."""
    arguments = _arguments(argv)
    try:
        if arguments.truth and arguments.truth == arguments.out:
            raise ValueError("--out and --truth name the same file")
        now = arguments.now if arguments.now.tzinfo else arguments.now.replace(tzinfo=UTC)
        spec = EstateSpec(
            arguments.resources,
            arguments.seed,
            arguments.subscriptions,
            arguments.skew,
            furnished=arguments.full,
            now=now,
        )
        with contextlib.ExitStack() as stack:
            estate = stack.enter_context(_replacing(arguments.out)) if arguments.out else sys.stdout.buffer
            truth = stack.enter_context(_replacing(arguments.truth)) if arguments.truth else None
            write_estate(spec, estate, truth, sys.stderr)
    except (ValueError, OSError, PlantingError) as error:
        sys.stderr.write(f"samples.generate: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
