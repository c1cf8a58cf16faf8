from itertools import islice
from random import Random

from tidemark.ingest.backoff import CEILING_S, backoff


def test_delays_double_up_to_the_ceiling_with_up_to_half_at_random() -> None:
    delays = list(islice(backoff(Random(1)), 12))

    full = [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30]
    assert all(most / 2 <= delay <= most for delay, most in zip(delays, full, strict=True))
    assert max(delays) <= CEILING_S
    assert len(set(delays)) == 12


def test_delays_depend_on_the_seed_alone() -> None:
    assert list(islice(backoff(Random(7)), 5)) == list(islice(backoff(Random(7)), 5))
    assert list(islice(backoff(Random(7)), 5)) != list(islice(backoff(Random(8)), 5))
