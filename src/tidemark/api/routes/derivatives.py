"""Open interest, funding, mark and index price, accounts and liquidations of a market, each figure with its age."""

import msgspec

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Milliseconds, Route, Symbol
from tidemark.units import MILLISECOND, SECOND


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which market."""

    symbol: Symbol


class AgedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A number, and how long ago it was told."""

    value: float
    age_s: float


class DerivativeFigures(Answer, frozen=True, kw_only=True):
    """null: not known. Open interest in base currency, its value at the mark price in quote currency.

    open_interest_change_*: as fractions. funding_rate: due at next_funding_ms, as a fraction; funding_annualised: times
    the settlements of a year. long_share: of the accounts that hold a position. liquidated_*: value within 24 hours, in
    quote currency; liquidations_watched: the share of these hours in which we saw them.
    """

    symbol: str
    mark: AgedFigure | None
    index: AgedFigure | None
    basis_bps: AgedFigure | None
    open_interest: AgedFigure | None
    open_interest_value: AgedFigure | None
    open_interest_change_1h: float | None
    open_interest_change_24h: float | None
    funding_rate: AgedFigure | None
    funding_annualised: float | None
    next_funding_ms: Milliseconds | None
    long_share: AgedFigure | None
    liquidated_long_24h: float | None
    liquidated_short_24h: float | None
    liquidations_watched: float | None


def _derivatives(monitor: Monitor, asked: Asked) -> DerivativeFigures:
    slot, engine = monitor.slot(asked.symbol), monitor.engine
    tickers, told = engine.tickers, engine.derivatives
    now = monitor.now_ns

    def figure(value: float | None, ts_recv: int | None) -> AgedFigure | None:
        if value is None or ts_recv is None:
            return None
        return AgedFigure(value=value, age_s=max(now - ts_recv, 0) / SECOND)

    mark, index = tickers.field(slot, "mark"), tickers.field(slot, "index")
    basis, interest, ratio = tickers.basis(slot), told.open_interest.latest(slot), told.ratio.latest(slot)
    funding, totals = told.funding(slot), told.liquidations.totals(slot, monitor.exchange_ns)
    return DerivativeFigures(
        as_of_ms=monitor.now_ms,
        symbol=asked.symbol,
        mark=None if mark is None else figure(mark.value, mark.ts_recv),
        index=None if index is None else figure(index.value, index.ts_recv),
        basis_bps=None if basis is None else figure(basis.value, basis.ts_recv),
        open_interest=None if interest is None else figure(interest.value, interest.ts_recv),
        open_interest_value=None
        if interest is None or mark is None
        else figure(interest.value * mark.value, min(interest.ts_recv, mark.ts_recv)),
        open_interest_change_1h=told.open_interest.change_1h(slot),
        open_interest_change_24h=told.open_interest.change_24h(slot),
        funding_rate=figure(funding.rate, funding.ts_recv),
        funding_annualised=funding.annualised,
        next_funding_ms=None if funding.next_at is None else funding.next_at // MILLISECOND,
        long_share=None if ratio is None else figure(ratio.value, ratio.ts_recv),
        liquidated_long_24h=None if totals is None else totals.long_turnover,
        liquidated_short_24h=None if totals is None else totals.short_turnover,
        liquidations_watched=None if totals is None else totals.coverage,
    )


ROUTES = (
    Route(
        path="/api/v1/symbols/{symbol}/derivatives",
        summary="Open interest, funding, basis, accounts and liquidations of a market",
        asked=Asked,
        answer=DerivativeFigures,
        give=_derivatives,
    ),
)
