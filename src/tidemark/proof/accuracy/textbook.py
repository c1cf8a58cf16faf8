"""The plain rules of the books, bar by bar, without any context: what a reader of structure has to do better than.

A climax is twice the usual volume on a spread of one and a half at the extreme of 40 bars; a spring pierces the range
of the last 60 bars by at most a twentieth on light volume and closes back; a sign closes a hundredth beyond it.
"""

from collections import deque

import numpy as np

from tidemark.analysis.wyckoff.reading import Bars, Found, Read

USUAL, EXTREME, CHANNEL = 20, 40, 60
CLIMAX_VOLUME, CLIMAX_SPREAD = 2.0, 1.5
SPRING_DEPTH, SPRING_VOLUME = 0.05, 0.7
SIGN_BEYOND, SIGN_VOLUME, SIGN_SPREAD = 0.01, 1.5, 1.2


class Textbook:
    """Finds climaxes, springs and signs, each known at the close of its bar; it tells no phases."""

    def __init__(self) -> None:
        # bounded: CHANNEL bars each
        self._lows: deque[float] = deque(maxlen=CHANNEL)
        self._highs: deque[float] = deque(maxlen=CHANNEL)
        self._volumes: deque[float] = deque(maxlen=USUAL)
        self._spreads: deque[float] = deque(maxlen=USUAL)
        self._at = 0

    def take(self, bars: Bars) -> Read:
        """What the next chunk of bars tells."""
        events: list[Found] = []
        columns = (bars.high.tolist(), bars.low.tolist(), bars.close.tolist(), bars.volume.tolist())
        for high, low, close, volume in zip(*columns, strict=True):
            if len(self._lows) == CHANNEL:
                events += self._at_close(high, low, close, volume)
            self._lows.append(low)
            self._highs.append(high)
            self._volumes.append(volume)
            self._spreads.append(high - low)
            self._at += 1
        return Read(events=events, phases=np.zeros(len(bars.time), np.int8), completed=[], spans=[])

    def _at_close(self, high: float, low: float, close: float, volume: float) -> list[Found]:
        usual_volume, usual_spread = sum(self._volumes) / USUAL, sum(self._spreads) / USUAL
        if usual_volume <= 0 or usual_spread <= 0:
            return []
        times, wide = volume / usual_volume, (high - low) / usual_spread
        ice, creek = min(self._lows), max(self._highs)
        found: list[tuple[str, int, float]] = []
        if times >= CLIMAX_VOLUME and wide >= CLIMAX_SPREAD:
            if low < min(list(self._lows)[-EXTREME:]):
                found.append(("CLIMAX", 1, low))
            if high > max(list(self._highs)[-EXTREME:]):
                found.append(("CLIMAX", -1, high))
        if times < SPRING_VOLUME:
            if ice * (1 - SPRING_DEPTH) <= low < ice < close:
                found.append(("SPRING", 1, low))
            if creek * (1 + SPRING_DEPTH) >= high > creek > close:
                found.append(("SPRING", -1, high))
        if times >= SIGN_VOLUME and wide >= SIGN_SPREAD:
            if close >= creek * (1 + SIGN_BEYOND):
                found.append(("SIGN_OF_STRENGTH", 1, close))
            if close <= ice * (1 - SIGN_BEYOND):
                found.append(("SIGN_OF_STRENGTH", -1, close))
        return [
            Found(
                event=event, direction=side, at=self._at, confirmed=self._at, level=level, confidence=None, range_id=0
            )
            for event, side, level in found
        ]  # fmt: skip
