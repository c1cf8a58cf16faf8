import numpy as np
import pytest
from tests.build import MIDNIGHT, T, columns

from tidemark.ingest.venues.base import Channel
from tidemark.kernels.book_columns import BookColumns
from tidemark.market.freshness import CHANNELS, Fresh, Freshness, Limits, Stale, State
from tidemark.memory.ledger import Ledger
from tidemark.model.events import TickerUpdate
from tidemark.units import SECOND

ALL = np.arange(2, dtype=np.int32)


def at(seconds: float) -> int:
    return MIDNIGHT + round(seconds * SECOND)


def made(*, channels: tuple[str, ...] = ("trades", "tickers")) -> Freshness:
    """Two of three slots listed at midnight, with these channels confirmed a second later."""
    freshness = Freshness(series=3, limits=Limits(), ledger=Ledger())
    for slot in ALL.tolist():
        freshness.join(slot, MIDNIGHT)
    for channel in channels:
        freshness.mark_gap(channel, ALL, at(1), is_open=False, is_whole=False)
    return freshness


def ticker(seconds: float, **fields: object) -> TickerUpdate:
    return TickerUpdate(ts_event=at(seconds), ts_recv=at(seconds), symbol="X", **fields)  # type: ignore[arg-type]


def talk(freshness: Freshness, slot: int, until: int, *, moves: bool = False) -> None:
    """A ticker a second, from 1 to *until*."""
    for n in range(1, until + 1):
        freshness.hear_ticker(slot, ticker(n, last=100.0 + n * moves, bid=99.0))


def test_the_channels_are_those_of_the_feed() -> None:
    assert tuple(channel.value for channel in Channel) == CHANNELS


def test_what_is_not_confirmed_is_waiting_and_what_is_broken_off_is_a_gap() -> None:
    freshness = made()
    freshness.mark_gap("tickers", ALL, at(5), is_open=True, is_whole=False)
    freshness.advance(at(6))

    states = [freshness.reading(0, channel).state for channel in CHANNELS]

    assert states == [State.LIVE, State.GAP, *4 * [State.WAITING]]
    assert freshness.reading(2, "trades").state is State.WAITING


def test_a_reading_tells_age_and_lag_with_the_skew_taken_out() -> None:
    freshness = made()
    freshness.hear_trades(columns([T(2.0, 100.0, recv=3.5)]))
    freshness.advance(at(8))

    reading = freshness.reading(0, "trades", skew_ns=-SECOND)

    # Received at 3.5 s of our clock, 2.5 s of the exchange's, half a second after it happened.
    assert (reading.age_s, reading.lag_s, reading.bound_s, reading.is_stale) == (4.5, 0.5, 60.0, False)
    assert freshness.reading(0, "trades").lag_s is None
    assert freshness.reading(1, "trades", 0).age_s is None


def test_a_silent_ticker_is_told_once_and_again_when_it_speaks() -> None:
    freshness = made()
    talk(freshness, 0, 20)

    assert freshness.advance(at(30)) == []
    assert freshness.advance(at(31)) == [Stale(ts_recv=at(31), channel="tickers", slots=(0,))]
    assert (freshness.stale("tickers"), freshness.reading(0, "tickers").is_stale) == ([0], True)
    assert freshness.advance(at(32)) == []
    freshness.hear_ticker(0, ticker(33, last=1.0))
    assert freshness.advance(at(33)) == [Fresh(ts_recv=at(33), channel="tickers", slots=(0,))]
    assert freshness.reading(0, "tickers").state is State.LIVE


@pytest.mark.parametrize(("field", "values"), [("last", (100.0, 101.0)), ("volume_24h", (5.0, 6.0))])
def test_trades_are_missed_when_price_or_volume_moves_without_one(field: str, values: tuple[float, float]) -> None:
    freshness = made()
    freshness.hear_trades(columns([T(n, 100.0) for n in range(1, 12)]))
    outputs = []
    for n in range(12, 40):
        freshness.hear_ticker(0, ticker(n, bid=1.0, **{field: values[n >= 30]}))
        outputs += freshness.advance(at(n))

    # It moves between 29 and 30 s, and is not believed to be ahead of the trade for longer than two seconds.
    assert outputs == [Stale(ts_recv=at(32), channel="trades", slots=(0,))]


