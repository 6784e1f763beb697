"""What a finding says to people."""

from __future__ import annotations

import pytest

from shared.rules.sentences import plain, sentence
from tests.unit.rules.corpus import cases, load

TITLE = "Registry has its admin user on"


def test_words_that_speak_of_a_path_become_a_note_to_the_title() -> None:
    said = sentence(
        TITLE, "properties.adminUserEnabled is true, expected false", ["properties.adminUserEnabled"]
    )
    assert said == f"{TITLE} (adminUserEnabled is true, expected false)"


def test_words_that_speak_of_a_list_do_too() -> None:
    said = sentence(TITLE, "properties.disks is empty", ["properties.disks[*].id"])
    assert said == f"{TITLE} (disks is empty)"


def test_words_that_are_a_sentence_stay() -> None:
    assert (
        sentence(TITLE, "has no expiration date", ["properties.attributes.exp"]) == "has no expiration date"
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("properties.a is 1; properties.b is 2", "a is 1; b is 2"),
        ("properties.a.properties.b is 1", "a.properties.b is 1"),
        ("properties.a is https://properties.example/x", "a is https://properties.example/x"),
        ("no properties. at all", "no properties. at all"),
    ],
)
def test_only_the_root_of_a_path_is_left_out(words: str, expected: str) -> None:
    assert plain(words) == expected


def test_no_finding_of_a_sample_speaks_of_properties() -> None:
    said = [
        (rule, case, one["description"])
        for rule, case in cases()
        for result in load(rule, case)["results"]
        for one in result["observations"]
    ]
    assert said
    assert [one for one in said if "properties." in one[2]] == []
