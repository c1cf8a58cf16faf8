"""The figures of round trips: each with its formula, its unit, and where it is from. None of them is of a year.

p is the profit of a trip, net of fees, funding and slippage; R is p over what the stop put at stake, of trips that had
a stop. A trip that brought exactly nothing is neither a win nor a loss.
"""

import msgspec

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.trips import R_EDGES, TripSums

_NONE = "no trips"
_NO_R = "no trip had a stop"


class TripFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of round trips, each as the function of its name says; money in quote currency.

    r_edges, r_counts: how many lie below the first edge, from each to the next, and from the last on.
    """

    count: int
    wins: int
    losses: int
    profit: Figure
    win_rate: Figure
    profit_factor: Figure
    payoff: Figure
    expectancy: Figure
    expectancy_r: Figure
    r_deviation: Figure
    r_lowest: Figure
    r_highest: Figure
    r_edges: tuple[float, ...]
    r_counts: tuple[int, ...]
    largest_win: Figure
    largest_loss: Figure
    fees: Figure
    funding: Figure
    slippage: Figure
    cost_share: Figure
    traded: Figure
    mean_held: Figure
    mean_bars: Figure
    win_streak: Figure
    loss_streak: Figure
    mean_mfe: Figure
    mean_mae: Figure
    furthest_mfe: Figure
    furthest_mae: Figure
    mean_mfe_r: Figure
    mean_mae_r: Figure


def trip_figures(sums: TripSums) -> TripFigures:
    """All figures of round trips."""
    return TripFigures(
        count=sums.count,
        wins=sums.wins,
        losses=sums.losses,
        profit=profit(sums),
        win_rate=win_rate(sums),
        profit_factor=profit_factor(sums),
        payoff=payoff(sums),
        expectancy=expectancy(sums),
        expectancy_r=expectancy_r(sums),
        r_deviation=r_deviation(sums),
        r_lowest=r_lowest(sums),
        r_highest=r_highest(sums),
        r_edges=R_EDGES,
        r_counts=tuple(sums.bins),
        largest_win=largest_win(sums),
        largest_loss=largest_loss(sums),
        fees=fees(sums),
        funding=funding(sums),
        slippage=slippage(sums),
        cost_share=cost_share(sums),
        traded=traded(sums),
        mean_held=mean_held(sums),
        mean_bars=mean_bars(sums),
        win_streak=win_streak(sums),
        loss_streak=loss_streak(sums),
        mean_mfe=mean_mfe(sums),
        mean_mae=mean_mae(sums),
        furthest_mfe=furthest_mfe(sums),
        furthest_mae=furthest_mae(sums),
        mean_mfe_r=mean_mfe_r(sums),
        mean_mae_r=mean_mae_r(sums),
    )


def profit(sums: TripSums) -> Figure:
    """What all trips brought, net.

    Formula: sum(p)
    Unit: quote currency
    Source: ours
    """
    return Figure.of(sums.gained - sums.lost)


def win_rate(sums: TripSums) -> Figure:
    """The share of trips that brought something, after all costs.

    Formula: count(p > 0) / count
    Unit: fraction
    Source: ours; of trips, and not of days
    """
    return Figure.ratio(sums.wins, sums.count, _NONE)


def profit_factor(sums: TripSums) -> Figure:
    """What winning trips brought against what losing trips cost.

    Formula: sum(p where p > 0) / |sum(p where p < 0)|
    Unit: ratio
    Source: J. Schwager, Schwager on Futures: Technical Analysis (1996)
    """
    if not sums.count:
        return Figure.none(_NONE)
    return Figure.ratio(sums.gained, sums.lost, "no losses")


def payoff(sums: TripSums) -> Figure:
    """What a winning trip brought against what a losing trip cost, on average.

    Formula: mean(p where p > 0) / |mean(p where p < 0)|
    Unit: ratio
    Source: J. Schwager, Schwager on Futures: Technical Analysis (1996)
    """
    if not sums.wins or not sums.losses:
        return Figure.none("no losses" if sums.wins else "no wins" if sums.count else _NONE)
    return Figure.ratio(sums.gained / sums.wins, sums.lost / sums.losses, "no losses")


def expectancy(sums: TripSums) -> Figure:
    """What a trip brought on average.

    Formula: mean(p)
    Unit: quote currency
    Source: V. Tharp, Trade Your Way to Financial Freedom (1998)
    """
    return Figure.ratio(sums.gained - sums.lost, sums.count, _NONE)


def expectancy_r(sums: TripSums) -> Figure:
    """What a trip brought on average in multiples of what its stop put at stake.

    Formula: mean(R)
    Unit: R
    Source: V. Tharp, Trade Your Way to Financial Freedom (1998)
    """
    return Figure.of(sums.r.mean) if sums.r.count else Figure.none(_NO_R)


def r_deviation(sums: TripSums) -> Figure:
    """How far the trips stray from their mean, in R.

    Formula: sd(R), with n - 1
    Unit: R
    Source: V. Tharp, Trade Your Way to Financial Freedom (1998)
    """
    deviation = sums.r.deviation
    return Figure.none("fewer than two trips had a stop") if deviation is None else Figure.of(deviation)


def r_lowest(sums: TripSums) -> Figure:
    """The worst trip in R: below -1 where a stop was jumped over or costs came on top.

    Formula: min(R)
    Unit: R
    Source: ours
    """
    return Figure.none(_NO_R) if sums.lowest_r is None else Figure.of(sums.lowest_r)


def r_highest(sums: TripSums) -> Figure:
    """The best trip in R.

    Formula: max(R)
    Unit: R
    Source: ours
    """
    return Figure.none(_NO_R) if sums.highest_r is None else Figure.of(sums.highest_r)


def largest_win(sums: TripSums) -> Figure:
    """What the trip with the highest profit brought.

    Formula: max(p)
    Unit: quote currency
    Source: ours
    """
    return Figure.of(sums.largest_win) if sums.wins else Figure.none("no wins")


def largest_loss(sums: TripSums) -> Figure:
    """What the trip with the highest loss cost, as a positive number.

    Formula: -min(p)
    Unit: quote currency
    Source: ours
    """
    return Figure.of(sums.largest_loss) if sums.losses else Figure.none("no losses")


def fees(sums: TripSums) -> Figure:
    """What was paid to the exchange for fills.

    Formula: sum(fees)
    Unit: quote currency
    Source: ours
    """
    return Figure.of(sums.fees)


def funding(sums: TripSums) -> Figure:
    """What was paid to the other side for holding; negative where it was received.

    Formula: sum(funding)
    Unit: quote currency
    Source: ours
    """
    return Figure.of(sums.funding)


def slippage(sums: TripSums) -> Figure:
    """What fills cost against the prices without slippage.

    Formula: sum(slippage)
    Unit: quote currency
    Source: ours
    """
    return Figure.of(sums.slippage)


def cost_share(sums: TripSums) -> Figure:
    """What all costs were of what was won before them: at 1 they took all of it.

    Formula: (fees + funding + slippage) / (sum(p) + fees + funding + slippage)
    Unit: fraction
    Source: ours
    """
    costs = sums.fees + sums.funding + sums.slippage
    before = sums.gained - sums.lost + costs
    return Figure.ratio(costs, before, "") if before > 0.0 else Figure.none("nothing was won before costs")


def traded(sums: TripSums) -> Figure:
    """What was bought and sold altogether; of a trip in several fills, the most that was held at the mean prices.

    Formula: sum(quantity * (entry price + exit price))
    Unit: quote currency
    Source: ours
    """
    return Figure.of(sums.traded)


def mean_held(sums: TripSums) -> Figure:
    """How long a trip lasted on average.

    Formula: mean(exit_at - entry_at)
    Unit: seconds
    Source: ours
    """
    return Figure.ratio(sums.held_s, sums.count, _NONE)


def mean_bars(sums: TripSums) -> Figure:
    """How many candles a trip lasted on average.

    Formula: mean(bars)
    Unit: candles
    Source: ours
    """
    return Figure.ratio(sums.bars, sums.count, _NONE)


def win_streak(sums: TripSums) -> Figure:
    """The most wins after each other, in the order in which trips ended.

    Formula: longest run of p > 0
    Unit: trips
    Source: ours
    """
    return Figure.of(sums.win_streak)


def loss_streak(sums: TripSums) -> Figure:
    """The most losses after each other, in the order in which trips ended.

    Formula: longest run of p < 0
    Unit: trips
    Source: ours
    """
    return Figure.of(sums.loss_streak)


def mean_mfe(sums: TripSums) -> Figure:
    """How far the price went for a trip while it was held, on average (maximum favourable excursion).

    Formula: mean(best price / entry price - 1), from the trip's side
    Unit: fraction of the entry price, not below 0
    Source: J. Sweeney, Maximum Adverse Excursion (1997)
    """
    return Figure.ratio(sums.best, sums.count, _NONE)


def mean_mae(sums: TripSums) -> Figure:
    """How far the price went against a trip while it was held, on average (maximum adverse excursion).

    Formula: mean(worst price / entry price - 1), from the trip's side
    Unit: fraction of the entry price, not above 0
    Source: J. Sweeney, Maximum Adverse Excursion (1997)
    """
    return Figure.ratio(sums.worst, sums.count, _NONE)


def furthest_mfe(sums: TripSums) -> Figure:
    """The furthest that the price went for a trip.

    Formula: max(best price / entry price - 1), from the trip's side
    Unit: fraction of the entry price
    Source: J. Sweeney, Maximum Adverse Excursion (1997)
    """
    return Figure.of(sums.furthest_best) if sums.count else Figure.none(_NONE)


def furthest_mae(sums: TripSums) -> Figure:
    """The furthest that the price went against a trip.

    Formula: min(worst price / entry price - 1), from the trip's side
    Unit: fraction of the entry price
    Source: J. Sweeney, Maximum Adverse Excursion (1997)
    """
    return Figure.of(sums.furthest_worst) if sums.count else Figure.none(_NONE)


def mean_mfe_r(sums: TripSums) -> Figure:
    """How far the price went for a trip in multiples of what its stop put at stake, on average.

    Formula: mean(best * entry price * quantity / risk)
    Unit: R
    Source: J. Sweeney, Maximum Adverse Excursion (1997), in R
    """
    return Figure.ratio(sums.best_r, sums.r.count, _NO_R)


def mean_mae_r(sums: TripSums) -> Figure:
    """How far the price went against a trip in multiples of what its stop put at stake, on average.

    Formula: mean(worst * entry price * quantity / risk)
    Unit: R
    Source: J. Sweeney, Maximum Adverse Excursion (1997), in R
    """
    return Figure.ratio(sums.worst_r, sums.r.count, _NO_R)
