"""Calls to addresses of others: nobody leads the product inside (server-side request forgery)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.adapters.outbound_http import GuardedOutbound
from shared.domain.public_addresses import is_public, is_public_text
from shared.ports.outbound import NoAnswerError, RefusedDestinationError

PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "3fff::1",
    "5f00::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "20.50.2.1", "168.63.129.15", "172.15.0.1", "172.32.0.1", "2606:4700::1111"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_lead_elsewhere_are_not_public(address: str) -> None:
    assert not is_public_text(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(ip_address(address))


class Names:
    """A resolver: each name has a list of answers, the last of which stays."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = {name.replace("_", "."): answers for name, answers in names.items()}
        self.asked = 0

    async def addresses(self, host: str) -> Sequence[str]:
        self.asked += 1
        answers = self.names.get(host)
        if answers is None:
            raise OSError("no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Server:
    """A receiver on this machine that counts who comes."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, bytes]] = []
        self.answer = web.Response(status=204)
        self.delay = 0.0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.path, request.headers["Host"], await request.read()))
        await asyncio.sleep(self.delay)
        return self.answer


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, int]]:
    handler = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler.handle)
    async with TestServer(app, host="127.0.0.1") as running:
        assert running.port is not None
        yield handler, running.port


@pytest.mark.parametrize("address", [*PRIVATE, "::ffff:169.254.169.254"])
async def test_a_name_with_a_private_address_is_refused(address: str) -> None:
    names = Names(evil_example=[[address.partition("%")[0]]])
    outbound = GuardedOutbound(lookup=names)
    with pytest.raises(RefusedDestinationError):
        await outbound.post("https://evil.example/", {}, b"{}", 5)
    assert names.asked == 1
    await outbound.aclose()


async def test_one_private_address_among_public_ones_is_enough() -> None:
    outbound = GuardedOutbound(lookup=Names(mixed_example=[["8.8.8.8", "127.0.0.1"]]))
    with pytest.raises(RefusedDestinationError, match="not public"):
        await outbound.post("https://mixed.example/", {}, b"{}", 5)
    await outbound.aclose()


@pytest.mark.parametrize(
    "url",
    [
        "http://public.example/",
        "ftp://public.example/",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "//public.example/",
        "public.example",
        "https://user@public.example/",
        "https://user:pass@public.example/",
        "https://public.example/#x",
        "https://public.example:0/",
        "https://public.example:99999/",
        "https://public.example/ x",
        "https://public.example/\r\nHost: a",
        "https://exämple.com/",
        "https://[::1",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://a.example/" + "x" * 2048,
        "https://2130706433/",
        "https://017700000001/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0/",
        "https://0x/",
        "https://127.0.0.1./",
        "https://localhost./",
        "https://public.example./",
        "https://public..example/",
        "https://-public.example/",
        "https://*.public.example/",
        "https://public.example,other.example/",
        "https://%31%32%37.0.0.1/",
        "https://[v1.x]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://public.example\\@127.0.0.1/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
    ],
)
async def test_urls_that_are_refused_by_their_text(url: str) -> None:
    outbound = GuardedOutbound(lookup=Names(public_example=[["8.8.8.8"]]))
    with pytest.raises(RefusedDestinationError):
        outbound.check_url(url)
    with pytest.raises(RefusedDestinationError):
        await outbound.post(url, {}, b"", 5)


@pytest.mark.parametrize(
    "url",
    [
        "https://public.example",
        "https://public.example:8443/a?b=c",
        "https://PUBLIC.example/%0d%0a",
        "https://xn--bcher-kva.example/",
        "https://a_b.x1.example/",
        "https://0x7f.1.example/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]:8443/",
    ],
)
def test_urls_that_are_accepted_by_their_text(url: str) -> None:
    GuardedOutbound().check_url(url)


@pytest.mark.parametrize("host", ["localhost", "sub.localhost", "LOCALHOST"])
async def test_other_spellings_of_this_machine_are_refused_by_the_resolver(
    server: tuple[Server, int], host: str
) -> None:
    handler, port = server
    outbound = GuardedOutbound()
    with pytest.raises((RefusedDestinationError, NoAnswerError)):
        await outbound.post(f"https://{host}:{port}/", {}, b"{}", 5)
    assert handler.requests == []
    await outbound.aclose()


async def test_the_address_that_was_checked_is_the_one_that_is_called(server: tuple[Server, int]) -> None:
    """A name that resolves to a public address when asked first and to this machine when asked again."""
    handler, port = server
    names = Names(rebind_example=[["192.0.2.1"], ["127.0.0.1"]])
    # 192.0.2.1 (documentation, RFC 5737) stands for a public address that nobody answers at.
    outbound = GuardedOutbound(allow_private=True, lookup=names)
    with pytest.raises(NoAnswerError):
        await outbound.post(f"http://rebind.example:{port}/", {}, b"{}", 1)
    assert handler.requests == [] and names.asked == 1
    await outbound.aclose()


async def test_names_are_kept_for_host_while_the_address_is_pinned(server: tuple[Server, int]) -> None:
    handler, port = server
    outbound = GuardedOutbound(allow_private=True, lookup=Names(one_example=[["127.0.0.1"]]))
    answer = await outbound.post(f"http://one.example:{port}/hook?a=b", {"X-A": "b"}, b"body", 5)
    assert answer.status == 204
    assert handler.requests == [("/hook", f"one.example:{port}", b"body")]
    await outbound.aclose()


async def test_a_redirect_is_an_answer_and_not_followed(server: tuple[Server, int]) -> None:
    handler, port = server
    handler.answer = web.Response(status=307, headers={"Location": f"http://127.0.0.1:{port}/inside"})
    outbound = GuardedOutbound(allow_private=True)
    answer = await outbound.post(f"http://127.0.0.1:{port}/hook", {}, b"{}", 5)
    assert (answer.status, [path for path, _, _ in handler.requests]) == (307, ["/hook"])
    await outbound.aclose()


async def test_answers_are_cut(server: tuple[Server, int]) -> None:
    handler, port = server
    handler.answer = web.Response(body=b"x" * 5_000_000)
    outbound = GuardedOutbound(allow_private=True)
    answer = await outbound.post(f"http://127.0.0.1:{port}/", {}, b"{}", 5)
    assert len(answer.body) <= 16 * 1024
    await outbound.aclose()


async def test_silence_ends_in_time(server: tuple[Server, int]) -> None:
    handler, port = server
    handler.delay = 30
    outbound = GuardedOutbound(allow_private=True)
    began = time.monotonic()
    with pytest.raises(NoAnswerError, match=r"0\.3 seconds"):
        await outbound.post(f"http://127.0.0.1:{port}/", {}, b"{}", 0.3)
    assert time.monotonic() - began < 3
    await outbound.aclose()


async def test_what_is_no_http_and_nobody_at_all(unused_tcp_port: int) -> None:
    outbound = GuardedOutbound(allow_private=True, lookup=Names())
    with pytest.raises(NoAnswerError, match="no connection"):
        await outbound.post(f"http://127.0.0.1:{unused_tcp_port}/", {}, b"{}", 5)
    with pytest.raises(NoAnswerError, match="cannot be resolved"):
        await outbound.post("http://nowhere.example/", {}, b"{}", 5)

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\xffgarbage\r\n\r\n" * 100)
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(babble, "127.0.0.1", unused_tcp_port)
    async with listener:
        with pytest.raises(NoAnswerError, match="broke off"):
            await outbound.post(f"http://127.0.0.1:{unused_tcp_port}/", {}, b"{}", 5)
    await outbound.aclose()
