"""Whether a Sharpe ratio is above chance, and above the best of as many tries without skill.

Sharpe ratios here are those of one return and not of a year: divide one of a year by the square root of 365.
"""

import math
from statistics import NormalDist

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.moments import Moments

EULER_MASCHERONI = 0.5772156649015329
_NORMAL = NormalDist()
_FEW = "fewer than 30 returns"
_LEAST = 30


def probabilistic_sharpe(returns: Moments, benchmark: float = 0.0) -> Figure:
    """How likely the true Sharpe ratio is above *benchmark*, given how long it was seen and how returns are shaped.

    Formula: Phi((S - benchmark) * sqrt(n - 1) / sqrt(1 - skew * S + (kurtosis - 1) / 4 * S ^ 2)), S = mean(r) / sd(r)
    Unit: probability
    Of a year: no, S is of one return
    Source: D. Bailey, M. Lopez de Prado, The Sharpe Ratio Efficient Frontier, Journal of Risk 15 (2012)
    """
    deviation, skew, kurtosis = returns.deviation, returns.skew, returns.kurtosis
    if returns.count < _LEAST:
        return Figure.none(_FEW)
    if deviation is None or skew is None or kurtosis is None:
        return Figure.none("the returns are all the same")
    return sharpe_probability(returns.mean / deviation, returns.count, skew, kurtosis, benchmark)


def sharpe_probability(sharpe: float, count: int, skew: float, kurtosis: float, benchmark: float = 0.0) -> Figure:
    """`probabilistic_sharpe` of figures that are known: the ratio of one return, of *count* of them."""
    spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe
    if spread <= 0.0:
        return Figure.none("the returns are too skewed for their Sharpe ratio")
    return Figure.of(_NORMAL.cdf((sharpe - benchmark) * math.sqrt(count - 1) / math.sqrt(spread)))


def best_of_tries(trials: float, variance: float) -> float:
    """The Sharpe ratio that the best of *trials* independent tries without skill is expected to show.

    Formula: sqrt(V) * ((1 - g) * Z(1 - 1 / N) + g * Z(1 - 1 / (N * e))), Z the inverse of Phi, g = 0.5772..., 0 of one
    Unit: ratio, of one return
    Of a year: no
    Source: D. Bailey, M. Lopez de Prado, The Deflated Sharpe Ratio, Journal of Portfolio Management 40 (2014)

    variance: of the Sharpe ratios of all tries, each of one return.
    """
    if trials <= 1.0:
        return 0.0
    highest = _NORMAL.inv_cdf(1.0 - 1.0 / trials)
    further = _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * ((1.0 - EULER_MASCHERONI) * highest + EULER_MASCHERONI * further)


def deflated_sharpe(returns: Moments, trials: float, variance: float) -> Figure:
    """How likely the true Sharpe ratio is above what the best of *trials* tries without skill would show.

    Formula: probabilistic_sharpe against best_of_tries
    Unit: probability
    Of a year: no
    Source: D. Bailey, M. Lopez de Prado, The Deflated Sharpe Ratio, Journal of Portfolio Management 40 (2014)

    returns: of the one that was chosen. variance: of the Sharpe ratios of all that were tried, each of one return.
    """
    return probabilistic_sharpe(returns, best_of_tries(trials, variance))


def least_returns(sharpe: float, skew: float, kurtosis: float, benchmark: float = 0.0, level: float = 0.95) -> Figure:
    """How many returns it takes to be sure at *level* that the true Sharpe ratio is above *benchmark*.

    Formula: 1 + (1 - skew * S + (kurtosis - 1) / 4 * S ^ 2) * (Z(level) / (S - benchmark)) ^ 2
    Unit: returns
    Of a year: no
    Source: D. Bailey, M. Lopez de Prado, The Sharpe Ratio Efficient Frontier, Journal of Risk 15 (2012)
    """
    if sharpe <= benchmark:
        return Figure.none("the Sharpe ratio is not above what it is held against")
    spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe
    return Figure.of(1.0 + spread * (_NORMAL.inv_cdf(level) / (sharpe - benchmark)) ** 2)


def independent_trials(trials: int, correlation: float) -> float:
    """How many independent tries *trials* are worth, whose returns have that correlation on average.

    Formula: c + (1 - c) * N, c not below 0
    Unit: tries
    Of a year: no
    Source: D. Bailey, M. Lopez de Prado, The Deflated Sharpe Ratio, appendix 3
    """
    shared = min(1.0, max(0.0, correlation))
    return shared + (1.0 - shared) * trials
