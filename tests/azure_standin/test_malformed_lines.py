"""Lines that are no resource are served as something no client can take for one."""

from pathlib import Path

import pytest

from devhost.azure.estate_file import EstateError, EstateFile
from tests.azure_standin import estates
from tests.azure_standin.conftest import Start
from tests.azure_standin.estates import NSG, STORAGE, SUB_A, SUB_B, inventory

_CUT_ID = estates.resource_id(SUB_A, "Data-RG", STORAGE, "st00001x")
CUT = f'{{"id":"{_CUT_ID}","name":"st00001x","type":"{STORAGE}","properties":{{"allow":tr'.encode()


async def test_a_cut_line_keeps_its_place_and_its_text(start: Start) -> None:
    azure = await start([CUT, *estates.accounts(SUB_A, 3)])
    pages = await azure.pages(inventory(STORAGE), top=2)
    rows = [row for page in pages for row in page["data"]]
    assert [row["id"].rsplit("/", 1)[-1] for row in rows] == ["st00000", "st00001", "st00001x", "st00002"]
    assert rows[2]["properties"] == CUT.decode()
    assert rows[2]["type"] == STORAGE.lower()
    assert rows[2]["subscriptionId"] == SUB_A
    assert rows[2]["id"] == _CUT_ID
    assert (await azure.stats())["malformed"] == 1


async def test_a_cut_line_is_filtered_as_its_id_and_type_tell(start: Start) -> None:
    azure = await start([CUT, *estates.accounts(SUB_B, 1), estates.nsg(SUB_A, "g", "x")])
    assert len(await azure.rows(inventory(STORAGE), subscriptions=[SUB_B])) == 1
    assert len(await azure.rows(inventory(NSG))) == 1
    assert len(await azure.rows(inventory(STORAGE), subscriptions=[SUB_A])) == 1


async def test_get_of_a_cut_line_gives_its_bytes(start: Start) -> None:
    azure = await start([CUT])
    response = await azure.send("GET", _CUT_ID)
    assert (response.status_code, response.content) == (200, CUT)


@pytest.mark.parametrize(
    "line",
    [
        b"not json at all",
        b'["a", "list"]',
        b'{"name": "no id"}',
        b'{"id": 7, "type": "a/b"}',
        b"\xff\xfe",
        b"42",
    ],
)
async def test_lines_that_tell_nothing_end_every_resources_query(start: Start, line: bytes) -> None:
    azure = await start([line, *estates.accounts(SUB_A, 4), line, estates.nsg(SUB_A, "g", "x")])
    text = line.decode("utf-8", "replace")
    for top in (1, 2, 5, 1000):
        pages = await azure.pages(inventory(STORAGE), top=top)
        rows = [row for page in pages for row in page["data"]]
        assert [row if isinstance(row, str) else row["name"] for row in rows] == [
            *(f"st{n:05d}" for n in range(4)),
            text,
            text,
        ]
        assert max(page["count"] for page in pages) <= top
        assert {page["totalRecords"] for page in pages} == {6}
    assert (await azure.rows(inventory("microsoft.nothing/here"))) == [text, text]


async def test_a_cut_copy_does_not_hide_the_good_line(start: Start) -> None:
    good = estates.resource(SUB_A, "Data-RG", STORAGE, "st00001x")
    azure = await start([good, CUT])
    assert len(await azure.rows(inventory(STORAGE))) == 2
    assert (await azure.json("GET", _CUT_ID))["properties"] == good["properties"]


def test_of_two_good_lines_with_one_id_the_later_counts(tmp_path: Path) -> None:
    lines = [*estates.accounts(SUB_A, 2), estates.resource(SUB_A, "DATA-rg", STORAGE, "ST00000", kind="new")]
    estate = EstateFile.load(estates.write(tmp_path / "e.jsonl", lines))
    assert (len(estate), estate.duplicates, estate.malformed) == (2, 1, 0)
    assert b'"new"' in estate.raw(0)
    estate.close()


def test_blank_lines_are_nothing_and_a_missing_file_is_an_error(tmp_path: Path) -> None:
    path = estates.write(tmp_path / "e.jsonl", [b"", b"  ", *estates.accounts(SUB_A, 1), b"\t"])
    estate = EstateFile.load(path)
    assert (len(estate), estate.malformed) == (1, 0)
    estate.close()
    with pytest.raises(EstateError, match=r"gone\.jsonl"):
        EstateFile.load(tmp_path / "gone.jsonl")


async def test_a_file_cut_short_while_served_is_an_error_and_no_empty_answer(start: Start) -> None:
    azure = await start(estates.accounts(SUB_A, 50))
    path = azure.standin.app.estate.file.path
    with path.open("r+b") as stream:
        stream.truncate(1000)
    response = await azure.query(inventory(STORAGE))
    assert response.status_code == 500
