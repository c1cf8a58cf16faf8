from tests.api_process import Lived
from tests.signal_records import moved, signal, story

from tidemark.api.routes.signals import ROUTES, AskedSignals, SignalList
from tidemark.model.signal import Record
from tidemark.signals.recent import RecentSignals


def signals(process: Lived, **asked: object) -> SignalList:
    told = ROUTES[0].give(process.monitor, AskedSignals(**asked))  # type: ignore[arg-type]
    assert isinstance(told, SignalList)
    return told


def known(process: Lived) -> RecentSignals:
    assert process.parts.recent is not None
    return process.parts.recent


def test_signals_come_newest_first_with_where_they_stand(own: Lived) -> None:
    entered = signal(2, symbol="ETHUSDT")
    notice = signal(3, rule="feed_quality", name="stale", is_trade=False)
    records: list[Record] = [*story(1), entered, moved(entered, 1), notice]
    known(own).take(records)

    told = signals(own)

    rows = [one for one in told.signals if one.at_ms <= notice.at // 1_000_000]
    assert [(one.rule, one.stage, one.is_open, one.net_r) for one in rows] == [
        ("feed_quality", "active", True, None),
        ("confluence", "active", True, None),
        ("confluence", "target", False, 1.92),
    ]
    assert rows[1].moved_at_ms == (entered.at // 1_000_000) + 60_000
    assert told.is_on
    assert told.capacity >= told.following >= 0


def test_they_are_found_by_rule_market_and_state_and_no_more_than_asked(own: Lived) -> None:
    known(own).take([*story(1), signal(2, symbol="ETHUSDT"), signal(3, rule="whale_flow")])

    assert {one.symbol for one in signals(own, symbol="ETHUSDT").signals} == {"ETHUSDT"}
    assert {one.rule for one in signals(own, rule="whale_flow").signals} == {"whale_flow"}
    assert all(one.is_open for one in signals(own, only_open=True).signals)
    assert len(signals(own, limit=2).signals) == 2
    assert signals(own, rule="nosuch").signals == ()
