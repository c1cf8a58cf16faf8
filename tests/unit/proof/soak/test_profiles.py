from tidemark.proof.soak.profiles import PROFILES, Profile


def test_the_full_one_is_three_days_of_a_whole_market_and_the_short_one_is_less_of_everything() -> None:
    full, short = PROFILES["full"], PROFILES["short"]

    assert full == Profile(hours=72.0, symbols=560, rate=750.0, kills_alerts=True)
    assert (short.hours, short.symbols, short.rate) < (full.hours, full.symbols, full.rate)
    # Killed, it does not live long enough in a short one.
    assert not short.kills_alerts
    # Fewer looks than that give no verdict.
    assert short.hours * 60 > 96
