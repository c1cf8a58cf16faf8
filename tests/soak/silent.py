"""The process of the alerts of a soak, whose webhook takes every third notification and sends none of these."""

import sys
from pathlib import Path
from typing import Any

from tidemark.alerts.process import main
from tidemark.alerts.sinks.webhook import Webhook
from tidemark.proof.soak.dial import DialClock

_send: Any = Webhook.send
_asked = iter(range(sys.maxsize))


def _forget(self: Webhook, message: Any) -> None:
    if next(_asked) % 3:
        _send(self, message)


Webhook.send = _forget  # type: ignore[method-assign]
if __name__ == "__main__":
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as told:
        raise SystemExit(main(told, sys.stdout.buffer, DialClock(Path(sys.argv[1]))))
