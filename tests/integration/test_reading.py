"""The past through a running monitor: fifty who ask at once, and who takes all of it, while the market comes in."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector
from tests.integration.service import LIMIT_S, Process, exchange, tidemark
from tests.past import fill, many
from tests.postgresql import children, postgresql
from tests.signal_records import AT, SIGNAL, story

from tidemark.live.child import resident
from tidemark.live.reader_job import RESIDENT_BYTES
from tidemark.memory.ledger import Ledger
from tidemark.store.signal_log import SignalLog
from tidemark.units import MIB, MILLISECOND

ROWS = 200_000
WORKERS = 50
LOADED_S = 5.0
GAPS, SIGNALS = "/api/v1/history/gaps", "/api/v1/history/signals"
# Behind those of the test, far before those of the monitor.
UNTIL_MS = AT // MILLISECOND + 3_600_000


class Asked:
    """A monitor with a past of 200,000 gaps, which keeps what it sees in *folder*."""

    def __init__(self, process: Process, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.address = str(process.events("serving")[0]["address"])

    @property
    def reader(self) -> int:
        """The newest reader process."""
        return int(str(self.process.events("the reader process answers")[-1]["pid"]))

    async def ask(self, session: ClientSession, path: str, **query: str) -> tuple[int, Any]:
        async with session.get(self.address + path, params=query) as answer:
            return answer.status, await answer.json(content_type=None)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("store")
    with ExitStack() as stack:
        url = stack.enter_context(postgresql()).url if request.param == "postgresql" else None
        settings = ("api.rate=100000", *([f"store.database={url}"] if url is not None else []))
        made = stack.enter_context(exchange("--symbols", "20", "--rate", "100"))
        process = stack.enter_context(tidemark(*made.arguments(folder, *settings)))
        process.wait_for('"connection live"')
        (log,) = folder.glob("*/gaps")
        fill(url, log.parent, many(ROWS))
        yield Asked(process, log.parent)


async def test_what_was_signalled_a_second_ago_is_told_with_what_it_was_worth(asked: Asked) -> None:
    async with ClientSession() as session:
        before, begun = await asked.ask(session, SIGNALS, count="true")
        SignalLog(asked.folder / "signals", 64 * MIB, Ledger()).offer([one for n in range(3) for one in story(n)])
        async with asyncio.timeout(LIMIT_S):
            while True:
                _, page = await asked.ask(session, SIGNALS, count="true", rule="confluence", until_ms=str(UNTIL_MS))
                if page["count"] == 3:
                    break
                await asyncio.sleep(0.1)
        _, told = await asked.ask(session, f"{SIGNALS}/{SIGNAL}")
        _, cards = await asked.ask(session, "/api/v1/history/scorecard", until_ms=str(UNTIL_MS))

    assert (before, begun["note"]) == (200, None)
    assert [one["stage"] for one in page["signals"]] == ["target"] * 3
    assert [step["reason"] for step in told["moves"]] == ["entered", "first_target", "last_target"]
    assert [(card["rule"], card["n"]) for card in cards["scorecards"]] == [("confluence", 3)]


async def test_fifty_who_ask_for_five_seconds_are_all_answered(asked: Asked) -> None:
    statuses: Counter[int] = Counter()
    async with ClientSession(connector=TCPConnector(limit=WORKERS)) as session:
        # The first question begins the process.
        assert (await asked.ask(session, GAPS, limit="1"))[0] == 200
        ends = asyncio.get_running_loop().time() + LOADED_S

        async def work(number: int) -> None:
            while asyncio.get_running_loop().time() < ends:
                status, told = await asked.ask(session, GAPS, symbol=f"M{number:03}USDT", limit="100")
                statuses[status] += 1
                assert status != 200 or len(told["gaps"]) == 100

        async with asyncio.TaskGroup() as group:
            for number in range(WORKERS):
                group.create_task(work(number))
        status, health = await asked.ask(session, "/health/database")
        _, parts = await asked.ask(session, "/health")

    assert set(statuses) == {200}
    assert statuses[200] > 5 * WORKERS
    assert (status, health["status"]) == (200, "ok")
    pool = health["pool"]
    assert (pool["timeouts"], pool["refused"], pool["errors"], pool["lent"], pool["waiting"]) == (0, 0, 0, 0, 0)
    assert pool["open"] <= 20
    (part,) = [one for one in parts["parts"] if one["name"] == "database"]
    assert part["status"] == "ok"
    assert "a connection is held" not in str(asked.process.lines)


async def test_whoever_takes_all_of_it_takes_no_memory_of_anybody(asked: Asked) -> None:
    """Of the process that reads, and of the monitor."""
    async with ClientSession() as session:
        # What libraries and pools take by themselves is there after one export.
        before = most = (0, 0)
        for _ in range(2):
            before = (resident(asked.reader), resident(asked.process.child.pid)) if most[0] else before
            lines = 0
            async with session.get(asked.address + GAPS, params={"format": "ndjson"}) as answer:
                assert answer.status == 200
                async for piece in answer.content.iter_chunked(64 * 1024):
                    lines += piece.count(b"\n")
                    now = (resident(asked.reader), resident(asked.process.child.pid))
                    most = (max(most[0], now[0]), max(most[1], now[1]))
            assert lines == ROWS

    assert most[0] < RESIDENT_BYTES
    assert most[0] - before[0] < 8 * MIB
    assert most[1] - before[1] < 16 * MIB


async def test_a_reader_that_is_killed_is_begun_again_and_the_monitor_ends_with_its_child(asked: Asked) -> None:
    async with ClientSession() as session:
        assert (await asked.ask(session, GAPS))[0] == 200
        os.kill(asked.reader, signal.SIGKILL)
        async with asyncio.timeout(LIMIT_S):
            while (told := await asked.ask(session, GAPS))[0] != 200:
                assert told[0] == 503
                await asyncio.sleep(0.05)
    reader = asked.reader

    code, _, seconds = asked.process.stop(signal.SIGTERM)

    assert (code, resident(reader)) == (0, 0)
    assert seconds < 5.0


def test_a_monitor_that_is_killed_takes_its_reader_along(tmp_path: Path) -> None:
    with exchange("--symbols", "3", "--rate", "10") as made, tidemark(*made.arguments(tmp_path)) as process:
        process.wait_for('"connection live"')
        asyncio.run(first(str(process.events("serving")[0]["address"])))
        process.wait_for("the reader process answers")
        (reader,) = [pid for pid in children(process.child.pid) if "tidemark.serve.database.reader" in command(pid)]
        process.child.kill()
        begun = time.perf_counter()
        while resident(reader):
            assert time.perf_counter() - begun < LIMIT_S
            time.sleep(0.05)


async def first(address: str) -> None:
    async with ClientSession() as session, session.get(address + GAPS) as answer:
        assert answer.status == 200
        # The log of gaps is there, and no database yet.
        assert "no tables yet" in (await answer.json())["note"]


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
