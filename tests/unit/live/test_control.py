import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.build import MIDNIGHT, instrument, step
from tests.unit.live.test_rounds import build

from tidemark.live.assembly import Parts
from tidemark.live.control import may_ask
from tidemark.live.questions import MOST_QUESTION_BYTES
from tidemark.model.events import Listing
from tidemark.settings.settings import Settings
from tidemark.signals.structure_trades import Refusal

Make = Callable[..., Settings]
NONSENSE = (b"nonsense", b'{"ask":"money"}', b'{"ask":"sample","weigh":1}', b'{"x":' + b"[" * 9999, b'{"ask":"\xff"}')
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def is_answered(path: Path) -> bool:
    folder = os.open(path.parent, os.O_RDONLY) if path.parent.is_dir() else -1
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.connect(f"/proc/self/fd/{folder}/{path.name}")
        except OSError:
            return False
        finally:
            if folder >= 0:
                os.close(folder)
    return True


def is_idle(parts: Parts) -> bool:
    """Whether there was a connection, and none is left."""
    (owner,) = [line for line in parts.ledger.report() if line.owner == "control"]
    return owner.peak > 0 and owner.used == 0


@asynccontextmanager
async def served(parts: Parts) -> AsyncIterator[Path]:
    """The control socket of *parts*, while it is served."""
    path = parts.settings.store.path / "bybit" / "control.sock"
    task = asyncio.ensure_future(parts.control.serve())
    async with asyncio.timeout(10):
        while not is_answered(path) and not task.done():  # noqa: ASYNC110 - a socket sets no event
            await asyncio.sleep(0.01)
    try:
        yield path
    finally:
        task.cancel()
        await asyncio.wait([task])


async def ask(line: Line, question: bytes) -> dict[str, Any]:
    reader, writer = line
    writer.write(question + b"\n")
    async with asyncio.timeout(30):
        answer: dict[str, Any] = json.loads(await reader.readline())
    return answer


def told_in(path: str) -> dict[str, Any]:
    """What a bundle says."""
    told: dict[str, Any] = json.loads(Path(path).read_text())
    return told


async def connect(path: Path) -> Line:
    async with asyncio.timeout(10):
        return await asyncio.open_unix_connection(path, limit=1 << 20)


async def test_it_answers_one_question_after_the_other(settings: Make) -> None:
    parts = await build(settings())
    async with served(parts) as path:
        line = await connect(path)
        cheap = await ask(line, b'{"ask":"sample"}')
        whole = await ask(line, b'{"ask":"sample","is_whole":true}')
        written = await ask(line, b'{"ask":"diagnosis","reason":"why"}')
        line[1].close()

    assert cheap["sample"]["dear"] is None
    assert whole["sample"]["dear"]["objects"] > 1_000
    assert told_in(written["written"]["path"])["reason"] == "why"


async def test_structure_comes_with_what_the_rules_say_of_it_in_their_own_candles(settings: Make) -> None:
    parts = await build(settings())
    at = MIDNIGHT
    step(parts.engine, Listing(ts_event=at, ts_recv=at, instrument=instrument("BTCUSDT")))
    signals = parts.engine.signals
    assert signals is not None
    check = dict.fromkeys(("validator", "figure", "text"), "quality")
    refusal = Refusal(**check, measured=43.0, sense=">=", threshold=50.0, passed=False)
    signals.judged = lambda *_: {"spring_long": (refusal,)}  # type: ignore[method-assign]
    async with served(parts) as path:
        line = await connect(path)
        traded = await ask(line, b'{"ask":"structure","symbol":"BTCUSDT","timeframe":"1h","candles":5}')
        other = await ask(line, b'{"ask":"structure","symbol":"BTCUSDT","timeframe":"4h"}')
        line[1].close()

    assert traded["structure"]["symbol"] == other["structure"]["symbol"] == "BTCUSDT"
    ((rule, checks),) = [(one["rule"], one["checks"]) for one in traded["structure"]["judged"]]
    assert (rule, checks[0]["measured"], checks[0]["passed"]) == ("spring_long", 43.0, False)
    assert other["structure"]["judged"] == []


async def test_the_socket_is_for_its_user_alone_and_goes_with_the_process(settings: Make) -> None:
    parts = await build(settings())
    async with served(parts) as path:
        mode = path.stat().st_mode

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    assert not path.exists()


async def test_what_is_not_understood_is_said_so_and_the_next_question_answered(settings: Make) -> None:
    parts = await build(settings())
    async with served(parts) as path:
        line = await connect(path)
        refusals = [await ask(line, text) for text in NONSENSE]
        answer = await ask(line, b'{"ask":"sample"}')
        line[1].close()

    assert all(one["error"].startswith("the question is not understood: ") for one in refusals)
    assert answer["sample"]["budget"] == parts.settings.memory.budget


