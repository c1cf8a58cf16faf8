"""Backtests over the API of a process as users run it: begun, followed, cancelled, gone on with, killed, compared."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse
from tests.backtests_served import fill
from tests.integration.service import LIMIT_S, Process, exchange, tidemark
from tests.scraped import scraped, value

from tidemark.api.tokens import Tokens

ANY = "0.0.0.0"  # noqa: S104 - with tokens, which is what is tried
ONCE = {"shuffles": 0}


class Served:
    """The process, its folder, and whoever asks it."""

    def __init__(self, process: Process, folder: Path, address: str, tokens: dict[str, str]) -> None:
        self.process = process
        self.folder = folder
        self.address = address
        self.tokens = tokens

    @asynccontextmanager
    async def client(self, who: str = "writer") -> AsyncIterator["Client"]:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        async with ClientSession(self.address, headers=headers) as session:
            yield Client(session)

    def children(self) -> list[int]:
        """The processes of backtests."""
        return [
            int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and self._is_child(int(one.name))
        ]

    def _is_child(self, pid: int) -> bool:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return False
        return b"tidemark.backtest.process" in command and f"PPid:\t{self.process.child.pid}\n" in status


class Client:
    def __init__(self, session: ClientSession) -> None:
        self.session = session

    async def get(self, path: str, status: int = 200) -> Any:
        async with self.session.get(f"/api/v1/backtests{path}") as answer:
            told = await answer.json(content_type=None)
            assert answer.status == status, told
            return told

    async def post(self, what: str, body: Any, status: int = 200) -> Any:
        async with self.session.post(f"/api/v1/backtests/{what}", json=body) as answer:
            told = await answer.json(content_type=None)
            assert answer.status == status, told
            return told

    async def start(self, strategy: str, **more: Any) -> str:
        told = await self.post("start", {"strategy": strategy, "data": "made"} | ONCE | more)
        return str(told["id"])

    async def until(self, run: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What is told of a run that is under way, once it is so."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                told: list[dict[str, Any]] = (await self.get("/running"))["running"]
                for one in told:
                    if one["id"] == run and is_so(one):
                        return one
                await asyncio.sleep(0.1)

    async def ended(self, run: str) -> dict[str, Any]:
        return await self.until(run, lambda one: one["state"] not in {"waiting", "running", "cancelling"})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("store")
    fill(folder)
    made = Tokens(folder)
    tokens = {
        "writer": made.create("writer", ("write",), 0).secret,
        "reader": made.create("reader", ("read",), 0).secret,
    }
    with ExitStack() as stack:
        market = stack.enter_context(exchange("--symbols", "3", "--rate", "20", "--seed", "5"))
        more = (f"api.host={ANY}", "api.rate=1000", "log.format=json", "backtests.memory=256MB", "backtests.queue=2")
        process = stack.enter_context(tidemark(*market.arguments(folder, *more)))
        process.wait_for('"serving"')
        address = next(json.loads(line)["address"] for line in process.lines if '"serving"' in line)
        yield Served(process, folder, address, tokens)


async def follow(socket: ClientWebSocketResponse, told: list[Any]) -> None:
    await socket.send_json({"op": "subscribe", "topic": "backtests"})
    async for message in socket:
        said = message.json()
        if said["type"] == "ping":
            await socket.send_json({"op": "pong"})
        elif said["type"] in {"snapshot", "delta"}:
            told.append(said)


async def test_what_there_is_to_choose_from_is_listed_whatever_the_files_do(served: Served) -> None:
    async with served.client("reader") as client:
        told = await client.get("/choices")

    errors = {one["name"]: one["error"] for one in told["strategies"] if not one["name"].startswith("rules:")}
    rules = [one["name"] for one in told["strategies"] if one["name"].startswith("rules:")]
    (data,) = (one for one in told["data"] if one["name"] == "made")
    fast = next(one for one in told["strategies"] if one["name"] == "mean_cross.py")["parameters"][0]
    assert errors == {
        "dies.py": "it ended the process that loaded it", "empty.py": errors["empty.py"], "greedy.py": None,
        "hangs.py": "it takes more than 2 s to be loaded", "mean_cross.py": None, "raises.py": None, "slow.py": None,
        "stuck.py": None, "wrong.py": "wrong.py, line 1: invalid syntax",
    }  # fmt: skip
    assert "has no class that is a Strategy" in errors["empty.py"]
    assert (fast["name"], fast["kind"], fast["default"], fast["minimum"]) == ("fast", "integer", "20", 2)
    assert data["timeframes"][0]["candles"] == 200_000
    assert {"fees", "slippage"} <= {one["kind"] for one in told["models"]}
    assert "rules:confluence" in rules
    assert not served.children()


async def test_a_run_is_followed_until_it_is_done_and_then_read(served: Served) -> None:
    told: list[Any] = []
    async with served.client() as client, client.session.ws_connect("/ws") as socket:
        following = asyncio.ensure_future(follow(socket, told))
        run = await client.start("mean_cross.py", parameters={"fast": 10}, name="first")
        ended = await client.ended(run)
        await asyncio.sleep(1.0)
        following.cancel()
        whole = await client.get(f"/{run}")
        listed = (await client.get(""))["runs"]
        page = await client.get(f"/{run}/trips?limit=3")
        rest = await client.get(f"/{run}/trips?limit=3&after={page['next_after']}")
        equity = await client.get(f"/{run}/equity")
        async with client.session.get(f"/api/v1/backtests/{run}/trips?format=csv&symbol=BTCUSDT") as answer:
            lines = (await answer.text()).splitlines()

    states = [one["state"] for message in told for one in message["running"] if one["id"] == run]
    trips = whole["result"]["trips"]
    assert ended["state"] == "done"
    assert "running" in states
    assert states[-1] == "done"
    assert (whole["run"]["state"], whole["run"]["strategy"], whole["run"]["data"]) == ("done", "mean_cross.py", "made")
    assert whole["settings"]["parameters"] == {"fast": 10, "slow": 100, "stop": 0.0}
    assert [one for one in listed if one["id"] == run] == [whole["run"]]
    assert whole["run"]["trips"] == trips > 100
    assert [one["number"] for one in page["trips"] + rest["trips"]] == [1, 2, 3, 4, 5, 6]
    assert len(equity["at_ms"]) == len(equity["equity"]) > 100
    by_symbol = {one["name"]: one["trips"] for one in whole["result"]["groups"]["symbol"]}
    assert len(lines) == 1 + by_symbol["BTCUSDT"]
    assert sum(by_symbol.values()) == trips


async def test_a_run_that_is_cancelled_can_be_gone_on_with_and_two_be_compared(served: Served) -> None:
    async with served.client() as client:
        run = await client.start("slow.py")
        under_way = await client.until(run, lambda one: one["done"] > 0)
        (pid,) = served.children()
        await client.post("cancel", {"id": run})
        cancelled = await client.ended(run)
        assert (await client.get(f"/{run}"))["run"]["state"] == "cancelled"
        again = await client.post("resume", {"id": run})
        whole = await client.ended(run)
        other = await client.start("slow.py", models={"fees.use": "none"})
        await client.ended(other)
        compared = await client.get(f"/compare?first={run}&second={other}")
        # What is over is not gone on with.
        refused = await client.post("resume", {"id": run}, 409)

    assert under_way["candles"] == 200_000
    assert cancelled["state"] == "cancelled"
    assert again["id"] == run
    assert whole["state"] == "done"
    assert {one["name"] for one in compared["asked"]} >= {"model fees.use"}
    assert not compared["is_same"]
    assert refused["detail"] == f"run {run} is done: there is nothing to go on with"
    assert pid not in served.children()


async def test_a_strategy_that_hangs_is_ended(served: Served) -> None:
    async with served.client() as client:
        run = await client.start("stuck.py")
        await client.until(run, lambda one: one["state"] == "running" and bool(served.children()))
        await client.post("cancel", {"id": run})
        ended = await client.ended(run)

    assert ended["state"] == "cancelled"
    assert not served.children()


async def test_the_others_wait_for_their_turn_and_no_more_than_may(served: Served) -> None:
    async with served.client() as client:
        first = await client.start("stuck.py")
        waiting = [await client.start("mean_cross.py", name=f"waits {number}") for number in range(2)]
        refused = await client.post("start", {"strategy": "mean_cross.py", "data": "made"}, 409)
        told = (await client.get("/running"))["running"]
        in_its_place = await client.post("cancel", {"id": waiting[1]})
        await client.post("cancel", {"id": first})
        ended = await client.ended(waiting[0])

    ours = [one for one in told if one["id"] in {first, *waiting}]
    assert [(one["id"], one["state"]) for one in ours] == [
        (first, "running"), (waiting[0], "waiting"), (waiting[1], "waiting"),
    ]  # fmt: skip
    assert "2 runs wait already" in refused["detail"]
    assert waiting[1] in {one["id"] for one in in_its_place["running"] if one["state"] == "cancelled"}
    assert ended["state"] == "done"


async def test_a_process_that_is_killed_leaves_a_run_that_was_interrupted(served: Served) -> None:
    async with served.client() as client:
        run = await client.start("slow.py", name="killed")
        await client.until(run, lambda one: one["done"] > 0)
        os.kill(served.children()[0], signal.SIGKILL)
        ended = await client.ended(run)
        kept = (await client.get(f"/{run}"))["run"]
        next_one = await client.start("mean_cross.py")
        after = await client.ended(next_one)
        await client.post("resume", {"id": run})
        resumed = await client.ended(run)

    assert (ended["state"], ended["error"]) == ("interrupted", "its process was ended by signal 9")
    assert (kept["state"], kept["error"]) == ("interrupted", "its process ended before it was done")
    assert after["state"] == "done"
    assert resumed["state"] == "done"


@pytest.mark.parametrize(
    ("strategy", "error"),
    [
        ("greedy.py", "it needs more than the 256 MB that a run may take; see backtests.memory"),
        ("raises.py", "the strategy raised ValueError: never again (raises.py, line 6)"),
    ],
)
async def test_a_run_that_fails_says_so_in_one_line(served: Served, strategy: str, error: str) -> None:
    async with served.client() as client:
        run = await client.start(strategy)
        ended = await client.ended(run)
        kept = (await client.get(f"/{run}"))["run"]

    assert ended["state"] == kept["state"] == "failed"
    assert ended["error"] == kept["error"]
    assert ended["error"].startswith(error)
    assert "\n" not in ended["error"]


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"strategy": "../strategies/slow.py"}, 400, "strategy"),
        ({"strategy": "/etc/passwd"}, 400, "strategy"),
        ({"strategy": ".hidden.py"}, 400, "strategy"),
        ({"strategy": "nothing.py"}, 422, "there is no strategy 'nothing.py'"),
        ({"strategy": "slow.py:Fast"}, 422, "slow.py has no strategy 'Fast'"),
        ({"strategy": "hangs.py"}, 422, "it takes more than 3 s to be loaded"),
        ({"data": "../candles/made"}, 400, "data"),
        ({"data": "nothing"}, 422, "there is no data set 'nothing'"),
        ({"markets": ["NOSUCHUSDT"]}, 422, "has no candles of 'NOSUCHUSDT'"),
        ({"markets": ["BTCUSDT"] * 1001}, 400, "markets"),
        ({"markets": [f"M{number:04}USDT" for number in range(10_000)]}, 413, "a body has at most"),
        ({"timeframe": "1h"}, 422, "holds no candles of 1h"),
        ({"timeframe": "7m"}, 400, "timeframe"),
        ({"parameters": {"fast": 10_000}}, 422, "parameters of MeanCross"),
        ({"parameters": {"quick": 1}}, 422, "MeanCross has no parameter 'quick'"),
        ({"parameters": {"fast": "9" * 201}}, 400, "parameters"),
        ({"parameters": {f"p{number}": 1 for number in range(65)}}, 400, "parameters"),
        ({"models": {"fees.use": "wishes"}}, 422, "fees.use"),
        ({"cash": -1.0}, 400, "cash"),
        ({"begin_ms": 2, "end_ms": 1}, 422, "begin_ms has to be before end_ms"),
        ({"begin_ms": 10**15}, 422, "has no candles between the two dates"),
        ({"path": "/etc"}, 400, "unknown field"),
    ],
)
async def test_what_cannot_be_run_is_refused_in_words(
    served: Served, body: dict[str, Any], status: int, detail: str
) -> None:
    async with served.client() as client:
        told = await client.post("start", {"strategy": "mean_cross.py", "data": "made"} | body, status)

    assert detail in told["detail"]
    assert "\n" not in told["detail"]
    assert not served.children()


async def test_a_link_that_leads_out_of_the_folder_is_no_strategy(served: Served, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("raise SystemExit")
    (served.folder / "strategies" / "linked.py").symlink_to(outside)
    async with served.client() as client:
        told = await client.post("start", {"strategy": "linked.py", "data": "made"}, 422)
        names = {one["name"] for one in (await client.get("/choices"))["strategies"]}

    assert told["detail"].startswith("there is no strategy 'linked.py'")
    assert "linked.py" not in names


async def test_only_who_may_write_begins_one(served: Served) -> None:
    async with served.client("reader") as client:
        for what, body in (
            ("start", {"strategy": "mean_cross.py", "data": "made"}), ("cancel", {"id": "x"}), ("resume", {"id": "x"}),
            ("remove", {"ids": ["x"]}),
        ):  # fmt: skip
            await client.post(what, body, 403)


async def test_what_is_not_there_is_not_found(served: Served) -> None:
    async with served.client() as client:
        for path in ("/nosuch", "/nosuch/trips", "/nosuch/equity", "/compare?first=nosuch&second=nosuch"):
            assert "there is no run nosuch" in (await client.get(path, 404))["detail"]
        assert "no run nosuch is under way" in (await client.post("cancel", {"id": "nosuch"}, 404))["detail"]
        assert "there is no run nosuch" in (await client.post("resume", {"id": "nosuch"}, 404))["detail"]
        assert (await client.post("remove", {"ids": ["nosuch"]}))["ids"] == []


async def test_a_run_is_removed_with_all_that_belongs_to_it(served: Served) -> None:
    async with served.client() as client:
        run = await client.start("mean_cross.py", markets=["BTCUSDT"])
        await client.ended(run)
        gone = await client.post("remove", {"ids": [run, "nosuch"]})
        await client.get(f"/{run}", 404)
        await client.get(f"/{run}/trips", 404)

    assert gone["ids"] == [run]


async def test_the_monitor_tells_of_them_and_holds_its_bounds(served: Served) -> None:
    async with served.client("reader") as client:
        async with client.session.get("/metrics") as answer:
            found = scraped(await answer.text())
        async with client.session.get("/api/v1/memory") as answer:
            memory = await answer.json()

    owners = {one["owner"]: one for one in memory["owners"]}
    assert value(found, "tidemark_backtest_process_bytes") == 0
    assert value(found, "tidemark_backtests_ended_total", state="failed") == 2
    assert owners["backtests"]["capacity"] == 2 + 1 + 8
    assert owners["backtest choices"]["bytes_used"] <= owners["backtest choices"]["bytes_reserved"]
    assert not [line for line in served.process.lines if "a bound is broken" in line]
