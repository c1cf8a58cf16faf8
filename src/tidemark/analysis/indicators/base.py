"""What an indicator is: a module that fulfils this, with its hot loop compiled."""

from typing import Any, Protocol

import numpy.typing as npt

Array = npt.NDArray[Any]


class Indicator(Protocol):
    """One indicator, over state that others own: float64 of shape (series, WIDTH), zero for a series that is empty.

    READS: columns of a candle, in the order in which `update` takes them. GIVES: its values, in order. WARM_UP: how
    many candles it takes to the first value. State column 0 is how many candles were seen.
    """

    @property
    def READS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """Columns of a candle."""
        ...

    @property
    def GIVES(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """Names of its values."""
        ...

    @property
    def WARM_UP(self) -> int:  # noqa: N802 - a constant of the module
        """Candles to the first value."""
        ...

    @property
    def WIDTH(self) -> int:  # noqa: N802 - a constant of the module
        """Float64 a series."""
        ...

    def update(self, state: Array, rows: Array, *columns: Any) -> None:
        """Advance each row's series by one candle, in order; a row may come again.

        columns: one float64 array of shape (n,) for each of READS; then where the values go, float64 (n, len(GIVES)),
        neutral before the warm-up is over; then whether the state is changed: if not, each row is as if it were its
        series' next candle, as for one that is still open. rows: int32 (n,), which nothing checks here.
        """
        ...
