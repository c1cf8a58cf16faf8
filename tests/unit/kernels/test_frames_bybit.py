"""What the frames say is tested in tests/unit/sim/bybit; here, that both modes write the same ones."""

from tests.kernels_modes import printed

from tidemark.kernels.page import Page
from tidemark.sim.generator import generated
from tidemark.sim.settings import SimSettings
from tidemark.sim.wanted import Wanted

_TOPICS = [
    f"{kind}.{symbol}"
    for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT", "BNBUSDT", "1000PEPEUSDT")
    for kind in (
        "publicTrade", "tickers", "orderbook.1", "orderbook.50", "orderbook.200", "kline.1", "kline.5",
        "allLiquidation",
    )
]  # fmt: skip
_FRAMES = """
import hashlib
from tidemark.sim.faults import Faults
from tidemark.sim.generator import generated
from tidemark.sim.settings import SimSettings
source = generated(SimSettings(venue="bybit", symbols=6, rate=150.0, churn_s=3.0), 1_763_711_997_000_000_000)
source.faults = Faults(book_restart=0.05, trade_missing=0.05)
topics = TOPICS
print([source.snapshot(topic) for topic in topics])
told = hashlib.sha256()
count = 0
for _ in range(40):
    for frame in source.advance(topics, 1.0, 7):
        told.update(repr(frame).encode())
        count += 1
print(count, told.hexdigest())
"""


def test_both_modes_write_the_same_bytes() -> None:
    code = _FRAMES.replace("TOPICS", repr(_TOPICS))
    told = printed(code, is_pure=True)

    assert told == printed(code, is_pure=False)
    assert int(told.splitlines()[-1].split()[0]) > 1_000


def test_a_page_ends_before_what_is_not_due() -> None:
    source = generated(SimSettings(venue="bybit", symbols=3, rate=200.0), 1_763_712_000_000_000_000)
    wanted = Wanted(["publicTrade.BTCUSDT", "tickers.BTCUSDT"])
    page = Page(1 << 20, source.now_ns() + 100_000_000)

    next(source.pages(page, wanted, 1.0, 0))

    assert page.count > 0
    assert page.last_ns() <= page.until_ns < page.next_ns