def test_a_ticker_that_comes_seldom_may_tell_of_a_trade_that_was_heard_long_before() -> None:
    freshness = made()
    freshness.hear_trades(columns([T(n, 100.0 + (n == 11)) for n in range(1, 12)]))
    for second in (2, 10, 30, 50):
        freshness.hear_ticker(0, ticker(second, last=101.0 if second == 30 else 102.0 if second == 50 else 100.0))
        if second == 30:
            # The trade of second 11 came after the ticker of second 10: it may be the one that is told of.
            assert [freshness.advance(at(n)) for n in range(30, 50)] == 20 * [[]]

    # What changed between 30 and 50 s was not heard.
    assert [output for n in range(50, 54) for output in freshness.advance(at(n))] == [
        Stale(ts_recv=at(52), channel="trades", slots=(0,))
    ]


def test_a_volume_that_falls_tells_of_no_trade() -> None:
    freshness = made()
    freshness.hear_trades(columns([T(n, 100.0) for n in range(1, 12)]))

    for n in range(12, 100):
        freshness.hear_ticker(0, ticker(n, last=100.0, volume_24h=1000.0 - n))
        freshness.hear_ticker(1, ticker(n, last=100.0))
        assert freshness.advance(at(n)) == []


def test_a_tick_judges_books_by_their_messages() -> None:
    freshness = made(channels=("books",))
    books = BookColumns(16, 16)
    for n in range(2, 14):
        assert books.append(0, n == 2, at(n), at(n), n, n, n - 1, ((99.0, 1.0),), ())
    freshness.hear_books(books)

    assert freshness.advance(at(23)) == []
    assert freshness.advance(at(24)) == [Stale(ts_recv=at(24), channel="books", slots=(0,))]


def test_marks_are_a_channel_of_their_own_only_where_they_are_subscribed() -> None:
    apart, within = made(channels=("tickers", "marks")), made()
    for freshness in (apart, within):
        freshness.hear_ticker(0, ticker(3, mark=100.0, index=100.0))

    assert [apart.received(name)[0] for name in ("tickers", "marks")] == [0, at(3)]
    assert [within.received(name)[0] for name in ("tickers", "marks")] == [at(3), 0]


def test_rest_stands_in_for_a_gap_and_not_for_a_stream() -> None:
    freshness = made()
    freshness.mark_gap("tickers", ALL, at(10), is_open=True, is_whole=True)
    freshness.mark_gap("trades", ALL, at(10), is_open=True, is_whole=False)
    freshness.hear_ticker(0, ticker(16, last=1.0, is_polled=True))
    freshness.hear_poll(1, at(17))
    freshness.advance(at(20))

    polled = freshness.reading(0, "tickers")

    assert (polled.state, polled.is_polled, polled.age_s, polled.lag_s) == (State.POLLED, True, 4.0, None)
    assert [freshness.reading(slot, "trades").state for slot in (0, 1)] == [State.GAP, State.POLLED]
    freshness.mark_gap("tickers", ALL, at(21), is_open=False, is_whole=True)
    assert freshness.reading(0, "tickers").state is State.LIVE
    assert freshness.received("tickers").tolist() == [0, 0, 0]


def test_a_gap_is_down_after_a_while_and_what_never_came_as_well() -> None:
    freshness = made(channels=("trades",))
    freshness.mark_gap("trades", ALL[:1], at(10), is_open=True, is_whole=False)

    freshness.advance(at(14))
    assert freshness.down("trades", 5 * SECOND) == []
    freshness.advance(at(15))
    assert freshness.down("trades", 5 * SECOND) == [0]
    assert freshness.down("tickers", 5 * SECOND) == [0, 1]
    assert freshness.alive("trades") == [1]


def test_a_gap_is_not_learned_as_a_pause() -> None:
    freshness = made()
    talk(freshness, 0, 20)
    freshness.mark_gap("tickers", ALL, at(20), is_open=True, is_whole=False)
    freshness.mark_gap("tickers", ALL, at(500), is_open=False, is_whole=False)
    for n in range(501, 520):
        freshness.hear_ticker(0, ticker(n, last=1.0))

    assert freshness.reading(0, "tickers").bound_s == 10.0
    assert freshness._columns["mean"][0, 1] == SECOND


