"""The service of a soak, in which every seventh minute of one market never reaches the journal, and nobody says so.

And who tells people in it does not tell them everything, `silent.py`.
"""

import sys
from typing import Any

import numpy as np

from tidemark.proof.soak import service
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import MINUTE

_offer: Any = JournalWriter.offer


def _lose(self: JournalWriter, timeframe: str, names: list[str], opens: Any, ticks: Any, columns: Any) -> None:
    kept = np.array(
        [name != "ETHUSDT" or opened // MINUTE % 7 for name, opened in zip(names, opens.tolist(), strict=True)], bool
    )
    names = [name for name, is_kept in zip(names, kept.tolist(), strict=True) if is_kept]
    _offer(self, timeframe, names, opens[kept], ticks[kept], {name: one[kept] for name, one in columns.items()})


JournalWriter.offer = _lose  # type: ignore[assignment, method-assign]
service.TELLING = "tests.soak.silent"  # type: ignore[attr-defined]
service.main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
