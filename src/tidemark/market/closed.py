"""What the market announces of its candles: those that closed together, and those that changed afterwards."""

import msgspec

from tidemark.market.level import Array
from tidemark.model.timeframe import Timeframe


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """The candles of one timeframe that closed together, one a series, ordered by slot; absent ones are left out.

    Entry i of every array is the candle of `slots[i]` at `open_times[i]` (ns). `rows` has the columns of ROW: prices in
    ticks of `tick_sizes[i]`, `marks` = origin | revised << 3 | trades << 4. The arrays are copies.
    """

    timeframe: Timeframe
    slots: Array
    open_times: Array
    tick_sizes: Array
    rows: dict[str, Array]


class Revised(Closed, frozen=True, kw_only=True):
    """Closed candles of one timeframe that changed or came afterwards.

    A late print, a gap that was noticed late, the exchange's own candle, a repair. The same candle may stand here
    twice, with the same figures; an absent one is among them when a gap made it so. All entries may be of one slot.
    """


class Mismatched(msgspec.Struct, frozen=True, kw_only=True):
    """Closed candles of one series that differed from the exchange's own, which took their place.

    Entry i of every array is the candle at `open_times[i]` (ns). `ours` is what it was, `theirs` what it is now, in the
    columns of ROW. `fields[i]` has a bit for each figure that differed: open 1, high 2, low 4, close 8, volume 16,
    turnover 32.
    """

    timeframe: Timeframe
    slot: int
    open_times: Array
    tick_size: float
    fields: Array
    ours: dict[str, Array]
    theirs: dict[str, Array]


class CandleCounters(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What happened to trades on their way into candles, since the start.

    applied: taken; late: of these, after their candle had closed; from_future: refused, their time is beyond belief;
    off_tick: taken, but their price is not on the tick that the exchange stated; too_large: refused, more ticks than a
    row can hold; too_late: older than a ring, per timeframe; settled: late, and in the exchange's candle or the repair
    already; revised: closed candles that late trades or a gap changed (what REST mended, `ConfirmCounters` has).
    """

    applied: int
    late: int
    from_future: int
    off_tick: int
    too_large: int
    too_late: int
    settled: int
    revised: int
