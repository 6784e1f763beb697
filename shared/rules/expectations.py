"""Expectations of columns: the named predicates that property rules are declared with.

Each says what an absent (or null) value means, as Azure documents it for the property.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.rules.base import RuleStatus
from shared.rules.columns import ColumnError, entries_at, text_at, value_at

Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an expectation says: pass, fail or not applicable; `words` tell why it failed."""

    status: RuleStatus
    words: str = ""


MET: Final = Verdict(RuleStatus.PASS)
NOT_APPLICABLE: Final = Verdict(RuleStatus.NOT_APPLICABLE)


def unmet(words: str) -> Verdict:
    """A failed expectation."""
    return Verdict(RuleStatus.FAIL, words)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must hold of some columns. `judge` raises ColumnError where it cannot be told."""

    paths: tuple[str, ...]
    judge: Callable[[Columns], Verdict]


def is_true(path: str, *, absent: bool) -> Expectation:
    """The flag is true; `absent` is what Azure takes a missing one for."""
    return _flag(path, expected=True, absent=absent)


def is_false(path: str, *, absent: bool) -> Expectation:
    """The flag is false; `absent` is what Azure takes a missing one for."""
    return _flag(path, expected=False, absent=absent)


def _flag(path: str, *, expected: bool, absent: bool) -> Expectation:
    def judge(columns: Columns) -> Verdict:
        value = value_at(columns, path)
        if value is not None and not isinstance(value, bool):
            raise ColumnError(f"{path}: neither true nor false")
        if (absent if value is None else value) is expected:
            return MET
        found = "not set" if value is None else str(value).lower()
        return unmet(f"{path} is {found}, expected {str(expected).lower()}")

    return Expectation((path,), judge)


def is_one_of(path: str, *allowed: str, absent: str | None) -> Expectation:
    """The word is one of `allowed`, in any case; `absent` is what Azure takes a missing one for.

    With `absent` None a missing word cannot be judged: Azure documents no default, or several.
    """
    accepted = {word.lower() for word in allowed}

    def judge(columns: Columns) -> Verdict:
        value = text_at(columns, path)
        if value is None and absent is None:
            raise ColumnError(f"{path}: missing")
        if (value or absent or "").lower() in accepted:
            return MET
        found = "not set" if value is None else repr(value)
        return unmet(f"{path} is {found}, expected {' or '.join(allowed)}")

    return Expectation((path,), judge)


def is_set(path: str) -> Expectation:
    """A reference or text is there."""
    return Expectation(
        (path,), lambda columns: MET if text_at(columns, path) else unmet(f"{path} is not set")
    )


def is_not_set(path: str) -> Expectation:
    """A reference or text is not there."""

    def judge(columns: Columns) -> Verdict:
        value = text_at(columns, path)
        return MET if value is None else unmet(f"{path} is {value}, expected none")

    return Expectation((path,), judge)


def is_only(path: str, wanted: str) -> Expectation:
    """A list of words holds `wanted`, in any case, and nothing else."""

    def judge(columns: Columns) -> Verdict:
        value = value_at(columns, path)
        if value is None:
            return unmet(f"{path} is not set, expected {wanted} only")
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise ColumnError(f"{path}: not a list of text")
        if value and all(word.lower() == wanted.lower() for word in value):
            return MET
        return unmet(f"{path} is {', '.join(value) or 'empty'}, expected {wanted} only")

    return Expectation((path,), judge)


def some_entry_has(path: str, member: str, wanted: str) -> Expectation:
    """At least one object of the list at `path` has the text `wanted`, in any case, as its `member`."""

    def judge(columns: Columns) -> Verdict:
        found = [text_at(item, member) or "" for item in entries_at(columns, path)]
        if any(word.lower() == wanted.lower() for word in found):
            return MET
        return unmet(f"{path} has no entry whose {member} is {wanted}")

    return Expectation((f"{path}[*].{member}",), judge)


def is_at_least(path: str, least: float, *, absent: float | None) -> Expectation:
    """The number is `least` or more; `absent` is what Azure takes a missing one for, None: unknown."""
    return _number(path, absent, lambda value: value >= least, f"at least {least:g}")


def is_at_most(path: str, most: float, *, absent: float | None) -> Expectation:
    """The number is `most` or less; `absent` as in `is_at_least`."""
    return _number(path, absent, lambda value: value <= most, f"at most {most:g}")


def _number(path: str, absent: float | None, fits: Callable[[float], bool], wanted: str) -> Expectation:
    def judge(columns: Columns) -> Verdict:
        found = value_at(columns, path)
        value = absent if found is None else found
        if value is None:
            raise ColumnError(f"{path}: missing")
        if isinstance(value, str):
            # Server parameters and some resource providers write numbers as text.
            try:
                value = float(value)
            except ValueError as error:
                raise ColumnError(f"{path}: not a number") from error
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ColumnError(f"{path}: not a number")
        if fits(value):
            return MET
        return unmet(f"{path} is {'not set' if found is None else found}, expected {wanted}")

    return Expectation((path,), judge)


def is_none_of(path: str, *refused: str, absent: str | None) -> Expectation:
    """The word is none of `refused`, in any case; `absent` as in `is_one_of`."""
    rejected = {word.lower() for word in refused}

    def judge(columns: Columns) -> Verdict:
        value = text_at(columns, path)
        if value is None and absent is None:
            raise ColumnError(f"{path}: missing")
        if (value or absent or "").lower() not in rejected:
            return MET
        found = "not set" if value is None else repr(value)
        return unmet(f"{path} is {found}, expected anything but {' or '.join(refused)}")

    return Expectation((path,), judge)


def contains_word(path: str, word: str) -> Expectation:
    """The text at `path`, a comma-separated or single word such as a resource's `kind`, contains `word`."""

    def judge(columns: Columns) -> Verdict:
        found = [one.strip().lower() for one in (text_at(columns, path) or "").split(",")]
        if word.lower() in found:
            return MET
        return unmet(f"{path} is {text_at(columns, path) or 'not set'}, expected {word}")

    return Expectation((path,), judge)


