import asyncio
import json
import time
from collections.abc import Callable

import msgspec
import pytest
from tests.build import MIDNIGHT
from tests.unit.live.test_rounds import build

from tidemark.live.assembly import Parts
from tidemark.live.bundle import Bundle, TaskStack, encode, make_bundle, read_settings, read_stacks
from tidemark.memory.tracing import TracedFile
from tidemark.model.events import Listing, StreamGap
from tidemark.model.gap import Gap
from tidemark.settings.settings import Settings
from tidemark.units import KIB, MIB, SECOND

Make = Callable[..., Settings]
ADDRESS = 'postgresql://ada:pa"ss-w\\ord@db.example/tidemark'


def bundle(parts: Parts, traced: list[TracedFile] | None = None) -> Bundle:
    return make_bundle("a test", 5, parts.probe.look(), traced, parts.engine, parts.pressure, parts.settings)


def open_gap(parts: Parts) -> None:
    for instrument in parts.instruments:
        parts.sink.on_event(Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument))
    gap = StreamGap(
        ts_event=MIDNIGHT,
        ts_recv=MIDNIGHT,
        venue="bybit",
        channel="trades",
        symbols=("BTCUSDT",),
        gap_from=MIDNIGHT - SECOND,
        gap_to=None,
        cause="connection lost",
    )
    parts.sink.on_event(gap)
    parts.intake.flush()


async def test_it_holds_what_one_asks_about_a_process(settings: Make) -> None:
    parts = await build(settings())
    open_gap(parts)

    text, cut = encode(bundle(parts), parts.settings)

    told = json.loads(text)
    assert (told["reason"], told["taken_at"], cut) == ("a test", 5, ())
    assert {line["owner"] for line in told["sample"]["owners"]} >= {"tape", "dedup", "control"}
    assert told["gaps"][0]["cause"] == "connection lost"
    assert told["pressure"] == {"level": "NORMAL", "given_up": [], "history": []}
    assert told["settings"]["memory.budget"] == "4GB"
    assert told["traced"] is None
    assert msgspec.json.decode(text, type=Bundle).sample.owners


async def test_every_task_is_told_with_the_calls_that_it_waits_in() -> None:
    async def inner() -> None:
        await asyncio.sleep(3600)

    async def outer() -> None:
        await inner()

    task = asyncio.create_task(outer(), name="waits")
    await asyncio.sleep(0)

    (told,) = [stack for stack in read_stacks() if stack.name == "waits"]

    task.cancel()
    assert told.runs.endswith("<locals>.outer")
    functions = [call.partition(" ")[2].rpartition(".")[2] for call in told.stack]
    assert functions[:3] == ["outer", "inner", "sleep"]
    assert told.stack[0].startswith("unit/live/test_bundle.py:")


def test_secrets_are_masked_and_so_are_names_and_passwords_in_addresses(settings: Make) -> None:
    told = read_settings(settings(store__database=ADDRESS, venue__rest_url="http://ada:word@127.0.0.1:1/x"))

    assert told["store.database"] == "********"
    assert told["venue.rest_url"] == "http://********@127.0.0.1:1/x"
    assert told["venue.name"] == "bybit"


async def test_no_secret_gets_in_wherever_it_stands(settings: Make) -> None:
    chosen = settings(store__database=ADDRESS)
    parts = await build(chosen)
    leaky = msgspec.structs.replace(bundle(parts), uncollectable=[f"a connection to {ADDRESS}"])

    text, _ = encode(leaky, chosen)

    assert b"pa\\" not in text
    assert ADDRESS not in json.dumps(json.loads(text)["uncollectable"])
    assert json.loads(text)["uncollectable"] == ["a connection to ********"]


@pytest.mark.parametrize("secret", ["1", "e", '"', "****"])
async def test_whatever_a_secret_is_the_bundle_stays_readable_and_within_its_limit(settings: Make, secret: str) -> None:
    chosen = settings(store__database=secret)
    parts = await build(chosen)
    long = msgspec.structs.replace(bundle(parts), uncollectable=[f"see {number} eggs" for number in range(9_000)])

    text, _ = encode(long, chosen, limit=128 * KIB)

    assert len(text) <= 128 * KIB
    told = json.loads(text)
    assert told["taken_at"] == 5
    assert set(told) == {field.name for field in msgspec.structs.fields(Bundle)}


async def test_an_address_with_a_password_is_masked_wherever_it_stands(settings: Make) -> None:
    parts = await build(settings())
    leaky = msgspec.structs.replace(bundle(parts), reason="no answer from wss://ada:word@stream.example/x")

    text, _ = encode(leaky, parts.settings)

    assert json.loads(text)["reason"] == "no answer from wss://********@stream.example/x"


async def test_the_longest_that_there_can_be_is_under_a_megabyte_in_under_a_second(settings: Make) -> None:
    parts = await build(settings())
    tasks = [TaskStack(name=f"task {number}", runs="a.b", stack=["x" * 160] * 32) for number in range(1_000)]
    gap = Gap(venue="bybit", symbol="BTCUSDT", channel="trades", gap_from=0, cause="x" * 80)
    longest = msgspec.structs.replace(bundle(parts), tasks=tasks, gaps=[gap] * 500)
    began = time.thread_time()

    text, _ = encode(longest, parts.settings)

    assert len(text) < 1_000_000
    assert time.thread_time() - began < 1.0


async def test_what_is_too_long_is_cut_by_halves_and_said_so(settings: Make) -> None:
    parts = await build(settings())
    files = [TracedFile(file=f"a/b/{number}.py", bytes=1, blocks=1) for number in range(4_000)]

    text, cut = encode(bundle(parts, files), parts.settings, limit=128 * KIB)

    assert len(text) <= 128 * KIB
    assert cut == ("traced: 2000 kept", "traced: 1000 kept")
    assert len(json.loads(text)["traced"]) == 1_000
    assert json.loads(text)["cut"] == list(cut)


@pytest.mark.parametrize("markets", [1])
async def test_a_usual_one_is_far_below_a_megabyte(settings: Make, markets: int) -> None:
    parts = await build(settings())

    text, cut = encode(bundle(parts), parts.settings)

    assert len(parts.instruments) == markets
    assert len(text) < MIB // 4
    assert cut == ()
