"""Real recordings of derivatives through the parsers and the market's state."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
import zstandard
from tests.build import engine

from tidemark.errors import FrameError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.queries import DerivativeQueries
from tidemark.market.funding import SETTLEMENTS, Fundings
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import Liquidation, TickerUpdate
from tidemark.units import HOUR, MILLISECOND, SECOND

Recorded = Callable[[str], Path]
# After everything that was recorded, and by far.
RECV = 1_900_000_000 * SECOND
BINANCE = registry.find("binance")
BYBIT = registry.find("bybit")


def members(path: Path) -> dict[str, bytes]:
    """The files of an archive, by the last part of their names."""
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        whole = io.BytesIO(reader.read())
    found = {}
    with tarfile.open(fileobj=whole) as archive:
        for member in archive.getmembers():
            body = archive.extractfile(member)
            if body is not None:
                found[member.name.rpartition("/")[2]] = body.read()
    return found


def answers(recorded: Recorded, route: str) -> list[Any]:
    """The replies that were recorded of one of Binance's routes, those to requests by pair (coin-margined) left out."""
    routes = json.loads(members(recorded("rest_ws/gocryptotrader_binance_http.tar.zst"))["http.json"])["routes"]
    return [
        entry["data"]
        for entry in routes[route]["GET"]
        if entry.get("data") is not None and "pair=" not in (entry.get("queryString") or "")
    ]


def parse_rows(recorded: Recorded, route: str, parse: Callable[[bytes, str], list[Any]]) -> list[tuple[int, int, int]]:
    """Of each reply: its rows, the events that came out, and whether these are in order of time."""
    outcome = []
    for data in answers(recorded, route):
        events = parse(json.dumps(data).encode(), data[0]["symbol"])
        times = [event.ts_event for event in events]
        outcome.append((len(data), len(events), int(times == sorted(times))))
    return outcome


def test_recorded_open_interest_of_binance_is_read_whole(recorded: Recorded) -> None:
    queries = BINANCE.derivatives

    history = parse_rows(
        recorded,
        "/futures/data/openInterestHist",
        lambda body, symbol: queries.parse_open_interest_history(body, symbol, RECV),
    )
    (now,) = answers(recorded, "/fapi/v1/openInterest")
    latest = queries.parse_open_interest(json.dumps(now).encode(), "BTCUSDT", RECV)

    assert history == [(10, 10, 1), (1, 1, 1), (10, 10, 1)]
    assert latest is not None
    assert (latest.value, latest.ts_event) == (83782.317, 1702244985273 * MILLISECOND)


def test_recorded_funding_and_ratios_of_binance_are_read_whole(recorded: Recorded) -> None:
    queries = BINANCE.derivatives

    fundings = parse_rows(
        recorded, "/fapi/v1/fundingRate", lambda body, symbol: queries.parse_funding_history(body, symbol, RECV)
    )
    ratios = parse_rows(
        recorded,
        "/futures/data/globalLongShortAccountRatio",
        lambda body, symbol: queries.parse_long_short_ratio(body, symbol, RECV),
    )

    assert [rows for rows, *_ in fundings][:3] == [1, 100, 1]
    assert len(fundings) == 6
    assert all(rows == events and ordered for rows, events, ordered in fundings)
    assert all(rows == events and ordered for rows, events, ordered in ratios)
    assert [rows for rows, *_ in ratios] == [30, 10, 10, 3, 28]


def test_recorded_marks_of_binance_are_read_and_coin_margined_ones_are_passed_over(recorded: Recorded) -> None:
    one, some = answers(recorded, "/fapi/v1/premiumIndex")
    (dated, *_) = answers(recorded, "/dapi/v1/premiumIndex")

    updates = BINANCE.derivatives.parse_marks(json.dumps(some).encode(), RECV)

    assert isinstance(one, dict)
    assert [update.symbol for update in updates] == [row["symbol"] for row in some]
    assert all(update.mark and update.index and update.next_funding_at for update in updates)
    assert BINANCE.derivatives.parse_marks(json.dumps(dated).encode(), RECV) == []


@pytest.mark.parametrize(
    ("file", "parse", "count"),
    [
        (
            "http_futures_market_funding_rate.json",
            lambda queries, body: queries.parse_funding_history(body, "BTCUSDT", RECV),
            2,
        ),
        (
            "http_futures_market_global_long_short_account_ratio.json",
            lambda queries, body: queries.parse_long_short_ratio(body, "BTCUSDT", RECV),
            2,
        ),
        (
            "http_futures_market_open_interest_historical.json",
            lambda queries, body: queries.parse_open_interest_history(body, "BTCUSDT", RECV),
            2,
        ),
    ],
)
def test_the_documented_samples_of_binance_are_read(
    recorded: Recorded, file: str, parse: Callable[[DerivativeQueries, bytes], list[Any]], count: int
) -> None:
    body = members(recorded("rest_ws/nautilus_bybit_binance_public.tar.zst"))[file]

    assert len(parse(BINANCE.derivatives, body)) == count


