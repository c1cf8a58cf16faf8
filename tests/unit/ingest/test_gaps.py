from tidemark.clock import EventClock
from tidemark.ingest.gaps import Doubt, Gaps
from tidemark.ingest.venues.base import Channel, Topic
from tidemark.model.events import StreamGap

A, B = (Topic(f"publicTrade.{name}", Channel.TRADES, name) for name in "AB")
ALL = Topic("!ticker@arr", Channel.TICKERS, "")


class Sink:
    def __init__(self) -> None:
        self.gaps: list[StreamGap] = []

    def on_frame(self, connection_id: str, payload: memoryview, ts_recv: int) -> None:
        raise AssertionError((connection_id, bytes(payload), ts_recv))

    def on_gap(self, gap: StreamGap) -> None:
        self.gaps.append(gap)

    def told(self) -> list[tuple[str, tuple[str, ...], int | None, int | None, str]]:
        return [(gap.channel, gap.symbols, gap.gap_from, gap.gap_to, gap.cause) for gap in self.gaps]


def made(*topics: Topic) -> tuple[Gaps, Sink, EventClock]:
    sink, clock = Sink(), EventClock(100)
    return Gaps("bybit", topics, sink, clock), sink, clock


def test_topics_start_in_a_gap_without_a_beginning() -> None:
    gaps, sink, _ = made(A, B, ALL)

    assert (len(gaps), A in gaps) == (3, True)
    gaps.close()

    assert sink.told() == [("trades", ("A", "B"), None, 100, "start"), ("tickers", (), None, 100, "start")]
    assert len(gaps) == 0


def test_a_gap_opens_once_for_each_beginning_and_closes_with_it() -> None:
    gaps, sink, clock = made()

    opened = gaps.open([Doubt(A, 40), Doubt(B, 50)], "silent")
    again = gaps.open([Doubt(A, 90)], "lost")
    clock.set(120)
    gaps.close()

    assert (opened, again) == ([A, B], [])
    assert sink.told() == [
        ("trades", ("A",), 40, None, "silent"),
        ("trades", ("B",), 50, None, "silent"),
        ("trades", ("A",), 40, 120, "silent"),
        ("trades", ("B",), 50, 120, "silent"),
    ]
    assert [gap.ts_recv for gap in sink.gaps] == [100, 100, 120, 120]


def test_a_clock_that_is_set_moves_the_beginnings() -> None:
    gaps, sink, _ = made(B)
    gaps.open([Doubt(A, 40)], "silent")

    gaps.shift(1000)
    gaps.close()

    assert [gap[2] for gap in sink.told()] == [40, None, 1040]


def test_what_is_forgotten_closes_no_more_and_what_is_added_does() -> None:
    gaps, sink, _ = made(A)

    gaps.forget([A, B])
    gaps.start([ALL])
    gaps.close()

    assert sink.told() == [("tickers", (), None, 100, "start")]


def test_a_successor_closes_what_was_open() -> None:
    gaps, sink, _ = made()
    gaps.open([Doubt(A, 40)], "silent")
    other = Gaps("bybit", (), sink, EventClock(200))

    gaps.hand_over(other)
    gaps.close()
    other.close()

    assert sink.told()[1:] == [("trades", ("A",), 40, 200, "silent")]
