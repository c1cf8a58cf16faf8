"""What a full or broken disk did not take is written when it takes things again."""

from tidemark.engine.step import Engine
from tidemark.live.sink import keep
from tidemark.store.gap_log import GapLog
from tidemark.store.journal_writer import JournalWriter


def catch_up(engine: Engine, journal: JournalWriter | None, gaps: GapLog) -> None:
    """Write what *journal* and *gaps* owe, as it stands now; to be called after something was offered to them.

    All of it is still held by *engine*: the closed candles in their rings, the gaps in their list. While the journal's
    last block failed, nothing is tried.
    """
    if journal is not None and journal.failure is not None:
        return
    if gaps.is_owed:
        gaps.is_owed = False
        # The open ones come first in that list, then the newest: of two with one name the newer one has to be last.
        for gap in reversed(list(engine.gaps.gaps())):
            gaps.offer(gap)
            if gaps.failure is not None:
                return
    if journal is None:
        return
    for timeframe in engine.candles.timeframes:
        since_ns = journal.owed.pop(timeframe.value, None)
        if since_ns is None:
            continue
        for closed in engine.candles.since(timeframe, since_ns):
            keep([closed], engine, journal)
            # What fails again is owed again, from where it failed.
            if journal.failure is not None:
                return
