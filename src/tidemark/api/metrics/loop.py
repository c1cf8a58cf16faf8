"""How late the event loop was."""

import numpy as np

from tidemark.api.metrics.exposition import Exposition
from tidemark.live.lags import Lags

_BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def tell_loop(to: Exposition, lags: Lags) -> None:
    """Since the start. A count of *lags* begins at its millisecond, and goes into the sum as the middle of it."""
    counts = lags.counts()
    cumulative = np.cumsum(counts)
    # What was later than a second was at least that.
    middles = np.append(np.arange(len(counts) - 1) + 0.5, len(counts) - 1)
    to.histogram(
        "tidemark_loop_lag_seconds",
        "How late the event loop came to a task; the sum is exact to half a millisecond each, up to a second.",
        {bound / 1000: int(cumulative[bound - 1]) for bound in _BUCKETS_MS},
        int(cumulative[-1]),
        float(counts @ middles) / 1000,
    )
