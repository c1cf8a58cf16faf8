"""`tidemark wyckoff`: structure of markets, and how well it is read."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidemark.analysis.wyckoff.profile import DEFAULT
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, SocketOption, print_json, settings
from tidemark.errors import SettingsError
from tidemark.model.timeframe import Timeframe

if TYPE_CHECKING:
    from tidemark.analysis.wyckoff.market import Structured

_ACTIONS = ("scan", "generate", "accuracy", "tune")


def command(
    target: Annotated[str, typer.Argument(metavar="MARKET", help="A market, or scan, generate, accuracy or tune.")],
    timeframe: Annotated[str, typer.Argument(metavar="TIMEFRAME", help="Of a market: 15m, 1h, ...")] = "1h",
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="EVENT", help="Of a market: one event by name or id, rule by rule."),
    ] = None,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Of a market: write a picture.")] = None,
    scanned: Annotated[
        str, typer.Option("--timeframe", metavar="TIMEFRAME", help="For scan: in these candles.")
    ] = "1h",
    phase: Annotated[
        str | None, typer.Option(metavar="PHASE", help="For scan: only markets in A, B, C, D or E.")
    ] = None,
    event: Annotated[
        str | None, typer.Option(metavar="NAME", help="For scan: only where this was the newest event.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=5000, help="For scan: so many markets.")] = 40,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="FOLDER",
            help="Of a market: candles in files instead of a running process. For accuracy: hourly candles, shuffled as"
            " a further negative.",
        ),
    ] = None,
    dataset: Annotated[
        str, typer.Option(metavar="NAME", help="tune, report, or for accuracy a file of labels beside its candles.")
    ] = "report",
    bars: Annotated[
        int | None, typer.Option(min=1000, max=100_000_000, help="How many bars are made.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="The same seed makes the same bars.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PATH", help="For generate: a folder; for tune: the profile to write."),
    ] = None,
    reader: Annotated[
        str, typer.Option(metavar="NAME", help="By which profile; for accuracy also textbook: plain rules.")
    ] = DEFAULT,
    quick: Annotated[bool, typer.Option("--quick", help="For accuracy: a tenth of the bars.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="For accuracy: write a page (.html) as well.")
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    socket: SocketOption = None,
    json: JsonOption = False,
) -> None:
    """Show the structure of a market or of all, and measure how well it is read.

    A market is asked of the running process, or read from files with --data: its range and phase, events, schematic,
    cause, and what to watch for. scan has all markets side by side. generate writes candles with planted schematics and
    their labels as Parquet, 200,000 bars unless told otherwise. accuracy tries a profile on 400,000 bars of planted
    markets, and on as many without any, and prints hits, false alarms and misses of each event, with 95 % intervals.
    tune measures the confidence of a profile anew; what was tuned on one set is measured on the other.

    Examples:
      tidemark wyckoff BTCUSDT 1h

      tidemark wyckoff BTCUSDT 4h --explain SPRING

      tidemark wyckoff AAPL 1d --data candles --reader equities --svg aapl.svg

      tidemark wyckoff scan --timeframe 1h --phase C

      tidemark wyckoff generate --out truth --bars 100000 --seed 7

      tidemark wyckoff accuracy --quick

      tidemark wyckoff accuracy --dataset report --data candles --report accuracy.html

      tidemark wyckoff accuracy --dataset truth/labels.parquet --json

      tidemark wyckoff tune --reader crypto --bars 200000 --out profile.json
    """
    match target:
        case "generate" | "accuracy" | "tune":
            from tidemark.cli import wyckoff_truth

            if target == "generate":
                if out is None:
                    raise SettingsError("wyckoff generate needs --out FOLDER, where candles and labels are written")
                wyckoff_truth.generate(out, dataset, bars, seed, json=json)
            elif target == "tune":
                if out is None:
                    raise SettingsError("wyckoff tune needs --out FILE, where the profile is written")
                wyckoff_truth.tuned(reader, bars, seed, out, json=json)
            else:
                wyckoff_truth.accuracy(dataset, bars, seed, reader, data, report, quick=quick, json=json)
        case "scan":
            where = socket if socket is not None else _socket(config, set_, venue)
            _scan(where, _timeframe("--timeframe", scanned), phase, event, top, json=json)
        case _:
            chosen = _timeframe("TIMEFRAME", timeframe)
            if target.islower():
                raise SettingsError(
                    f"wyckoff {target!r} is neither a market (they are written like BTCUSDT) nor one of"
                    f" {', '.join(_ACTIONS)}"
                )
            told = _structured(
                data, reader, lambda: socket if socket is not None else _socket(config, set_, venue), target, chosen
            )
            _market(told, explain, svg, json=json)


def _socket(config: Path | None, set_: list[str] | None, venue: str | None) -> Path:
    from tidemark.live.caller import socket_path

    return socket_path(settings(config, set_, {"venue.name": venue}).settings)


def _structured(
    data: Path | None, reader: str, socket: Callable[[], Path], symbol: str, timeframe: Timeframe
) -> "Structured":
    from tidemark.cli import structure_shown as shown
    from tidemark.live.caller import Caller

    if data is not None:
        return shown.from_files(data, symbol, timeframe, reader)
    with Caller(socket()) as process:
        return process.structure(symbol, timeframe, shown.SHOWN_CANDLES)


def _market(told: "Structured", explain: str | None, svg: Path | None, *, json: bool) -> None:
    from tidemark.cli import structure_shown as shown

    if svg is not None and svg.suffix != ".svg":
        raise SettingsError(f"--svg {svg}: a picture is written; name a file that ends in .svg")
    if svg is not None and told.candles is not None:
        from tidemark.cli import structure_svg

        if not told.candles.time_ms:
            raise SettingsError(f"--svg {svg}: {told.symbol} has no {told.timeframe.value} candles yet")
        structure_svg.write(told, told.candles, svg)
    if json:
        print_json(told)
    else:
        shown.show(shown.as_structure(told) if explain is None else shown.as_event(told, explain))


def _scan(path: Path, timeframe: Timeframe, phase: str | None, event: str | None, top: int, *, json: bool) -> None:
    from tidemark.cli import structure_shown as shown
    from tidemark.live.caller import Caller

    if phase is not None and phase.upper() not in {"A", "B", "C", "D", "E"}:
        raise SettingsError(f"--phase {phase!r} is none; there are A, B, C, D and E")
    with Caller(path) as process:
        told = process.scan(timeframe)
    rows = [
        row
        for row in told.rows
        if (phase is None or row.phase == phase.upper())
        and (event is None or (row.newest is not None and row.newest.name == event.upper()))
    ]
    if json:
        import msgspec

        print_json(msgspec.structs.replace(told, rows=rows))
    else:
        shown.show(shown.as_scan(told, rows, top))


def _timeframe(name: str, text: str) -> Timeframe:
    try:
        return Timeframe(text)
    except ValueError as error:
        there = ", ".join(one.value for one in Timeframe)
        raise SettingsError(f"{name} {text!r} is none; there are {there}") from error
