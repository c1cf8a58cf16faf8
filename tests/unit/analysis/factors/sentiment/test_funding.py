import numpy as np

from tidemark.analysis.factors.sentiment.funding import FACT, READS, value


def test_high_funding_speaks_for_falling_prices_and_low_for_rising_ones_beyond_one_deviation() -> None:
    z = np.array([-4.0, -1.0, -0.5, 0.0, 1.0, 2.5])

    assert value(z, z, z).tolist() == [3.0, 0.0, 0.0, 0.0, 0.0, -1.5]


def test_the_fact_names_the_figure_its_mean_and_the_distance() -> None:
    told = FACT.format(**dict(zip(READS, (2.0, 5.0, 1.0), strict=True)))

    assert told == "funding due +5.000 bps, +2.0 sd from its mean of +1.000"
