"""`tidemark run`: the service, and its demonstration."""

import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, server_of, settings
from tidemark.errors import SettingsError
from tidemark.live.demo import local_exchange
from tidemark.live.logs import configure
from tidemark.live.loop import run_loop
from tidemark.live.place import folder_name
from tidemark.live.summary import Summary
from tidemark.live.supervisor import Options, run
from tidemark.live.view import View
from tidemark.settings.settings import Settings
from tidemark.sources import Loaded
from tidemark.store.capture import find
from tidemark.units import parse_seconds


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    budget: Annotated[str | None, typer.Option(metavar="SIZE", help="Memory of the process, like 256MB.")] = None,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="End after so long, like 20s.", show_default=False)
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Watch a local exchange instead of the real one.")] = False,
    capture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="With --demo: the local exchange replays this recording.", show_default=False
        ),
    ] = None,
    symbols: Annotated[int, typer.Option(min=1, max=5000, help="With --demo: markets of the local exchange.")] = 560,
    rate: Annotated[float, typer.Option(min=0.001, help="With --demo: messages a second over all markets.")] = 2000.0,
    speed: Annotated[str, typer.Option(metavar="FACTOR", help="With --demo: how fast its time runs, or max.")] = "1",
    no_tui: Annotated[bool, typer.Option("--no-tui", help="Log lines instead of the terminal view.")] = False,
    json: JsonOption = False,
) -> None:
    """Watch every market of the exchange: trades, books, derivatives, candles, and the memory that they take.

    Nothing is needed but the network: public data asks for no API key. Ctrl-C or q ends it.

    Examples:
      tidemark run

      tidemark run --venue binance --budget 256MB --no-tui

      tidemark run --demo --for 20s --json

      tidemark run --demo --capture recording.gz
    """
    flags = {"venue.name": venue, "memory.budget": budget}
    if not demo and capture is not None:
        raise SettingsError("--capture is for --demo; `tidemark replay FILE` reads a recording without an exchange")
    duration_s = parse_seconds(for_) if for_ is not None else None
    has_view = not no_tui and not json and sys.stdout.isatty() and sys.stdin.isatty()
    if demo:
        arguments, flags = _demo_arguments(flags, capture, symbols, rate, speed)
        with tempfile.TemporaryDirectory(prefix="tidemark-demo-") as folder:
            flags["store.folder"] = folder
            summary = run_loop(
                _demo(arguments, lambda urls: settings(config, set_, flags | urls), duration_s, has_view)
            )
    else:
        loaded = settings(config, set_, flags)
        summary = run_loop(run(loaded.settings, _options(loaded, duration_s, has_view, "Tidemark")))
    if json:
        print_json(summary)
    else:
        print(summary)


def _options(
    loaded: Loaded[Settings], duration_s: float | None, has_view: bool, title: str, *, any_port: bool = False
) -> Options:
    """What a run needs to know, with the log sent where the screen leaves room for it."""
    chosen = loaded.settings
    configure(chosen.log, chosen.store.path / folder_name(chosen) / "tidemark.log" if has_view else None)
    server = server_of(loaded, any_port=any_port)

    def heading() -> str:
        where = f", {server.address}" if server is not None and server.address is not None else ""
        return f"{title}: {chosen.venue.name}{where}"

    return Options(
        duration_s=duration_s,
        make_view=(lambda stop: View(Console(), heading(), stop)) if has_view else None,
        tell=(lambda words: print(f"tidemark: {words}", file=sys.stderr)) if has_view else None,
        beside=server,
    )


async def _demo(
    arguments: list[str],
    choose: Callable[[dict[str, str | None]], Loaded[Settings]],
    duration_s: float | None,
    has_view: bool,
) -> Summary:
    async with AsyncExitStack() as stack:
        with Console(stderr=True).status("starting the local exchange ..."):
            endpoints = await stack.enter_async_context(local_exchange(arguments))
        loaded = choose({"venue.rest_url": endpoints.rest, "venue.stream_url": endpoints.stream})
        # A demonstration may run beside the real thing, which has the port.
        options = _options(loaded, duration_s, has_view, "Tidemark, on a local exchange", any_port=True)
        return await run(loaded.settings, options)


def _demo_arguments(
    flags: Mapping[str, str | None], capture: Path | None, symbols: int, rate: float, speed: str
) -> tuple[list[str], dict[str, str | None]]:
    """The arguments of the local exchange, and the flags that point the adapter at what it offers."""
    flags = dict(flags)
    if capture is None:
        venue = flags["venue.name"] or "bybit"
        return ["--venue", venue, "--symbols", str(symbols), "--rate", str(rate), "--speed", speed], flags
    recording = find(capture)
    flags["venue.name"] = recording.venue
    if recording.venue == "binance":
        flags["venue.trade_stream"] = recording.stream
    return ["--capture", str(capture), "--speed", speed], flags
