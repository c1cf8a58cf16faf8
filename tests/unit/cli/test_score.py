"""`tidemark score`, `explain` and `market` against a service that runs; without one, see test_explain."""

import json
import time
from collections.abc import Callable
from pathlib import Path

Tidemark = Callable[..., tuple[int, str, str]]


def scored(tidemark: Tidemark, socket: Path) -> dict[str, object]:
    """The ranking, once there is one."""
    for _ in range(60):
        code, output, error = tidemark("score", "--socket", str(socket), "--json")
        assert (code, error) == (0, "")
        told: dict[str, object] = json.loads(output)
        if told["markets"]:
            return told
        time.sleep(0.2)
    raise AssertionError("nothing was ranked")


def test_every_market_is_ranked_and_each_can_be_explained(tidemark: Tidemark, socket: Path) -> None:
    told = scored(tidemark, socket)
    markets = told["markets"]
    assert isinstance(markets, list)

    assert len(markets) >= 8
    symbol = markets[0]["symbol"]
    code, output, _ = tidemark("explain", symbol, "--socket", str(socket), "--json")
    explained = json.loads(output)
    assert code == 0
    assert explained["symbol"] == symbol
    assert {component["name"] for component in explained["components"]} >= {"technical", "order_flow", "order_book"}


def test_people_get_a_table(tidemark: Tidemark, socket: Path) -> None:
    scored(tidemark, socket)
    code, output, _ = tidemark("score", "--socket", str(socket), "--top", "3")

    assert code == 0
    assert "markets scored at " in output


def test_the_market_is_told_with_its_breadth_and_its_regimes(tidemark: Tidemark, socket: Path) -> None:
    markets = scored(tidemark, socket)["markets"]
    assert isinstance(markets, list)

    code, output, error = tidemark("market", "--socket", str(socket), "--timeframe", "1m", "--json")

    assert (code, error) == (0, "")
    told = json.loads(output)
    assert sum(told["regimes"].values()) == len(markets)
    assert told["breadth"]["listed"] >= 8
    assert (told["context"]["leader"], told["context"]["timeframe"]) == ("BTCUSDT", "1m")
    code, output, _ = tidemark("market", "--socket", str(socket))
    assert code == 0
    assert "the market at " in output


def test_a_market_that_is_not_watched_is_named(tidemark: Tidemark, socket: Path) -> None:
    code, output, error = tidemark("explain", "NOSUCHUSDT", "--socket", str(socket))

    assert (code, output) == (2, "")
    assert "NOSUCHUSDT is not watched; `tidemark universe` says which markets are, and why" in error
