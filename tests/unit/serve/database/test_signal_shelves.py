import asyncio
import tracemalloc
from pathlib import Path

import pytest
from tests.past import fill_signals, repository_of
from tests.signal_records import AT, moved, outcome, signal, story

from tidemark.api.past import Graded, KeptSignal, SignalFilter
from tidemark.errors import RequestError, TransientError
from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Record, Side, Stage
from tidemark.serve.database.repository import Repository
from tidemark.serve.database.signal_shelves import SHELF_OF_GRADED
from tidemark.units import MINUTE

ALL = SignalFilter()


async def found(repository: Repository, **wanted: object) -> list[str]:
    page = await repository.signals(SignalFilter(**wanted), limit=100, before=None, counts=False)  # type: ignore[arg-type]
    return [one.signal.id for one in page.rows]


async def graded(repository: Repository, most: int) -> Graded:
    return await repository.judged(ALL, most, lambda told: told)


async def test_signals_are_found_by_rule_market_side_time_and_state(tmp_path: Path) -> None:
    short = signal(2, side=Side.SHORT, name="short", symbol="ETHUSDT")
    notice = signal(3, rule="feed_quality", name="stale", is_trade=False)
    fill_signals(None, tmp_path, [*story(1), short, notice])
    async with repository_of(None, tmp_path) as repository:
        assert await found(repository) == [notice.id, short.id, signal(1).id]
        assert await found(repository, rule="confluence") == [short.id, signal(1).id]
        assert await found(repository, symbol="ETHUSDT") == [short.id]
        assert await found(repository, symbol="\x00") == []
        assert await found(repository, side=-1) == [short.id]
        assert await found(repository, since_ns=AT + 3 * MINUTE) == [notice.id]
        assert await found(repository, until_ns=AT + 2 * MINUTE) == [signal(1).id]
        assert await found(repository, only_open=True) == [notice.id, short.id]


async def test_those_of_another_exchange_in_the_same_database_are_not_ours(tmp_path: Path) -> None:
    fill_signals(None, tmp_path, story(1), venue="binance")
    async with repository_of(None, tmp_path) as repository:
        assert await found(repository) == []
        assert await repository.signal(signal(1).id) is None
        assert (await graded(repository, 10)).outcomes == ()


async def test_pages_have_where_each_stands_and_what_came_of_it(tmp_path: Path) -> None:
    fill_signals(None, tmp_path, [*story(1), signal(2), *story(3, -1.07)])
    async with repository_of(None, tmp_path) as repository:
        first = await repository.signals(ALL, limit=2, before=None, counts=True)
        second = await repository.signals(ALL, limit=2, before=first.next_before, counts=False)
        with pytest.raises(RequestError, match="no cursor"):
            await repository.signals(ALL, limit=2, before="nonsense", counts=False)

    one = signal(3)
    assert first.rows[0] == KeptSignal(
        signal=one, stage=Stage.TARGET, moved_at=one.at + 9 * MINUTE, outcome=outcome(one, -1.07)
    )
    assert first.rows[1] == KeptSignal(signal=signal(2), stage=Stage.PENDING, moved_at=signal(2).at, outcome=None)
    assert (first.count, len(second.rows), second.next_before) == (3, 1, None)


async def test_a_signal_is_told_with_all_that_became_of_it(tmp_path: Path) -> None:
    one, against = signal(1), outcome(signal(1), 0.4, is_null=True)
    fill_signals(None, tmp_path, [*story(1), against])
    async with repository_of(None, tmp_path) as repository:
        told = await repository.signal(one.id)

        assert told is not None
        assert [step.reason.value for step in told.transitions] == ["entered", "first_target", "last_target"]
        assert told.transitions[0] == moved(one, 1)
        assert (told.kept.outcome, told.random) == (outcome(one), against)
        assert await repository.signal("nosuch") is None
        assert await repository.signal("\x00") is None


async def test_without_tables_there_is_nothing_and_a_reason(tmp_path: Path) -> None:
    async with repository_of(None, tmp_path) as repository:
        page = await repository.signals(ALL, limit=2, before=None, counts=True)
        judged = await graded(repository, 10)

        assert (page.rows, page.count, judged.outcomes) == ((), 0, ())
        assert str(page.note).startswith("the database has no tables yet")
        assert judged.note == page.note
        assert await repository.signal("nosuch") is None
        assert [part async for part in repository.every_signal(ALL)] == []


async def test_outcomes_are_pages_and_pieces_with_or_without_chance(tmp_path: Path) -> None:
    records: list[Record] = []
    for n in range(600):
        records += [signal(n), outcome(signal(n)), outcome(signal(n), -1.0, is_null=True)]
    fill_signals(None, tmp_path, records)
    async with repository_of(None, tmp_path) as repository:
        page = await repository.outcomes(ALL, random=False, limit=10, before=None, counts=True)
        both = await repository.outcomes(ALL, random=True, limit=10, before=None, counts=True)
        pieces = [len(part) async for part in repository.every_outcome(ALL, random=True)]
        signals = [len(part) async for part in repository.every_signal(ALL)]
        cut = await graded(repository, 100)
        whole = await graded(repository, 1200)

    assert (page.count, both.count, pieces, signals) == (600, 1200, [500, 500, 200], [500, 100])
    assert not any(one.is_null for one in page.rows)
    assert (len(cut.outcomes), cut.is_cut, len(whole.outcomes), whole.is_cut) == (100, True, 1200, False)
    assert cut.outcomes[-1] == whole.outcomes[-1]
    assert cut.outcomes[0].at <= cut.outcomes[-1].at


async def test_scorecards_are_made_one_after_the_other_in_the_memory_that_one_takes(tmp_path: Path) -> None:
    fill_signals(None, tmp_path, [outcome(signal(n)) for n in range(50)])
    ledger = Ledger(51 * SHELF_OF_GRADED.row_bytes)
    async with repository_of(None, tmp_path, ledger=ledger) as repository:
        all_of_it = await asyncio.gather(*(graded(repository, 50) for _ in range(5)))

        assert [len(one.outcomes) for one in all_of_it] == [50] * 5
        with pytest.raises(TransientError):
            await graded(repository, 51)


async def test_an_outcome_that_is_held_for_a_scorecard_takes_no_more_than_it_says(tmp_path: Path) -> None:
    fill_signals(None, tmp_path, [outcome(signal(n)) for n in range(2000)])
    async with repository_of(None, tmp_path) as repository:
        await graded(repository, 10)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            held = await graded(repository, 2000)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert (after - before) / len(held.outcomes) <= SHELF_OF_GRADED.row_bytes
