"""How likely chance alone is at least as good."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.backtest.metrics.figure import Figure


def p_value(found: float, drawn: npt.NDArray[Any]) -> Figure:
    """The share of what chance brought that is at least as good as *found*, which counts as one of them.

    So it is never 0: B. Phipson, G. Smyth, Permutation P-values Should Never Be Zero, Statistical Applications in
    Genetics and Molecular Biology 9 (2010). Of runs over shuffled markets it is asked as well.

    >>> p_value(3.0, np.array([1.0, 2.0, 3.0]))
    Figure(value=0.5, why='')
    """
    if not len(drawn):
        return Figure.none("nothing was drawn")
    return Figure.of((1 + int(np.count_nonzero(drawn >= found))) / (1 + len(drawn)))