def is_version_at_least(path: str, least: str, *, absent: str | None) -> Expectation:
    """The dotted version (`1.2`, `TLS1_2`, `TLSv1.2`: digits count) is `least` or later; `absent` as in
    `is_one_of`."""
    wanted = _version(least)

    def judge(columns: Columns) -> Verdict:
        value = text_at(columns, path)
        if value is None and absent is None:
            raise ColumnError(f"{path}: missing")
        parsed = _version(value or absent or "")
        if not parsed:
            raise ColumnError(f"{path}: {value!r} is not a version")
        if parsed >= wanted:
            return MET
        return unmet(f"{path} is {value or 'not set'}, expected {least} or later")

    return Expectation((path,), judge)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def has_entries(path: str) -> Expectation:
    """The list or object at `path` has at least one entry."""
    return Expectation((path,), lambda columns: MET if _filled(columns, path) else unmet(f"{path} is empty"))


def has_no_entries(path: str) -> Expectation:
    """The list or object at `path` is empty or absent."""

    def judge(columns: Columns) -> Verdict:
        count = _filled(columns, path)
        if not count:
            return MET
        return unmet(f"{path} has {count} {'entry' if count == 1 else 'entries'}, expected none")

    return Expectation((path,), judge)


def _filled(columns: Columns, path: str) -> int:
    value = value_at(columns, path)
    if value is not None and not isinstance(value, list | Mapping):
        raise ColumnError(f"{path}: neither a list nor an object")
    return len(value or ())


def some_entry(path: str, expected: Expectation) -> Expectation:
    """At least one object of the list at `path` meets `expected`, whose paths begin at the object."""

    def judge(columns: Columns) -> Verdict:
        said = [expected.judge(one) for one in entries_at(columns, path)]
        if any(one.status is RuleStatus.PASS for one in said):
            return MET
        reasons = "; ".join(dict.fromkeys(one.words for one in said if one.words))
        return unmet(f"{path} is empty" if not said else f"no entry of {path} fits: {reasons}"[:300])

    return Expectation(tuple(f"{path}[*].{one}" for one in expected.paths), judge)


def every_entry(path: str, expected: Expectation) -> Expectation:
    """Every object of the list at `path` meets `expected` or is not concerned; an empty list does."""

    def judge(columns: Columns) -> Verdict:
        said = [expected.judge(one) for one in entries_at(columns, path)]
        failed = [one.words for one in said if one.status is RuleStatus.FAIL]
        return MET if not failed else unmet(f"{path}: {'; '.join(dict.fromkeys(failed))}"[:300])

    return Expectation(tuple(f"{path}[*].{one}" for one in expected.paths), judge)


