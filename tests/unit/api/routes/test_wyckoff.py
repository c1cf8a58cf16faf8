import pytest
from tests.api_process import SYMBOL, UNKNOWN, Lived
from tests.structured import read
from tests.structures import Drawn, mirrored
from tests.structures_read import WHOLE

from tidemark.analysis.wyckoff.view import WARM_UP
from tidemark.api.monitor import Monitor
from tidemark.api.routes.wyckoff import ROUTES, Asked, AskedScan, StructureRead, StructureScan
from tidemark.errors import RequestError
from tidemark.model.timeframe import Timeframe
from tidemark.signals.inputs import Inputs
from tidemark.signals.structure_trades import Refusal

ONE, SCAN = ROUTES
H1 = Timeframe.H1


def cut(drawn: Drawn, count: int) -> Drawn:
    return Drawn(*(column[:count] for column in drawn))


@pytest.fixture
def filled(own: Lived) -> Monitor:
    """Three markets have hours behind them: one rises, one falls, one has left its range."""
    engine = own.parts.engine
    read(engine, "M01USDT", cut(WHOLE, 112), H1)
    read(engine, "M02USDT", cut(mirrored(WHOLE), 112), H1)
    read(engine, "M03USDT", WHOLE, H1)
    return own.monitor


def scan(monitor: Monitor, **asked: object) -> StructureScan:
    told = SCAN.give(monitor, AskedScan(**asked))  # type: ignore[arg-type]
    assert isinstance(told, StructureScan)
    return told


def one(monitor: Monitor, symbol: str, timeframe: str = "1h") -> StructureRead:
    told = ONE.give(monitor, Asked(symbol=symbol, timeframe=timeframe))  # type: ignore[arg-type]
    assert isinstance(told, StructureRead)
    return told


def test_a_market_that_has_had_too_few_candles_is_read_and_says_so(monitor: Monitor) -> None:
    told = one(monitor, SYMBOL)

    assert (told.symbol, told.timeframe, told.timeframes, told.higher) == (SYMBOL, H1, [Timeframe.M5, H1], None)
    assert told.reading.bars < told.reading.warm_up == WARM_UP
    assert (told.reading.phase, told.reading.range, told.reading.next) == ("", None, ())
    assert told.as_of_ms == monitor.now_ms


def test_a_market_that_is_not_watched_is_not_found(monitor: Monitor) -> None:
    with pytest.raises(RequestError, match=f"{UNKNOWN} is not watched") as refused:
        one(monitor, UNKNOWN)
    assert refused.value.status == 404


def test_candles_in_which_it_is_not_read_are_refused_with_those_in_which_it_is(monitor: Monitor) -> None:
    for asked in (lambda: one(monitor, SYMBOL, "1m"), lambda: scan(monitor, timeframe="1m")):
        with pytest.raises(RequestError, match=r"structure is not read in 1m candles; it is in: 5m, 1h$") as refused:
            asked()
        assert refused.value.status == 404


def test_while_all_warm_up_a_scan_has_no_rows(monitor: Monitor) -> None:
    told = scan(monitor)

    assert (told.rows, told.warming_up, told.watched) == ([], 20, 20)
    assert (told.timeframe, told.timeframes) == (H1, [Timeframe.M5, H1])


def test_a_scan_has_a_row_for_each_market_that_is_warm(filled: Monitor) -> None:
    told = scan(filled)

    assert [row.symbol for row in told.rows] == ["M01USDT", "M02USDT", "M03USDT"]
    assert (told.warming_up, told.watched) == (17, 20)
    for row in told.rows:
        reading = one(filled, row.symbol).reading
        assert (row.phase, row.direction) == (reading.phase, reading.direction)
    up, down, left = told.rows
    assert (up.direction, down.direction) == (1, -1)
    assert up.phase == down.phase != ""
    assert left.phase in {"", "E"}


def test_a_scan_gives_what_was_asked_for(filled: Monitor) -> None:
    rows = scan(filled).rows

    for phase in ("A", "B", "C", "D", "E", "none"):
        told = scan(filled, phase=phase)
        assert told.rows == [row for row in rows if (row.phase or "none") == phase]
        # How many are watched is no matter of what was asked for.
        assert (told.warming_up, told.watched) == (17, 20)
    assert [row.symbol for row in scan(filled, direction=1).rows if row.phase] == ["M01USDT"]
    assert [row.symbol for row in scan(filled, direction=-1).rows] == ["M02USDT"]
    assert scan(filled, direction=1, phase="none").rows == []


def test_a_scan_may_be_asked_for_newest_events_in_either_case(filled: Monitor) -> None:
    rows = scan(filled).rows
    newest = {row.newest.name for row in rows if row.newest is not None}

    assert newest
    for name in newest:
        expected = [row for row in rows if row.newest is not None and row.newest.name == name]
        assert scan(filled, event=name).rows == scan(filled, event=name.lower()).rows == expected
    assert scan(filled, event="NOSUCH").rows == []


def test_a_scan_may_be_asked_for_fresh_events(filled: Monitor) -> None:
    rows = scan(filled).rows
    ages = {row.symbol: row.newest.bars_ago for row in rows if row.newest is not None}

    assert ages
    for age in ages.values():
        assert {row.symbol for row in scan(filled, within=age).rows} == {
            symbol for symbol, other in ages.items() if other <= age
        }
    assert scan(filled, within=1000).rows == [row for row in rows if row.newest is not None]


def test_rules_of_signals_judge_in_their_own_candles_alone(filled: Monitor) -> None:
    signals = filled.engine.signals
    assert signals is not None
    slot = filled.slot("M01USDT")
    asked: list[int] = []

    def judged(_: Inputs, at: int) -> dict[str, tuple[Refusal, ...]]:
        asked.append(at)
        check = Refusal(
            validator="level", figure="quality", text="quality", measured=43.0, sense=">=", threshold=50.0, passed=False
        )
        return {"spring_long": (check,)}

    signals.judged = judged  # type: ignore[method-assign,assignment]

    assert one(filled, "M01USDT", "5m").judged == []
    (told,) = one(filled, "M01USDT").judged
    assert (told.rule, told.checks[0].measured, told.checks[0].passed, asked) == ("spring_long", 43.0, False, [slot])
