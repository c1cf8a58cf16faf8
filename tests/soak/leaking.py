"""The service of a soak, with a list that keeps something of every message."""

import sys
from typing import Any

from tidemark.engine.intake import Intake
from tidemark.proof.soak.service import main

_kept: list[bytes] = []
_frame: Any = Intake.frame


def _leak(self: Intake, payload: Any, ts_recv: int, *more: Any) -> Any:
    _kept.append(bytes(400))
    return _frame(self, payload, ts_recv, *more)


Intake.frame = _leak  # type: ignore[method-assign]
main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
