"""`tidemark sim`: the local exchange."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tidemark.cli.shared import JsonOption, print_json
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError
from tidemark.sim.faults import Faults
from tidemark.sim.generator import generated
from tidemark.sim.market import Source
from tidemark.sim.recording import Recording
from tidemark.sim.server import serve
from tidemark.sim.settings import Address, SimSettings
from tidemark.store.capture import Kind, find, read

# Faults that take names, separated by commas.
LISTS = ("malformed_kinds", "channels", "symbols")


def command(
    venue: Annotated[str, typer.Option(help="Which exchange it speaks like: bybit or binance.")] = "bybit",
    symbols: Annotated[int, typer.Option(min=1, max=5000, help="Markets that the generator makes.")] = 560,
    rate: Annotated[float, typer.Option(min=0.001, help="Messages a second over all markets.")] = 2000.0,
    speed: Annotated[str, typer.Option(metavar="FACTOR", help="How fast time runs; max: as fast as it can.")] = "1",
    seed: Annotated[int, typer.Option(help="The same seed makes the same market.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 0,
    capture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Replay this recording instead.", show_default=False)
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Begin a recording anew at its end.")] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Switch a fault on; may be given often.", show_default=False),
    ] = None,
    trades_kept: Annotated[
        float, typer.Option(min=0.0, metavar="SECONDS", help="How long REST remembers trades; at least 1,000 a market.")
    ] = 300.0,
    with_parent: Annotated[bool, typer.Option("--with-parent", help="End when standard input closes.")] = False,
    json: JsonOption = False,
) -> None:
    """Serve a local exchange on 127.0.0.1: REST and WebSocket, from a seeded generator or from a recording.

    Faults: drop_every_s, drop_once, silent, answer_pings, duplicate, reorder, reorder_ms, delay_ms, gap, malformed,
    malformed_kinds, burst_s, clock_skew_ms, too_many_requests, retry_after_s, banned, server_error, rest_delay_s,
    book_break, book_cross, book_restart, kline_wrong, trade_missing. channels (trade, ticker, kline, book, liquidation,
    mark) and symbols say what they touch. They can be changed while it runs: POST /_sim/faults; GET /_sim/status tells
    the truth of its market.

    Examples:
      tidemark sim --venue binance --symbols 300 --port 8100

      tidemark sim --fault duplicate=0.05 --fault drop_every_s=60

      tidemark sim --fault silent=true --fault channels=book --fault symbols=BTCUSDT,ETHUSDT

      tidemark sim --capture recording.gz --speed max
    """
    clock = SystemClock()
    factor = _speed(speed)
    if capture is None:
        settings = _settings(venue, symbols, rate, factor, seed, port, trades_kept, fault)
        source: Source = generated(settings, clock.now_ns())
    else:
        found = find(capture)
        settings = _settings(found.venue, symbols, rate, factor, seed, port, trades_kept, fault)
        source = Recording(
            found.venue,
            lambda: ((record.ts_recv, record.payload) for record in read(found) if record.kind is Kind.FRAME),
            loop=loop,
        )

    def ready(address: Address) -> None:
        if json:
            print_json({"venue": settings.venue, "rest": address.rest, "stream": address.stream})
        else:
            print(f"the local exchange speaks {settings.venue} at {address.rest} and {address.stream}; Ctrl-C ends it")
            sys.stdout.flush()

    try:
        asyncio.run(_serve(settings, source, clock, ready, with_parent=with_parent))
    except KeyboardInterrupt:
        print("the local exchange has closed", file=sys.stderr)


async def _serve(
    settings: SimSettings, source: Source, clock: SystemClock, ready: Callable[[Address], None], *, with_parent: bool
) -> None:
    async with asyncio.TaskGroup() as group:
        server = group.create_task(serve(settings, source, clock, ready), name="serve")
        if with_parent:
            await _end_of_input()
            server.cancel()


async def _end_of_input() -> None:
    """Return when standard input closes: the process that started this one has gone."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"--speed {text!r} is not understood; write a factor like 1 or 60, or max") from None


def _settings(
    venue: str,
    symbols: int,
    rate: float,
    speed: float | None,
    seed: int,
    port: int,
    kept: float,
    faults: list[str] | None,
) -> SimSettings:
    return SimSettings(
        venue=venue,
        symbols=symbols,
        rate=rate,
        speed=speed,
        seed=seed,
        port=port,
        trades_kept_s=kept,
        faults=_faults(faults or []),
    )


def _faults(pairs: list[str]) -> Faults:
    """The faults of NAME=VALUE pairs; SettingsError names what is wrong."""
    given: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(f"--fault {pair!r} is not understood; write NAME=VALUE, like duplicate=0.05")
        is_list = name in LISTS
        given[name] = tuple(value.split(",")) if is_list else {"true": True, "false": False}.get(value, value)
    try:
        return msgspec.convert(given, Faults, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"--fault: {error}; `tidemark sim --help` lists the faults") from None
