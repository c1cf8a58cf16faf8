import numpy as np

from tidemark.analysis.factors.sentiment.long_short_ratio import DOWN, FACT, READS, UP, value


def test_number_and_words_say_the_same_more_longs_than_usual_speak_for_falling_prices() -> None:
    assert value(np.array([1.5, -2.0]), np.zeros(2), np.zeros(2)).tolist() == [-1.5, 2.0]
    assert "more accounts are long" in DOWN
    assert "fewer accounts are long" in UP


def test_the_fact_names_the_lead_its_mean_and_the_distance() -> None:
    told = FACT.format(**dict(zip(READS, (1.5, 20.0, 14.0), strict=True)))

    assert told == "long accounts less short ones +20.0 percentage points, +1.5 sd from their mean of +14.0"
