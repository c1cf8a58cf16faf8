"""Writes the examples of the OpenAPI document: what a running process answers, with long lists cut short.

`tidemark run --demo --set "alerts.sinks=screens browser:"`, five minutes later `python -m tests.api_examples http://127.0.0.1:8420`.
"""

import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec

from tidemark.api import routes
from tidemark.api.routes import registry

_FILE = Path(routes.__file__).parents[1] / "examples.json"
_SHOWN = 2
# These want strategies, candles and runs that are over: they stay as they are.
_STAY = "/api/v1/backtests"
_POSTED = {
    "/api/v1/alerts/dead/resend": {"numbers": [17, 18]},
    "/api/v1/alerts/test": {"sink": "screens"},
    "/api/v1/notifications/read": {"ids": None},
}


def shortened(value: Any) -> Any:
    """The same with two entries of each list."""
    if isinstance(value, dict):
        return {name: shortened(entry) for name, entry in value.items()}
    return [shortened(entry) for entry in value[:_SHOWN]] if isinstance(value, list) else value


def signal_of(address: str) -> str:
    """The newest signal of a running process, by its id."""
    with urlopen(f"{address}/api/v1/history/signals?limit=1") as answer:  # noqa: S310 - given by hand
        newest: str = msgspec.json.decode(answer.read())["signals"][0]["id"]
        return newest


def done(address: str, path: str) -> dict[str, Any]:
    """What is asked, and what is answered to it."""
    body = msgspec.json.encode(_POSTED[path])
    request = Request(address + path, body, {"Content-Type": "application/json"})  # noqa: S310 - given by hand
    with urlopen(request) as answer:  # noqa: S310
        return {"asked": _POSTED[path], "answer": msgspec.json.decode(answer.read())}


def main(address: str) -> None:
    """Ask every route once, about BTCUSDT, and have every action done."""
    before = msgspec.json.decode(_FILE.read_bytes(), type=dict[str, Any])
    told = {path: example for path, example in before.items() if path.startswith(_STAY)}
    told |= {
        action.path: done(address, action.path) for action in registry.actions() if not action.path.startswith(_STAY)
    }
    for route in registry.routes():
        if route.path.startswith(_STAY):
            continue
        path = route.path.replace("{symbol}", "BTCUSDT").replace("{id}", signal_of(address))
        with urlopen(address + path) as answer:  # noqa: S310 - given by hand
            told[route.path] = shortened(msgspec.json.decode(answer.read()))
    _FILE.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
