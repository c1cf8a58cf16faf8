import pytest
from tests.api_process import Lived

from tidemark.api.routes.derivatives import ROUTES, Asked, DerivativeFigures
from tidemark.model.events import Funding, LongShortRatio, OpenInterest, TickerUpdate
from tidemark.units import HOUR, MILLISECOND, SECOND


def figures(process: Lived, symbol: str) -> DerivativeFigures:
    told = ROUTES[0].give(process.monitor, Asked(symbol=symbol))
    assert isinstance(told, DerivativeFigures)
    return told


def test_each_figure_has_its_own_age(own: Lived) -> None:
    now = own.clock.at_ns
    at = {"ts_event": now, "ts_recv": now, "symbol": "M03USDT"}
    sink = own.parts.sink
    sink.on_event(TickerUpdate(**at, mark=101.0, index=100.0, funding_rate=0.0001, next_funding_at=now + HOUR))  # type: ignore[arg-type]
    own.clock.at_ns += 3 * SECOND
    later = {**at, "ts_event": now + 3 * SECOND, "ts_recv": now + 3 * SECOND}
    sink.on_event(OpenInterest(**later, value=500.0))  # type: ignore[arg-type]
    sink.on_event(LongShortRatio(**later, long_share=0.6))  # type: ignore[arg-type]
    sink.on_event(Funding(**later, rate=0.0002, due_at=now - HOUR))  # type: ignore[arg-type]
    own.parts.intake.flush()
    own.clock.at_ns += 2 * SECOND

    told = figures(own, "M03USDT")

    assert told.mark is not None
    assert (told.mark.value, told.mark.age_s) == (101.0, 5.0)
    assert told.basis_bps is not None
    assert told.basis_bps.value == pytest.approx(100.0)
    assert told.open_interest is not None
    assert (told.open_interest.value, told.open_interest.age_s) == (500.0, 2.0)
    assert told.open_interest_value is not None
    # As old as the older of the two that it is made of.
    assert (told.open_interest_value.value, told.open_interest_value.age_s) == (50500.0, 5.0)
    assert told.funding_rate is not None
    assert told.funding_rate.value == 0.0001
    assert told.next_funding_ms == (now + HOUR) // MILLISECOND
    assert told.long_share is not None
    assert told.long_share.value == 0.6


def test_what_nobody_told_is_not_known(process: Lived) -> None:
    told = figures(process, "M04USDT")

    assert (told.mark, told.open_interest, told.funding_rate, told.long_share) == (None, None, None, None)
    assert (told.open_interest_value, told.liquidated_long_24h, told.next_funding_ms) == (None, None, None)
