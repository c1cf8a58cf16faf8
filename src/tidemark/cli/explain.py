"""`tidemark explain`: why a market has its score."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tidemark.analysis.explain import Explanation, explain
from tidemark.cli.recorded import Recorded
from tidemark.cli.scores import as_breakdown
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, SocketOption, print_json, settings
from tidemark.engine.outputs import Output
from tidemark.errors import SettingsError, UnscoredError
from tidemark.live.caller import Caller, socket_path
from tidemark.settings.settings import Settings
from tidemark.units import SECOND, parse_seconds

_SHOWN = 10


def command(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="A market, like BTCUSDT.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    socket: SocketOption = None,
    capture: Annotated[
        Path | None, typer.Option("--capture", metavar="FILE", help="Ask a recording, not the running process.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="Then, not at its end: 2026-11-01T12:30:00 (UTC), or 10m."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Print the score of a market and every point of it: which figure, compared with what, how old, where it turns.

    Examples:
      tidemark explain BTCUSDT

      tidemark explain ETHUSDT --venue binance --json

      tidemark explain BTCUSDT --capture recordings/today --at 10m
    """
    chosen = settings(config, set_, {"venue.name": venue}).settings
    if at is not None and capture is None:
        raise SettingsError("--at is only for a recording; name one with --capture, or leave it out for now")
    if capture is not None:
        told = _recorded(capture, at, symbol, chosen)
    else:
        with Caller(socket if socket is not None else socket_path(chosen)) as process:
            told = process.explain(symbol)
    if json:
        print_json(told)
    else:
        Console().print(as_breakdown(told))


def _recorded(file: Path, at: str | None, symbol: str, chosen: Settings) -> Explanation:
    if not chosen.analysis.enabled:
        raise SettingsError("analysis.enabled is false: nothing is scored; set it to true")
    console = Console(stderr=True)
    recorded = Recorded(file, chosen, console, _nothing)
    held = sorted(one.symbol for one in recorded.held.instruments)
    if symbol not in held:
        some = ", ".join(held[:_SHOWN]) + (f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else "")
        raise UnscoredError(f"{file} holds nothing of {symbol}; it has {some}")
    recorded.play(console, until=None if at is None else _moment(at, recorded.held.first_recv))
    engine = recorded.engine
    slot = engine.universe.slots.get(symbol)
    if slot is None:
        raise UnscoredError(f"{file} holds {symbol}, but it is not listed at that time; leave --at out for its end")
    told = explain(engine.analysis, slot, symbol) if engine.analysis is not None else None
    if told is None:
        raise UnscoredError(f"{file} ends before the first score: no second has passed by then")
    return told


def _nothing(outputs: list[Output]) -> None:
    """What comes out is read from the engine."""


def _moment(text: str, first_recv: int) -> int:
    """A time (ns) from ISO 8601, UTC where it does not say, or from a duration after the start."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return first_recv + int(parse_seconds(text) * SECOND)
        except SettingsError as error:
            raise SettingsError(
                f"--at {text!r} is not understood; write a time like 2026-11-01T12:30:00, or a duration like 10m"
            ) from error
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * SECOND)
