"""Which instruments exist: names, price levels, ticks and lots, and those that an adapter must refuse."""

import math
from collections.abc import Iterator

import msgspec
import numpy as np

from tidemark.sim.market import Contract, Market, State

# Levels of a day in late 2025; only their size matters.
KNOWN = (
    ("BTC", 84800.0), ("ETH", 2750.0), ("SOL", 128.0), ("XRP", 1.95), ("DOGE", 0.139), ("BNB", 825.0),
    ("1000PEPE", 0.0041), ("ADA", 0.41), ("SUI", 1.38), ("LINK", 12.2), ("AVAX", 13.1), ("LTC", 83.0),
    ("TRX", 0.275), ("DOT", 2.31), ("BCH", 545.0), ("NEAR", 1.84), ("APT", 2.28), ("ARB", 0.198), ("OP", 0.295),
    ("FIL", 1.58), ("ETC", 13.2), ("UNI", 6.1), ("ATOM", 2.45), ("AAVE", 158.0), ("INJ", 5.3), ("TIA", 0.59),
    ("SEI", 0.127), ("WIF", 0.33), ("1000BONK", 0.0093), ("1000SHIB", 0.0077), ("1000FLOKI", 0.044), ("HBAR", 0.132),
    ("XLM", 0.226), ("ALGO", 0.133), ("ICP", 4.05), ("VET", 0.0131), ("RUNE", 0.58), ("SAND", 0.154), ("MANA", 0.158),
    ("AXS", 0.88), ("GALA", 0.0072), ("CRV", 0.385), ("LDO", 0.61), ("ENA", 0.236), ("ONDO", 0.47), ("JUP", 0.228),
    ("PYTH", 0.071), ("STRK", 0.133), ("ORDI", 3.6), ("WLD", 0.59), ("FET", 0.248), ("TAO", 278.0), ("HYPE", 33.0),
    ("POL", 0.132), ("DYDX", 0.227), ("GMX", 8.9), ("ZEC", 540.0), ("DASH", 58.0), ("XMR", 355.0), ("KAS", 0.043),
)  # fmt: skip
HEADS = (
    "A",
    "Be",
    "Co",
    "Dra",
    "El",
    "Fi",
    "Gra",
    "Hy",
    "Io",
    "Ka",
    "Lu",
    "Me",
    "No",
    "Or",
    "Pa",
    "Qu",
    "Ri",
    "Sa",
    "Ta",
    "Um",
    "Vo",
    "We",
    "Xa",
    "Yo",
    "Ze",
)
TAILS = (
    "ra",
    "lix",
    "dex",
    "mos",
    "na",
    "ton",
    "vex",
    "ry",
    "pad",
    "zor",
    "lo",
    "fi",
    "gen",
    "hub",
    "ly",
    "max",
    "nix",
    "oil",
    "py",
    "sy",
    "tic",
    "us",
    "va",
    "wen",
    "yx",
)
DAY_MS = 86_400_000
PERPETUAL_DELIVERY_MS = 4_133_404_800_000
EXACT = {"BTC": (0.1, 0.001), "ETH": (0.01, 0.001)}


def grid(base: str, price: float) -> tuple[float, int, float, int]:
    """Tick size, its decimals, lot size and its decimals that fit a price level: about 5 digits, about 2 USDT a lot."""
    level = math.floor(math.log10(price))
    tick, lot = EXACT.get(base, (10.0 ** (level - 4), 10.0 ** round(math.log10(2.0 / price))))
    decimals = max(0, -math.floor(math.log10(tick) + 1e-9))
    # Some markets move in steps of five, so that a tick is not always a power of ten.
    if base not in EXACT and sum(base.encode()) % 7 == 0:
        tick *= 5.0
    return round(tick, decimals), decimals, lot, max(0, -math.floor(math.log10(lot) + 1e-9))


