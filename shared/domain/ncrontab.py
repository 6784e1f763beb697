"""NCRONTAB, the schedule language of Azure Functions timer triggers.

Six fields, seconds first: ``{second} {minute} {hour} {day} {month} {day-of-week}``. Unlike Unix cron
the day of the month and the day of the week must BOTH match. Reference: github.com/atifaziz/NCrontab, the
parser that the Functions host uses, and learn.microsoft.com/azure/azure-functions/functions-bindings-timer.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_EXPRESSION_LENGTH = 512
"""Characters; far above any schedule that a person writes."""

_HORIZON_YEARS = 40
"""29 February falls on a given weekday every 28 years, every 40 across a century that is no leap year."""

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class NcrontabError(ValueError):
    """The expression is no NCRONTAB; the message names the field and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class _FieldRules:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _FieldRules("second", 0, 59),
    _FieldRules("minute", 0, 59),
    _FieldRules("hour", 0, 23),
    _FieldRules("day", 1, 31),
    _FieldRules("month", 1, 12, _MONTHS),
    _FieldRules("day-of-week", 0, 6, _DAYS),
)
_NUMBER = re.compile(r"[0-9]{1,9}")


def _value(text: str, rules: _FieldRules) -> int:
    if _NUMBER.fullmatch(text):
        number = int(text)
        if not rules.low <= number <= rules.high:
            raise NcrontabError(
                f"{rules.name}: {number} is outside {rules.low} to {rules.high} (both inclusive)"
            )
        return number
    if text.isalpha():
        for index, name in enumerate(rules.names):
            if name.lower().startswith(text.lower()):
                return index + rules.low
    raise NcrontabError(f"{rules.name}: {text!r} is not a value of this field")


def _part(text: str, rules: _FieldRules) -> range:
    body, slash, step_text = text.partition("/")
    step = 1
    if slash:
        if not _NUMBER.fullmatch(step_text) or int(step_text) < 1:
            raise NcrontabError(f"{rules.name}: the step {step_text!r} must be a whole number of at least 1")
        step = int(step_text)
    if body == "*":
        return range(rules.low, rules.high + 1, step)
    first_text, dash, last_text = body.partition("-")
    first = _value(first_text, rules)
    open_end = rules.high if slash else first
    last = _value(last_text, rules) if dash else open_end
    # NCrontab exchanges reversed ends (Fri-Mon means Monday to Friday): the order here follows it.
    first, last = min(first, last), max(first, last)
    return range(first, last + 1, step)


def _field(text: str, rules: _FieldRules) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        if not part:
            raise NcrontabError(f"{rules.name}: empty value in {text!r}")
        found.update(_part(part, rules))
    return tuple(sorted(found))


def _first_at_least(values: Sequence[int], minimum: int) -> int | None:
    index = bisect_left(values, minimum)
    return values[index] if index < len(values) else None


@dataclass(frozen=True, slots=True)
class Ncrontab:
    """A parsed schedule. Every field holds its allowed values in rising order; Sunday is 0."""

    expression: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def parse(cls, expression: str) -> Ncrontab:
        """Read six fields, or five (minute first, second 0), as the Functions host does.

        Raises:
            NcrontabError: naming the field at fault.
        """
        if len(expression) > MAX_EXPRESSION_LENGTH:
            raise NcrontabError(f"the expression has more than {MAX_EXPRESSION_LENGTH} characters")
        parts = expression.split()
        if len(parts) == len(_FIELDS) - 1:
            parts.insert(0, "0")
        if len(parts) != len(_FIELDS):
            raise NcrontabError(f"{expression!r} has {len(parts)} fields; six are needed, the seconds first")
        return cls(expression, *(_field(text, rules) for text, rules in zip(parts, _FIELDS, strict=True)))

    def next_after(self, moment: datetime) -> datetime | None:
        """First occurrence strictly after ``moment``, in its zone; None when the schedule never occurs."""
        start = moment.replace(microsecond=0)
        try:
            start += timedelta(seconds=1)
        except OverflowError:
            return None
        for day in self._matching_days(start):
            clock_time = self._time_at_least(day)
            if clock_time is not None:
                return day.replace(hour=clock_time[0], minute=clock_time[1], second=clock_time[2])
        return None

    def occurrences(self, after: datetime) -> Iterator[datetime]:
        """All occurrences strictly after ``after``, in order."""
        moment = self.next_after(after)
        while moment is not None:
            yield moment
            moment = self.next_after(moment)

    def _matching_days(self, start: datetime) -> Iterator[datetime]:
        """Midnight of every matching day from ``start`` on; the first keeps the time of ``start``."""
        for year in range(start.year, min(start.year + _HORIZON_YEARS, 9999) + 1):
            for month in self.months:
                if (year, month) < (start.year, start.month):
                    continue
                first_weekday, length = calendar.monthrange(year, month)
                for day in self.days:
                    if day > length:
                        break
                    if (year, month, day) < (start.year, start.month, start.day):
                        continue
                    # monthrange counts from Monday = 0, NCRONTAB from Sunday = 0.
                    if (first_weekday + day) % 7 not in self.weekdays:
                        continue
                    if (year, month, day) == (start.year, start.month, start.day):
                        yield start
                    else:
                        yield start.replace(year=year, month=month, day=day, hour=0, minute=0, second=0)

    def _time_at_least(self, moment: datetime) -> tuple[int, int, int] | None:
        """Earliest (hour, minute, second) of this schedule's day at or after the time of ``moment``."""
        hour = _first_at_least(self.hours, moment.hour)
        if hour == moment.hour:
            minute = _first_at_least(self.minutes, moment.minute)
            if minute == moment.minute:
                second = _first_at_least(self.seconds, moment.second)
                if second is not None:
                    return hour, minute, second
                minute = _first_at_least(self.minutes, moment.minute + 1)
            if minute is not None:
                return hour, minute, self.seconds[0]
            hour = _first_at_least(self.hours, moment.hour + 1)
        if hour is None:
            return None
        return hour, self.minutes[0], self.seconds[0]
