"""What the frames say is tested in tests/unit/sim/binance; here, that both modes write the same ones."""

from tests.kernels_modes import printed

_TOPICS = [
    "!ticker@arr", "!miniTicker@arr", "!markPrice@arr@1s",
    *(
        f"{symbol}@{kind}"
        for symbol in ("btcusdt", "ethusdt", "solusdt", "xrpusdt", "dogeusdt", "bnbusdt", "1000pepeusdt")
        for kind in (
            "aggTrade", "trade", "bookTicker", "depth@100ms", "depth", "kline_1m", "kline_5m", "ticker", "miniTicker",
            "markPrice", "forceOrder",
        )
    ),
]  # fmt: skip
_FRAMES = """
import hashlib
from tidemark.sim.faults import Faults
from tidemark.sim.generator import generated
from tidemark.sim.settings import SimSettings
source = generated(SimSettings(venue="binance", symbols=6, rate=150.0, churn_s=3.0), 1_763_711_997_000_000_000)
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
