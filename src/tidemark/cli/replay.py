"""`tidemark replay`: a recording through the same parsers and the same engine."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.recorded import Recorded
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.clock import SystemClock
from tidemark.engine.outputs import Output
from tidemark.errors import SettingsError
from tidemark.market.closed import Closed
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.units import SECOND, format_seconds

_SHOWN = 20


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """How a replay went. `digest` is over every candle that closed or changed, in order: equal runs, equal digests."""

    venue: str
    records: int
    recorded_s: float
    elapsed_s: float
    markets: int
    messages: int
    trades: int
    duplicates: int
    candles: int
    revised: int
    late: int
    gaps: int
    decode_errors: int
    digest: str


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording: a file, or a folder of segments.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    speed: Annotated[
        str | None, typer.Option(metavar="FACTOR", help="Pace: 1 as it was recorded; not given: as fast as it goes.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read a recording through the same parsers and the same engine as the service.

    It reads what `tidemark capture` wrote, lines of '<receive time in ns> <json>' (gzip) and of '<receive time in s>:
    <json>' (zstd), of Bybit or Binance.

    Examples:
      tidemark replay recordings/today

      tidemark replay recording.gz --json

      tidemark replay recording.gz --speed 10
    """
    chosen = settings(config, set_, {}).settings
    pace = _pace(speed)
    console = Console(stderr=True)
    run = _Run(file, chosen, console)
    run.go(pace, console)
    if json:
        print_json(run.result())
    else:
        run.show()


def _pace(text: str | None) -> float | None:
    if text is None or text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0.0 < factor < 1e6:
        raise SettingsError(f"--speed {text!r} is not understood; write a factor like 1 or 60, or max")
    return factor


class _Run:
    """One replay, and a digest of what comes out of it."""

    def __init__(self, file: Path, chosen: Settings, console: Console) -> None:
        self._recorded = Recorded(file, chosen, console, self._deliver)
        self.engine, self.intake = self._recorded.engine, self._recorded.intake
        self._digest = hashlib.blake2b(digest_size=16)
        self._elapsed_s = 0.0

    def go(self, pace: float | None, console: Console) -> None:
        """Read it all."""
        clock = SystemClock()
        started_ns = clock.monotonic_ns()
        self._recorded.play(console, before=None if pace is None else self._waiter(pace, clock))
        self._elapsed_s = (clock.monotonic_ns() - started_ns) / SECOND

    def _waiter(self, pace: float, clock: SystemClock) -> Callable[[int], None]:
        started_ns, first_recv = clock.monotonic_ns(), self._recorded.held.first_recv

        def wait(ts_recv: int) -> None:
            ahead_s = (started_ns + (ts_recv - first_recv) / pace - clock.monotonic_ns()) / SECOND
            if ahead_s > 0.001:
                # What is there already is seen before the pause, as it was when it was recorded.
                self.intake.flush()
                time.sleep(ahead_s)

        return wait

    def _deliver(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Closed):
                self._digest.update(type(output).__name__.encode() + output.timeframe.value.encode())
                for column in (output.slots, output.open_times, output.tick_sizes, *output.rows.values()):
                    self._digest.update(column.tobytes())

    def result(self) -> Replayed:
        """How it went."""
        counters, candles, held = self.engine.counters, self.engine.candles.counters, self._recorded.held
        return Replayed(
            venue=self._recorded.venue.name,
            records=held.records,
            recorded_s=round((held.last_recv - held.first_recv) / SECOND, 3),
            elapsed_s=round(self._elapsed_s, 3),
            markets=len(self.engine.universe.slots),
            messages=self.intake.frames,
            trades=counters.trades,
            duplicates=counters.duplicates,
            candles=counters.candles,
            revised=candles.revised,
            late=candles.late,
            gaps=counters.gaps,
            decode_errors=self.intake.rejected,
            digest=self._digest.hexdigest(),
        )

    def show(self) -> None:
        """The newest candles, and how it went in a line."""
        result = self.result()
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("symbol", "trades", "last", "1m candles", "1m high", "1m low", "1m volume"):
            table.add_column(name, justify="left" if name == "symbol" else "right", no_wrap=True)
        busiest = sorted(self.engine.universe.occupied(), key=lambda entry: -int(self.engine.tape.trades()[entry[0]]))
        for slot, instrument in busiest[:_SHOWN]:
            last = self.engine.tape.last(slot)
            candles = self.engine.candles.closed(slot, Timeframe.M1, 1440)
            decimals = instrument.price_decimals
            newest = candles[-1] if candles else None
            table.add_row(
                instrument.symbol,
                f"{last.trades:,}" if last is not None else "0",
                f"{last.price:,.{decimals}f}" if last is not None else "-",
                str(len(candles)),
                *([f"{price:,.{decimals}f}" for price in (newest.high, newest.low)] if newest is not None else "--"),
                f"{newest.volume:,.4g}" if newest is not None else "-",
            )
        Console().print(table)
        print(
            f"{result.venue}: {result.records:,} records over {format_seconds(result.recorded_s)} in"
            f" {result.elapsed_s:.2f} s: {result.trades:,} trades, {result.duplicates:,} duplicates,"
            f" {result.candles:,} candles, {result.gaps:,} gaps, {result.decode_errors:,} decode errors"
        )
        print(f"digest {result.digest}")
