"""The candles of a run, out of files."""

from collections.abc import Iterator, Sequence

import numpy as np

from tidemark.backtest.bars import Bars
from tidemark.backtest.data.cache import Cache, Columns
from tidemark.backtest.data.dataset import Dataset, digest, find
from tidemark.backtest.data.instruments import digest as digest_of_instruments
from tidemark.backtest.data.instruments import instruments_of, known
from tidemark.backtest.data.merge import streamed
from tidemark.backtest.data.places import place_of, whole
from tidemark.backtest.runs.request import DataUsed, Request
from tidemark.errors import DataError, SettingsError
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe


class Candles:
    """A source of candles; see execution.Source."""

    def __init__(
        self, dataset: Dataset, used: DataUsed, instruments: Sequence[Instrument], begin: int | None, end: int | None,
        cache: Cache | None,
    ) -> None:  # fmt: skip
        self._dataset, self._begin, self._end, self._cache = dataset, begin, end, cache
        self._instruments = instruments
        self.used = used

    @classmethod
    def open(cls, request: Request, cache: Cache | None = None) -> "Candles":
        """What *request* is to be run over; DataError where there are no such candles.

        cache: where their columns are kept when somebody wants to read them out of order.
        """
        dataset = find(place_of(request.data), timeframe=_timeframe(request.timeframe), markets=request.markets)
        step = dataset.timeframe.ns
        first, last = dataset.first, dataset.last
        if request.begin is not None:
            first = max(first, -(-request.begin // step) * step)
        if request.end is not None:
            last = min(last, (request.end - 1) // step * step)
        if first > last:
            raise DataError(
                f"{request.data} has no candles between the two dates; it has {_day(dataset.first)} to"
                f" {_day(dataset.last)}"
            )
        instruments = instruments_of(dataset.markets, known(dataset.root))
        used = DataUsed(
            path=whole(request.data), digest=digest(dataset), markets=dataset.markets,
            timeframe=dataset.timeframe.value, candles=_about(dataset, first, last), begin=first, end=last,
            instruments=digest_of_instruments(instruments),
        )  # fmt: skip
        return cls(dataset, used, instruments, request.begin, request.end, cache)

    def instruments(self) -> Sequence[Instrument]:
        """Its markets, as the file beside the candles says of them."""
        return self._instruments

    def bars(self, chunk: int) -> Iterator[Bars]:
        """All candles in time order."""
        return streamed(self._dataset, self._begin, self._end, chunk)

    def columns(self) -> Columns | None:
        """See execution.Source."""
        return None if self._cache is None else self._cache.columns(self._dataset, self.used.digest)


def _about(dataset: Dataset, first: int, last: int) -> int:
    """How many candles lie between two open times, by what files say of themselves: exact where all of them do."""
    count = 0.0
    for part in dataset.parts:
        span = part.last - part.first + dataset.timeframe.ns
        within = min(part.last, last) - max(part.first, first) + dataset.timeframe.ns
        count += part.rows * min(max(within / span, 0.0), 1.0)
    return round(count)


def _timeframe(text: str | None) -> Timeframe | None:
    try:
        return None if text is None else Timeframe(text)
    except ValueError:
        raise SettingsError(
            f"--timeframe {text!r} is none; there are {', '.join(one.value for one in Timeframe)}"
        ) from None


def _day(at_ns: int) -> str:
    return str(np.datetime64(at_ns, "ns"))[:10]
