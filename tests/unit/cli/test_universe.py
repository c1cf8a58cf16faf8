"""`tidemark universe` against a local exchange in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

Tidemark = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=["bybit", "binance"])
def exchange(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The venue, and the address of eight markets of it and some that are no USDT perpetuals or do not trade."""
    command = [sys.executable, "-m", "tidemark", "sim", "--json", "--with-parent", "--venue", request.param]
    child = subprocess.Popen(
        [*command, "--symbols", "8", "--rate", "50"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    yield request.param, json.loads(child.stdout.readline())["rest"]
    # Its standard input closes, which ends it.
    child.communicate(timeout=30)


def test_each_market_comes_with_what_decided_about_it(tidemark: Tidemark, exchange: tuple[str, str]) -> None:
    venue, rest = exchange
    at = ("--venue", venue, "--set", f"venue.rest_url={rest}")

    code, output, told = tidemark("universe", "--json", *at, "--set", "universe.max_symbols=3")

    assert (code, told) == (0, "")
    answer = json.loads(output)
    watched = [one for one in answer["decisions"] if one["is_watched"]]
    refused = {one["symbol"]: one for one in answer["decisions"] if not one["is_watched"]}
    assert answer["venue"] == venue
    assert [one["rank"] for one in watched] == [1, 2, 3]
    assert answer["watched"] == 3
    # Of Bybit's markets, only those that trade are listed.
    assert venue == "bybit" or refused["OMGUSDT"]["reason"] == "status"
    ranks = [one for one in refused.values() if one["reason"] == "rank by turnover"]
    assert len(ranks) >= 5
    assert all(one["value"] > 3 and one["limit"] == 3 for one in ranks)
    market = answer["market"]
    assert market["gainers"] + market["losers"] + market["unchanged"] == market["known"] <= market["listed"]

    code, output, told = tidemark("universe", *at, "--set", "universe.min_turnover_24h=1e14")
    assert (code, told) == (0, "")
    assert f"{venue}: 0 markets watched" in output
    assert "24 h turnover: " in output
    assert "at least 100,000,000,000,000 USDT" in output
    assert max(map(len, output.splitlines())) <= 120

    code, output, told = tidemark("universe", *at, "--watched", "--set", "universe.min_turnover_24h=1e14")
    assert (code, told) == (0, "")
    assert output == f"{venue}: no market to show; the exchange lists none that is asked for\n"


def test_an_exchange_that_cannot_be_reached_is_one_line(tidemark: Tidemark) -> None:
    code, output, told = tidemark("universe", "--set", "venue.rest_url=http://127.0.0.1:1")

    assert (code, output) == (1, "")
    assert told.count("\n") == 1
    assert "127.0.0.1:1" in told