def test_a_newcomer_takes_part_in_what_is_alive_for_the_whole_venue() -> None:
    freshness = made()
    freshness.mark_gap("tickers", ALL, at(1), is_open=False, is_whole=True)

    freshness.join(2, at(100))
    freshness.advance(at(160))
    early = freshness.stale("tickers")
    freshness.advance(at(161))

    assert early == [0, 1]
    assert freshness.stale("tickers") == [0, 1, 2]
    assert freshness.reading(2, "trades").state is State.WAITING


def test_a_leaver_is_forgotten() -> None:
    freshness = made()
    talk(freshness, 0, 20)

    freshness.leave(0)

    assert freshness.advance(at(100)) == [Stale(ts_recv=at(100), channel="tickers", slots=(1,))]
    assert (freshness.heard(0, "tickers"), freshness.heard(1, "tickers")) == (None, at(1))


@pytest.mark.parametrize("step_s", [3600, -3600, 1, -1, 315_360_000])
def test_a_clock_that_is_set_makes_nothing_stale_and_nothing_young(step_s: int) -> None:
    still, jumped = made(), made()
    for freshness in (still, jumped):
        talk(freshness, 0, 20)
        freshness.advance(at(20))

    jumped.shift(step_s * SECOND)

    assert jumped.advance(at(30 + step_s)) == still.advance(at(30)) == []
    assert jumped.reading(0, "tickers") == still.reading(0, "tickers")
    assert [len(freshness.advance(at(31) + s * SECOND)) for freshness, s in ((jumped, step_s), (still, 0))] == [1, 1]


def test_a_slow_pace_is_known_as_such() -> None:
    freshness = made()
    talk(freshness, 0, 20)
    for n in range(1, 20):
        freshness.hear_ticker(1, ticker(7 * n, last=1.0))

    assert (freshness.is_slow(0, "tickers"), freshness.is_slow(1, "tickers")) == (False, True)
    assert freshness.heard(1, "tickers") == at(133)


def test_silence_is_certain_only_when_it_cannot_be_chance() -> None:
    freshness = made(channels=("trades",))
    freshness.mark_gap("tickers", ALL, at(1), is_open=False, is_whole=True)
    freshness.join(2, at(1))
    talk(freshness, 0, 280)
    for n in range(1, 41):
        freshness.hear_ticker(1, ticker(7 * n, last=1.0))

    def certain(seconds: int) -> list[bool]:
        freshness.advance(at(280 + seconds))
        return [freshness.is_certain(slot, "tickers") for slot in (0, 1, 2)]

    # One a second: after twenty of them. One each 7 s is stale after 35 s, and certain after 140 s.
    assert certain(20) == [False, False, True]
    assert certain(21) == [True, False, True]
    assert certain(140) == [True, False, True]
    assert certain(141) == [True, True, True]


def test_a_pace_of_few_messages_makes_nothing_certain_before_the_time_to_start() -> None:
    freshness = made()
    talk(freshness, 0, 20)

    freshness.advance(at(31))
    assert (freshness.stale("tickers"), freshness.is_certain(0, "tickers")) == ([0], False)
    freshness.advance(at(81))
    assert freshness.is_certain(0, "tickers")


@pytest.mark.parametrize("seed", range(5))
def test_states_are_counted_as_each_reading_tells_them(seed: int) -> None:
    """Markets in every state, at random: all at once gives what one after the other does."""
    rng, markets = np.random.default_rng(seed), 64
    freshness = Freshness(series=markets, limits=Limits(), ledger=Ledger())
    columns = freshness._table.columns
    columns["listed"][:] = rng.integers(0, 4, markets) > 0
    for name in ("dead", "stale"):
        columns[name][:] = rng.integers(0, 2, columns[name].shape)
    for name in ("polled", "dead_since", "alive_since"):
        columns[name][:] = rng.integers(0, 3, columns[name].shape) * SECOND
    freshness.advance(0)
    listed = [slot for slot in range(markets) if columns["listed"][slot]]
    expected = [
        [sum(freshness.reading(slot, channel).state is state for slot in listed) for state in State]
        for channel in CHANNELS
    ]

    assert freshness.counts().tolist() == expected


def test_a_slot_takes_what_it_says() -> None:
    (reservation,) = Freshness.reserve(series=3)

    assert reservation.item_bytes == 6 * (9 * 8 + 2 + 8) + 1 + 8 + 16 == 517