async def test_a_question_that_is_too_long_ends_the_connection(settings: Make) -> None:
    parts = await build(settings())
    async with served(parts) as path:
        reader, writer = await connect(path)
        writer.write(b"x" * (3 * MOST_QUESTION_BYTES))
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()

    assert answer == b""


async def test_who_says_that_no_more_questions_come_gets_every_answer_whole(settings: Make) -> None:
    parts = await build(settings())
    async with served(parts) as path:
        reader, writer = await connect(path)
        writer.write(b'{"ask":"sample"}\n' * 3 + b'{"ask":"sample","is_whole":true}')
        writer.write_eof()
        async with asyncio.timeout(30):
            answers = (await reader.read()).splitlines()
        writer.close()

    assert [set(json.loads(answer)) for answer in answers] == [{"sample"}] * 4


async def test_a_connection_of_which_nothing_was_heard_yet_ends_with_the_service(settings: Make) -> None:
    parts = await build(settings())
    async with served(parts) as path:
        reader, writer = await connect(path)
        # It is accepted in the turns that the loop makes from here on, and its task is cancelled as it begins.
        for _ in range(3):
            await asyncio.sleep(0)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()

    assert answer == b""


async def test_the_fourth_connection_is_hung_up_on(settings: Make) -> None:
    parts = await build(settings())
    async with served(parts) as path:
        while not is_idle(parts):  # noqa: ASYNC110 - whoever looked whether it is served is heard, and goes
            await asyncio.sleep(0.01)
        lines = [await connect(path) for _ in range(3)]
        for line in lines:
            await ask(line, b'{"ask":"sample"}')
        reader, writer = await connect(path)
        async with asyncio.timeout(10):
            answer = await reader.read()
        (owner,) = [line for line in parts.ledger.report() if line.owner == "control"]
        for _, other in (*lines, (reader, writer)):
            other.close()

    assert answer == b""
    assert (owner.used, owner.capacity, owner.rejected) == (3, 3, 1)


async def test_a_refusal_of_the_ledger_can_be_tried_again(settings: Make) -> None:
    parts = await build(settings())
    async with served(parts) as path:
        line = await connect(path)
        with parts.ledger.transient(parts.settings.memory.transient):
            refused = await ask(line, b'{"ask":"sample","is_whole":true}')
        line[1].close()

    assert refused["retry"]
    assert "transient memory" in refused["error"]


async def test_a_socket_that_a_killed_process_left_is_taken_over(settings: Make) -> None:
    parts = await build(settings())
    path = parts.settings.store.path / "bybit" / "control.sock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert path.exists()

    async with served(parts):
        line = await connect(path)
        answer = await ask(line, b'{"ask":"sample"}')
        line[1].close()

    assert "sample" in answer


async def test_a_second_process_of_the_same_store_leaves_the_socket_to_the_first(settings: Make) -> None:
    first, second = await build(settings()), await build(settings())
    async with served(first) as path:
        with capture_logs() as told:
            await asyncio.wait_for(second.control.serve(), 10)
        line = await connect(path)
        answer = await ask(line, b'{"ask":"sample"}')
        line[1].close()

    assert [(one["event"], one["cause"]) for one in told] == [("no control socket", "another process answers there")]
    assert "sample" in answer


async def test_a_store_with_a_long_path_has_a_socket_too(settings: Make, tmp_path: Path) -> None:
    parts = await build(settings(store__folder=str(tmp_path / ("long" * 30))))
    async with served(parts) as path:
        assert stat.S_ISSOCK(path.stat().st_mode)
        folder = os.open(path.parent, os.O_RDONLY)
        line = await connect(Path(f"/proc/self/fd/{folder}/{path.name}"))
        answer = await ask(line, b'{"ask":"sample"}')
        line[1].close()
        os.close(folder)

    assert len(str(path)) > 108
    assert "sample" in answer


@pytest.mark.parametrize(("user", "allowed"), [(os.geteuid(), True), (os.geteuid() + 1, os.geteuid() == 0)])
def test_who_may_ask_is_told_by_the_system(user: int, allowed: bool) -> None:
    near, far = socket.socketpair(socket.AF_UNIX)
    with near, far:
        assert may_ask(near, user) is allowed


async def test_a_stranger_is_hung_up_on(settings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = await build(settings())
    monkeypatch.setattr("tidemark.live.control.may_ask", lambda connection, user: False)
    async with served(parts) as path:
        reader, writer = await connect(path)
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()

    assert answer == b""
