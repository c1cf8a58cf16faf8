"""`signals`: the newest signals, then every record of signals as it comes, four times a second at most."""

import re
from collections.abc import Mapping
from itertools import islice

from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Reads
from tidemark.api.told_signals import MoveRow, OutcomeRow, SignalRow, known_row, move_row, outcome_row, signal_row
from tidemark.errors import RequestError
from tidemark.model.signal import Outcome, Signal, Stage, Transition
from tidemark.signals.recent import RecentSignals

_SHOWN = 50
# Records of one message: some 60 KB. What more there is comes with the next ones.
_MOST = 100


class SignalsSnapshot(Snapshot, frozen=True, kw_only=True):
    """signals: the newest fifty, the newest first, as REST gives them."""

    signals: tuple[SignalRow, ...]


class SignalsDelta(Delta, frozen=True, kw_only=True):
    """What was signalled since, what became of signals, and what came of them, each oldest first.

    An outcome replaces the earlier one of its id; of a random entry it has is_null. After a snapshot some may come that
    it knows already.
    """

    signals: tuple[SignalRow, ...]
    moves: tuple[MoveRow, ...]
    outcomes: tuple[OutcomeRow, ...]


class Kind:
    """See topics.base."""

    PATTERN = re.compile(r"signals")
    PERIOD_MS = 250
    MOST = 1
    IS_WHOLE = False
    # Each is told once: who does not take them is closed, and gets the newest when it comes back.
    CONFLATES = False

    def __init__(self, reads: Reads, figures: MarketFigures) -> None:
        del figures
        self._recent = reads.recent

    def open(self, names: Mapping[str, str]) -> "_Signals":
        """See topics.base."""
        del names
        if self._recent is None:
            raise RequestError(
                404, "nothing is signalled: signals.enabled or analysis.enabled is false in the settings"
            )
        return _Signals(self._recent)


class _Signals:
    """Keeps how many records it has told."""

    def __init__(self, recent: RecentSignals) -> None:
        self._recent = recent
        self._told = recent.taken

    def change(self, at: Stamp) -> Delta | Snapshot | None:
        records = self._recent.after(self._told, _MOST)
        if records is None:
            self._told = self._recent.taken
            return self.whole(at)
        if not records:
            return None
        self._told += len(records)
        return SignalsDelta(
            topic=at.topic,
            seq=at.seq,
            ts=at.ts,
            signals=tuple(_begun(one) for one in records if isinstance(one, Signal)),
            moves=tuple(move_row(one) for one in records if isinstance(one, Transition)),
            outcomes=tuple(outcome_row(one) for one in records if isinstance(one, Outcome)),
        )

    def whole(self, at: Stamp) -> Snapshot:
        newest = tuple(map(known_row, islice(self._recent.newest(), _SHOWN)))
        return SignalsSnapshot(topic=at.topic, seq=at.seq, ts=at.ts, signals=newest)


def _begun(signal: Signal) -> SignalRow:
    stage = Stage.ACTIVE if signal.plan is None else Stage.PENDING
    return signal_row(signal, stage, signal.at, None)
