"""The soaks that are run again and again."""

import msgspec


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Hours of market, markets and messages a second; whether the process that tells people is killed now and then."""

    hours: float
    symbols: int
    rate: float
    kills_alerts: bool = False


PROFILES = {
    # Under three minutes: what grows fast, breaks a bound or loses a candle shows; slow growth cannot.
    "short": Profile(hours=3.0, symbols=150, rate=200.0),
    "full": Profile(hours=72.0, symbols=560, rate=750.0, kills_alerts=True),
}
