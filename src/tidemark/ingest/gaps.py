"""The open gaps of one connection: which topics are broken off, since when and why, told as StreamGap."""

from collections.abc import Iterable, Sequence

import msgspec

from tidemark.clock import Clock
from tidemark.ingest.listener import Sink
from tidemark.ingest.venues.base import Channel, Topic
from tidemark.model.events import StreamGap


class Doubt(msgspec.Struct, frozen=True):
    """A topic whose feed is not believed any more, and when its last message came (ns, our clock)."""

    topic: Topic
    since: int


class Gaps:
    """Opens and closes gaps, one event for each channel, beginning and cause.

    A topic starts in a gap without a beginning.
    """

    def __init__(self, venue: str, topics: Iterable[Topic], sink: Sink, clock: Clock) -> None:
        self._venue = venue
        self._sink = sink
        self._clock = clock
        # What closes the gap: when it began, and why.
        self._open: dict[Topic, tuple[int | None, str]] = dict.fromkeys(topics, (None, "start"))

    def __contains__(self, topic: Topic) -> bool:
        return topic in self._open

    def __len__(self) -> int:
        return len(self._open)

    def start(self, topics: Iterable[Topic]) -> None:
        """These are added: nothing is known of them before their first acknowledgement."""
        self._open.update(dict.fromkeys(topics, (None, "start")))

    def forget(self, topics: Iterable[Topic]) -> None:
        """These are not carried any more."""
        for topic in topics:
            self._open.pop(topic, None)

    def open(self, doubts: Sequence[Doubt], cause: str) -> list[Topic]:
        """Open the gaps of those that are in none; give them."""
        opened: list[Topic] = []
        groups: dict[tuple[Channel, int], list[str]] = {}
        for doubt in doubts:
            if doubt.topic not in self._open:
                self._open[doubt.topic] = (doubt.since, cause)
                opened.append(doubt.topic)
                groups.setdefault((doubt.topic.channel, doubt.since), []).append(doubt.topic.symbol)
        for (channel, since), symbols in groups.items():
            self._emit(channel, symbols, since, None, cause)
        return opened

    def close(self) -> None:
        """Close them all: the exchange has acknowledged."""
        now = self._clock.now_ns()
        groups: dict[tuple[Channel, int | None, str], list[str]] = {}
        for topic, (gap_from, cause) in self._open.items():
            groups.setdefault((topic.channel, gap_from, cause), []).append(topic.symbol)
        self._open.clear()
        for (channel, gap_from, cause), symbols in groups.items():
            self._emit(channel, symbols, gap_from, now, cause)

    def shift(self, step_ns: int) -> None:
        """Our clock was set: each moment of before reads *step_ns* more."""
        for topic, (gap_from, cause) in self._open.items():
            if gap_from is not None:
                self._open[topic] = (gap_from + step_ns, cause)

    def hand_over(self, successor: "Gaps") -> None:
        """Leave the open ones to *successor*, which carries the topics from now on."""
        successor._open.update(self._open)  # noqa: SLF001 - of its own kind
        self._open.clear()

    def _emit(self, channel: Channel, symbols: list[str], gap_from: int | None, gap_to: int | None, cause: str) -> None:
        now = self._clock.now_ns() if gap_to is None else gap_to
        self._sink.on_gap(
            StreamGap(
                ts_event=now,
                ts_recv=now,
                venue=self._venue,
                channel=channel.value,
                symbols=tuple(symbol for symbol in symbols if symbol),
                gap_from=gap_from,
                gap_to=gap_to,
                cause=cause,
            )
        )
