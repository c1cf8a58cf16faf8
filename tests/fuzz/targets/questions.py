"""What a local client asks over the control socket: a line each, with memory left for a census or without."""

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path

import msgspec
from tests.fuzz.target import Take
from tests.leaks.process import Driver, Simulated, build

from tidemark.live.assembly import Parts
from tidemark.live.questions import (
    MOST_ANSWER_BYTES,
    MOST_QUESTION_BYTES,
    SOCKET_NAME,
    Answer,
    AskDiagnosis,
    AskExplanation,
    AskMarket,
    AskSample,
    AskScores,
    socket_address,
)
from tidemark.model.events import Listing
from tidemark.model.timeframe import Timeframe

REFUSALS: tuple[type[Exception], ...] = ()
_SHORT, _AMPLE = b"0", b"1"
# Of one input: further ones would say no more. A census takes some tenths of a second, and ten times that when it is
# followed line by line.
_MOST_QUESTIONS, _MOST_CENSUSES = 5, 1
# Seconds of market before the first question.
_LIVED_S = 400


def seeds() -> list[bytes]:
    """Every question, most of them where no census is made: that takes a while."""
    names = ("dict tidemark.live.health.Health.by_time", "instances builtins.x", "")
    asked = [
        msgspec.json.encode(question)
        for question in (
            AskSample(),
            AskSample(collects=True),
            AskSample(is_whole=True),
            AskSample(is_whole=True, weigh=names),
            AskDiagnosis(),
            AskDiagnosis(reason="x" * 300),
        )
    ]
    asked += [msgspec.json.encode(one) for one in (AskScores(), AskMarket(timeframe=Timeframe.M5))]
    asked += [msgspec.json.encode(AskExplanation(symbol=symbol)) for symbol in ("M07USDT", "NONE")]
    unknown = b'{"ask":"money","much":[1,{"more":null}]}'
    return [*(_SHORT + one for one in (*asked, unknown, b"\n".join(asked[:4]))), _AMPLE + asked[3]]


def opened(folder: Path) -> Take:
    # The process that feeds it may hold much else.
    clock = Simulated()
    parts = asyncio.run(build(folder, clock, "2GB"))
    for one in parts.instruments:
        parts.sink.on_event(Listing(ts_event=clock.at_ns, ts_recv=clock.at_ns, instrument=one))
    parts.ledger.seal()
    driver = Driver(parts, clock)
    for _ in range(_LIVED_S):
        driver.step(lambda _: None)
    socket = folder / "bybit" / SOCKET_NAME

    def take(data: bytes) -> bool:
        lines = data[1:].split(b"\n")[: _MOST_CENSUSES if data[:1] == _AMPLE else _MOST_QUESTIONS]
        with ExitStack() as held:
            if data[:1] != _AMPLE:
                held.enter_context(parts.ledger.transient(parts.settings.memory.transient))
            answers = asyncio.run(_converse(parts, socket, b"\n".join(lines)))
        (line,) = [one for one in parts.ledger.report() if one.owner == "control"]
        assert line.used == 0, "a client left, and its connection stayed"
        asked = len(lines) - (not lines[-1])
        assert len(answers) == asked or max(map(len, lines)) >= MOST_QUESTION_BYTES, "a question has no answer"
        assert max(map(len, answers), default=0) <= MOST_ANSWER_BYTES
        told = [msgspec.json.decode(answer, type=Answer) for answer in answers]
        return any(one.error is None for one in told)

    return take


async def _converse(parts: Parts, path: Path, questions: bytes) -> list[bytes]:
    """What is answered, line by line, to *questions* in one go; a connection that is cut short ends it."""
    serving = asyncio.create_task(parts.control.serve())
    # By the next turn of the loop it listens.
    await asyncio.sleep(0)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        reader, writer = await asyncio.open_unix_connection(socket_address(path, folder))
        try:
            writer.write(questions)
            writer.write_eof()
            return (await reader.read()).splitlines()
        except ConnectionError:
            return []
        finally:
            writer.close()
    finally:
        os.close(folder)
        serving.cancel()
        await asyncio.wait([serving])
