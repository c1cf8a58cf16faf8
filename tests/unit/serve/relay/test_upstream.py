import asyncio
import socket

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.api_process import SYMBOL, Lived
from tests.unit.serve.made import WORD, served, upstream_of

from tidemark.api.application import INSTANCE
from tidemark.errors import UnreachableError
from tidemark.memory.ledger import Ledger
from tidemark.serve.relay import upstream as module
from tidemark.serve.relay.upstream import Upstream
from tidemark.sources import Secret

CANDLES = f"/api/v1/symbols/{SYMBOL}/candles"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def test_what_the_monitor_says_comes_with_its_tag_and_its_moment(process: Lived) -> None:
    async with served(process) as monitor, upstream_of(monitor) as upstream:
        told = await upstream.ask("/api/v1/symbols")
        again = await upstream.ask("/api/v1/symbols", told.etag)

    assert (told.status, told.content_type) == (200, "application/json; charset=utf-8")
    assert told.body.startswith(b'{"as_of_ms":')
    assert told.at_ms % 1000 == 0
    assert told.at_ms > 1_700_000_000_000
    assert (again.status, again.body, again.etag) == (304, b"", told.etag)


async def test_a_problem_comes_as_the_monitor_tells_it(process: Lived) -> None:
    async with served(process) as monitor, upstream_of(monitor) as upstream:
        told = await upstream.ask("/api/v1/symbols/NOSUCHUSDT/candles")

    assert (told.status, told.content_type, told.etag) == (404, "application/problem+json", None)
    assert b"is not watched" in told.body


async def test_its_life_is_known_and_what_has_none_is_no_monitor(process: Lived) -> None:
    async with served(process, instance="abc") as monitor, upstream_of(monitor) as upstream:
        assert upstream.instance == "abc"
    async with served(process, instance=None) as other:
        made = Upstream(other.address, None, Ledger())
        with pytest.raises(UnreachableError, match="is no monitor"):
            await made.open()
        await made.close()


async def test_a_monitor_that_is_not_there_is_said_in_one_line() -> None:
    made = Upstream(f"http://127.0.0.1:{free_port()}", None, Ledger())

    with pytest.raises(
        UnreachableError, match=r"^the monitor at http://127\.0\.0\.1:\d+ does not answer: .*serve\.mon"
    ):
        await made.open()
    await made.close()


async def test_it_shows_its_token_and_no_error_tells_it(process: Lived) -> None:
    async with served(process, is_guarded=True) as monitor:
        async with upstream_of(monitor, token=WORD) as upstream:
            assert (await upstream.ask("/api/v1/symbols")).status == 200
        async with upstream_of(monitor, token=WORD[::-1]) as upstream:
            with pytest.raises(UnreachableError, match=r"another token than serve\.token") as refused:
                await upstream.ask("/api/v1/symbols")
    assert WORD[::-1] not in str(refused.value)


async def test_while_the_monitor_is_away_a_question_fails_at_once_and_goes_on_when_it_is_back(
    process: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_EVERY_S", 0.02)
    answers = True

    async def live(_: web.Request) -> web.Response:
        if not answers:
            raise web.HTTPServiceUnavailable
        return web.Response(headers={INSTANCE: "a"})

    app = web.Application()
    app.router.add_get("/health/live", live)
    server = TestServer(app)
    await server.start_server()
    upstream = Upstream(str(server.make_url("")).rstrip("/"), None, Ledger())
    await upstream.open()
    watching = asyncio.create_task(upstream.watch())
    try:
        async with asyncio.timeout(10):
            port = server.port
            await server.close()
            while upstream.is_up:  # noqa: ASYNC110 - what it found is read, not awaited
                await asyncio.sleep(0.01)
            asked = upstream.asked
            with pytest.raises(UnreachableError, match="at the moment"):
                await upstream.ask("/api/v1/symbols")
            assert upstream.asked == asked
            again = web.Application()
            again.router.add_get("/health/live", live)
            async with TestServer(again, port=port):
                while not upstream.is_up:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.01)
    finally:
        watching.cancel()
        await upstream.close()


async def test_a_long_answer_is_refused_before_it_is_held(process: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BODY", 100)
    async with served(process) as monitor, upstream_of(monitor) as upstream:
        with pytest.raises(UnreachableError, match="more than 100 bytes"):
            await upstream.ask(CANDLES)

        assert upstream.usage().used == 0


async def test_what_goes_wrong_with_whoever_takes_pieces_is_no_failure_of_the_monitor(process: Lived) -> None:
    async with served(process) as monitor, upstream_of(monitor) as upstream:
        taken = upstream.stream("GET", f"{CANDLES}?format=csv")
        headers, status, _ = await taken.__aenter__()
        assert (status, headers["Content-Type"]) == (200, "text/csv")
        gone = ConnectionResetError()

        assert not await taken.__aexit__(ConnectionResetError, gone, None)
        assert upstream.failed == 0
        assert upstream.usage().used == 0


def test_a_secret_is_held_as_one() -> None:
    made = Upstream("http://127.0.0.1:1", Secret(WORD), Ledger())

    assert WORD not in repr(made)
    assert WORD not in str(made.reservation)
