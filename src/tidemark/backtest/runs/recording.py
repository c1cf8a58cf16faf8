"""A recording as the source of a run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tidemark.backtest.bars import Bars
from tidemark.backtest.data.cache import Columns
from tidemark.backtest.data.stream import joined
from tidemark.backtest.rules.recording import TIMEFRAME, Minutes, Recorded, engine_of
from tidemark.backtest.runs.request import DataUsed, Request
from tidemark.engine.outputs import Output
from tidemark.engine.step import Engine
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.model.instrument import Instrument
from tidemark.settings.settings import Settings
from tidemark.store.capture import SUFFIX


class Recording:
    """A source of candles, see source.Source: the minutes that an engine makes of a recording."""

    def __init__(self, recorded: Recorded, used: DataUsed) -> None:
        self.recorded = recorded
        self.used = used

    @classmethod
    def open(cls, request: Request) -> "Recording":
        """What *request* is to be run over; CaptureError and SettingsError where that cannot be."""
        if request.begin is not None or request.end is not None or request.timeframe not in {None, TIMEFRAME.value}:
            raise SettingsError(
                "a recording is read from its beginning to its end, in minutes; leave out --from, --to and --timeframe"
            )
        recorded = Recorded(Path(request.data))
        missing = sorted(set(request.markets) - set(recorded.markets))
        if missing:
            raise SettingsError(f"{request.data} has no {missing[0]}; it has {', '.join(recorded.markets[:10])}")
        markets = request.markets or recorded.markets
        begin, end = recorded.span
        used = DataUsed(
            path=str(Path(request.data).resolve()), digest=recorded.digest(), markets=markets,
            timeframe=TIMEFRAME.value, candles=len(markets) * ((end - begin) // TIMEFRAME.ns + 1), begin=begin, end=end,
        )  # fmt: skip
        return cls(recorded, used)

    def instruments(self) -> Sequence[Instrument]:
        """Its markets, with their ticks and lots as far as it tells them."""
        told = {one.symbol: one for one in self.recorded.held.instruments}
        return [told[name] for name in self.used.markets]

    def bars(self, chunk: int) -> Iterator[Bars]:
        """The minutes that close, as an engine of the default settings makes them."""
        settings, ledger = Settings(), Ledger()
        size = engine_of(settings, self.recorded.venue, len(self.recorded.markets))
        # Candles are all that is wanted of it.
        engine = Engine(msgspec.structs.replace(size, weights=None, signals=None, structure=None), ledger)
        minutes = Minutes(engine, self.used.markets)
        waiting: list[Bars] = []  # bounded: *chunk* candles, and those of a batch

        def deliver(outputs: list[Output]) -> None:
            found = (minutes.of(output) for output in outputs)
            waiting.extend(bars for bars in found if bars is not None and len(bars))

        for _ in self.recorded.play(engine, settings, deliver, ledger=ledger):
            while sum(map(len, waiting)) >= chunk:
                bars = joined(waiting)
                waiting[:] = [bars.part(chunk, len(bars))]
                yield bars.part(0, chunk)
        if waiting and sum(map(len, waiting)):
            yield joined(waiting)

    def columns(self) -> Columns | None:
        """None: minutes of a recording come in order alone."""
        return None


def is_recording(path: Path) -> bool:
    """Whether *path* is a recording, and no candles, as far as its name tells."""
    if path.is_dir():
        return any(path.glob(f"*{SUFFIX}"))
    return path.is_file() and path.suffix in {".zst", ".gz"}