def negated(expected: Expectation, words: str) -> Expectation:
    """`expected` does not hold; `words` say what is so when it does."""

    def judge(columns: Columns) -> Verdict:
        return unmet(words) if expected.judge(columns).status is RuleStatus.PASS else MET

    return Expectation(expected.paths, judge)


def all_of(*parts: Expectation) -> Expectation:
    """Every part holds; the words are those of all that do not."""

    def judge(columns: Columns) -> Verdict:
        failed = [one for part in parts if (one := part.judge(columns)).status is not RuleStatus.PASS]
        return unmet("; ".join(one.words for one in failed)) if failed else MET

    return Expectation(_paths(parts), judge)


def any_of(*parts: Expectation) -> Expectation:
    """At least one part holds."""

    def judge(columns: Columns) -> Verdict:
        said = [part.judge(columns) for part in parts]
        if any(one.status is RuleStatus.PASS for one in said):
            return MET
        return unmet(" and ".join(one.words for one in said))

    return Expectation(_paths(parts), judge)


def where(condition: Expectation, expected: Expectation) -> Expectation:
    """`expected` where `condition` holds; elsewhere the rule does not apply."""

    def judge(columns: Columns) -> Verdict:
        if condition.judge(columns).status is not RuleStatus.PASS:
            return NOT_APPLICABLE
        return expected.judge(columns)

    return Expectation(_paths((condition, expected)), judge)


def in_turn(*parts: Expectation) -> Expectation:
    """Every part holds; those after the first that does not are not looked at.

    For a part that only means something when those before it hold, such as the mode of what is turned on.
    """

    def judge(columns: Columns) -> Verdict:
        for part in parts:
            verdict = part.judge(columns)
            if verdict.status is not RuleStatus.PASS:
                return verdict
        return MET

    return Expectation(_paths(parts), judge)


def stated(path: str, expected: Expectation) -> Expectation:
    """`expected`, where `path` is there: Azure documents no default, so a missing value cannot be judged."""

    def judge(columns: Columns) -> Verdict:
        if value_at(columns, path) is None:
            raise ColumnError(f"{path}: missing")
        return expected.judge(columns)

    return Expectation(tuple(dict.fromkeys((path, *expected.paths))), judge)


def lacks_word(path: str, *refused: str) -> Expectation:
    """A list of words holds none of `refused`, in any case; an absent list holds nothing."""
    rejected = {word.lower() for word in refused}

    def judge(columns: Columns) -> Verdict:
        value = value_at(columns, path)
        if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            raise ColumnError(f"{path}: not a list of text")
        found = [word for word in value or () if word.lower() in rejected]
        return unmet(f"{path} contains {', '.join(found)}") if found else MET

    return Expectation((path,), judge)


def _paths(parts: tuple[Expectation, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for part in parts for path in part.paths))


def includes(path: str, wanted: str) -> Expectation:
    """A list of words holds `wanted`, in any case, beside whatever else."""

    def judge(columns: Columns) -> Verdict:
        value = value_at(columns, path)
        if value is None:
            return unmet(f"{path} is not set, expected {wanted} in it")
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise ColumnError(f"{path}: not a list of text")
        if any(word.lower() == wanted.lower() for word in value):
            return MET
        return unmet(f"{path} is {', '.join(value) or 'empty'}, expected {wanted} in it")

    return Expectation((path,), judge)


def flag_is(path: str, expected: bool) -> Expectation:
    """The flag has this value; where it is missing and no default is documented, it cannot be told."""

    def judge(columns: Columns) -> Verdict:
        value = value_at(columns, path)
        if not isinstance(value, bool):
            raise ColumnError(f"{path}: {'missing' if value is None else 'neither true nor false'}")
        if value is expected:
            return MET
        return unmet(f"{path} is {str(value).lower()}, expected {str(expected).lower()}")

    return Expectation((path,), judge)


def every_word_is(path: str, *allowed: str) -> Expectation:
    """Every word of the comma-separated text is one of `allowed`, in any case; no word at all fails."""
    accepted = {word.lower() for word in allowed}

    def judge(columns: Columns) -> Verdict:
        value = text_at(columns, path)
        words = [word.strip().lower() for word in (value or "").split(",")]
        if all(word in accepted for word in words):
            return MET
        return unmet(f"{path} is {value or 'not set'}, expected nothing but {' or '.join(allowed)}")

    return Expectation((path,), judge)