def test_the_documented_settlements_of_bybit_are_read_oldest_first(recorded: Recorded) -> None:
    body = members(recorded("rest_ws/nautilus_bybit_binance_public.tar.zst"))["http_get_funding_history.json"]

    settled = BYBIT.derivatives.parse_funding_history(body, "BTCUSDT", RECV)

    assert [(one.rate, one.due_at // SECOND) for one in settled] == [(0.00015, 1709856000), (0.0001, 1709884800)]


def test_a_reply_for_another_market_is_refused(recorded: Recorded) -> None:
    (now,) = answers(recorded, "/fapi/v1/openInterest")

    with pytest.raises(FrameError, match="reply for ETHUSDT speaks of another symbol"):
        BINANCE.derivatives.parse_open_interest(json.dumps(now).encode(), "ETHUSDT", RECV)


def test_recorded_liquidations_are_longs_at_the_average_fill_and_at_the_bankruptcy_price(recorded: Recorded) -> None:
    frames = recorded("ws/captured_2026_frames.jsonl").read_bytes().splitlines()
    binance = [event for frame in frames if b"forceOrder" in frame for event in BINANCE.parser({}).parse(frame, RECV)]
    bybit = [event for frame in frames if b"allLiquidation" in frame for event in BYBIT.parser({}).parse(frame, RECV)]

    # `ap` and `z`, not `p` 82338.30 and `l` 0.155; the order that SELLs closes a long.
    assert binance == [
        Liquidation(
            ts_event=1791565602120 * MILLISECOND,
            ts_recv=RECV,
            symbol="BTCUSDT",
            price=82651.9,
            size=0.19,
            is_long=True,
        )
    ]
    assert [(event.price, event.size, event.is_long) for event in bybit if isinstance(event, Liquidation)] == [
        (82396.9, 0.006, True),
        (82394.3, 0.038, True),
    ]


def test_recorded_liquidations_that_come_again_are_summed_once(recorded: Recorded) -> None:
    frames = recorded("ws/captured_2026_frames.jsonl").read_bytes().splitlines()
    made = engine(["BTCUSDT"])
    parser = BYBIT.parser(made.universe.slots)
    at = 1791565602 * SECOND
    batch = Batch(8192)

    for frame in [frame for frame in frames if b"allLiquidation" in frame] * 3:
        parser.feed(frame, at, batch)
        made.process(batch)
        batch.clear()

    liquidations = made.derivatives.liquidations
    assert (made.counters.derivatives, liquidations.duplicates) == (2, 4)
    liquidations.mark_gap(np.zeros(1, np.int32), None, at - HOUR, is_venue=False)
    totals = liquidations.totals(0, at)
    assert totals is not None
    assert (totals.longs, totals.shorts, totals.short_turnover) == (2, 0, 0.0)
    assert totals.long_turnover == pytest.approx(82396.9 * 0.006 + 82394.3 * 0.038)
    assert totals.last_at == 1791565601058 * MILLISECOND


def test_a_recorded_ticker_tells_open_interest_funding_and_basis(recorded: Recorded) -> None:
    files = members(recorded("rest_ws/nautilus_bybit_binance_public.tar.zst"))
    made = engine(["BTCUSDT"])
    parser = BYBIT.parser(made.universe.slots)
    batch = Batch(8192)
    at = 1673272861686 * MILLISECOND

    parser.feed(json.dumps(json.loads(files["ws_ticker_linear.json"]), separators=(",", ":")).encode(), at, batch)
    made.process(batch)

    open_interest, basis = made.derivatives.open_interest.latest(0), made.tickers.basis(0)
    assert open_interest is not None
    assert basis is not None
    assert open_interest.value == 68744.761
    assert basis.value == pytest.approx((17217.33 / 17227.36 - 1) * 10_000)
    funding = made.derivatives.funding(0)
    assert (funding.rate, funding.next_at) == (-0.000212, 1673280000000 * MILLISECOND)


def test_a_recorded_mark_price_of_binance_tells_funding_and_basis(recorded: Recorded) -> None:
    files = members(recorded("rest_ws/nautilus_bybit_binance_public.tar.zst"))
    (update,) = BINANCE.parser({}).parse(files["mark_price_stream.json"], RECV)

    assert isinstance(update, TickerUpdate)
    assert (update.mark, update.index, update.funding_rate) == (11794.15, 11784.62659091, 0.00038167)
    assert update.next_funding_at == 1562306400000 * MILLISECOND


@pytest.mark.parametrize(
    ("name", "symbols", "settlements", "jitter_ms"),
    [("binance_um_funding_2023-07_08_61sym", 61, 5702, 5), ("binance_um_funding_dev_to2025-06", 12, 8141, 0)],
)
def test_the_interval_of_every_recorded_market_is_known_after_two_settlements_and_stays(
    recorded: Recorded, name: str, symbols: int, settlements: int, jitter_ms: int
) -> None:
    table = pyarrow.parquet.read_table(recorded(f"deriv/{name}.parquet"))
    stamps = table.column("ts").to_numpy().astype("datetime64[ms]").astype(np.int64)
    markets = np.array(table.column("symbol").to_pylist())
    rates = table.column("open").to_numpy()
    made = Fundings(series=symbols, ledger=Ledger())
    minute_ms = 60_000

    seen: set[int] = set()
    for slot, market in enumerate(np.unique(markets)):
        own = markets == market
        order = np.argsort(stamps[own])
        for number, (at, rate) in enumerate(zip(stamps[own][order], rates[own][order], strict=True)):
            assert made.add(slot, float(rate), int(at) * MILLISECOND, RECV)
            if number:
                seen.add(made.interval_ns(slot) or 0)
        due, kept = made.settled(slot)
        expected = stamps[own][order][-SETTLEMENTS:]
        assert due.tolist() == ((expected + minute_ms // 2) // minute_ms * minute_ms * MILLISECOND).tolist()
        assert kept.tolist() == rates[own][order][-SETTLEMENTS:].tolist()

    assert len(stamps) == settlements
    assert seen == {8 * HOUR}
    assert int(np.abs((stamps + minute_ms // 2) % minute_ms - minute_ms // 2).max()) == jitter_ms
    assert made.refused == 0