class Universe:
    """A seeded, endless supply of perpetuals: first the known names by turnover, then plausible made-up ones."""

    def __init__(self, seed: int, start_ms: int) -> None:
        self._rng = np.random.default_rng((seed, 1))
        self._start_ms = start_ms
        self._drawn = 0

    def draw(self, launched_ms: int | None = None) -> Market:
        """The next perpetual; the further down, the less it trades."""
        number = self._drawn
        self._drawn += 1
        if number < len(KNOWN):
            base, price = KNOWN[number]
        else:
            base = self._invent(number - len(KNOWN))
            price = float(np.exp(self._rng.normal(-1.6, 1.9)))
        age_days = 1 + int(self._rng.integers(30, 2000))
        tick, price_decimals, lot, lot_decimals = grid(base, price)
        return Market(
            symbol=f"{base}USDT",
            base=base,
            quote="USDT",
            settle="USDT",
            tick_size=tick,
            price_decimals=price_decimals,
            lot_size=lot,
            lot_decimals=lot_decimals,
            start_price=max(1, round(price / tick)) * tick,
            launched_ms=self._start_ms - age_days * DAY_MS if launched_ms is None else launched_ms,
            funding_interval_h=1 if number % 10 == 7 else 4 if number % 3 == 1 else 8,
            activity=1.0 / (min(number, 2000) + 2.0) ** 1.1,
        )

    @staticmethod
    def _invent(number: int) -> str:
        """A base coin: every number another name, none of them a known one."""
        head, rest = number % len(HEADS), number // len(HEADS)
        tail, again = (rest + head * 7) % len(TAILS), rest // len(TAILS)
        name = HEADS[head] + TAILS[tail] + (str(again) if again else "")
        known = {base for base, _ in KNOWN}
        return name.upper() if name.upper() not in known else f"{name.upper()}X"


def strangers(venue: str, start_ms: int) -> Iterator[Market]:
    """Instruments beside the USDT perpetuals: listed as the venue lists them, without trades."""
    tick, price_decimals, lot, lot_decimals = grid("BTC", 84800.0)
    bitcoin = Market(
        symbol="BTCUSDT_261225",
        base="BTC",
        quote="USDT",
        settle="USDT",
        tick_size=tick,
        price_decimals=price_decimals,
        lot_size=lot,
        lot_decimals=lot_decimals,
        start_price=84800.0,
        launched_ms=start_ms - 90 * DAY_MS,
        contract=Contract.QUARTERLY,
        delivery_ms=start_ms + 34 * DAY_MS,
    )

    def like(**changes: object) -> Market:
        return msgspec.structs.replace(bitcoin, **changes)

    perpetual = {"contract": Contract.PERPETUAL, "delivery_ms": 0}
    if venue == "binance":
        yield bitcoin
        yield like(symbol="BTCUSDC", quote="USDC", settle="USDC", **perpetual)
        yield like(symbol="BTCUSD_PERP", quote="USD", settle="BTC", contract=Contract.INVERSE, delivery_ms=0)
        yield like(
            symbol="ETHUSD_PERP", base="ETH", quote="USD", settle="ETH", contract=Contract.INVERSE, delivery_ms=0
        )
        yield like(
            symbol="币安人生USDT", base="币安人生", tick_size=0.0001, price_decimals=4, start_price=0.1234, **perpetual
        )
        yield like(symbol="TSLAUSDT", base="TSLA", contract=Contract.TRADIFI, start_price=395.0, delivery_ms=0)
        yield like(symbol="OMGUSDT", base="OMG", state=State.SETTLING, start_price=0.2, tick_size=0.0001,
                   price_decimals=4, **perpetual)  # fmt: skip
    else:
        yield like(symbol="BTC-25DEC26")
        yield like(symbol="BTCPERP", quote="USDC", settle="USDC", **perpetual)
        yield like(symbol="BTCUSD", quote="USD", settle="BTC", contract=Contract.INVERSE, delivery_ms=0)
        yield like(
            symbol="币安人生USDT", base="币安人生", tick_size=0.0001, price_decimals=4, start_price=0.1234, **perpetual
        )
        yield like(symbol="OMGUSDT", base="OMG", state=State.PENDING, start_price=0.2, tick_size=0.0001,
                   price_decimals=4, **perpetual)  # fmt: skip
