from tidemark.sim.limits import Window

MINUTE_MS = 60_000


def test_the_budget_is_counted_and_begins_anew_with_the_clock_minute() -> None:
    window = Window(100, MINUTE_MS)

    assert [window.spend(40, MINUTE_MS + k).used for k in range(2)] == [40, 80]
    fresh = window.spend(40, 2 * MINUTE_MS)
    assert (fresh.used, fresh.refused, fresh.resets_ms) == (40, None, 3 * MINUTE_MS)


def test_one_past_the_budget_is_refused_until_the_window_ends() -> None:
    window = Window(100, MINUTE_MS)
    assert window.spend(100, 10_000).refused is None

    verdict = window.spend(1, 10_500)

    assert (verdict.refused, verdict.used, verdict.retry_after_s) == ("limited", 101, 50)


def test_who_goes_on_is_banned_past_the_window() -> None:
    window = Window(1, MINUTE_MS, patience=2, ban_s=120)
    verdicts = [window.spend(1, 0).refused for _ in range(4)]

    assert verdicts == [None, "limited", "limited", "banned"]
    still = window.spend(1, 90_000)
    assert (still.refused, still.retry_after_s) == ("banned", 30)
    assert window.spend(1, 120_000).refused is None


def test_what_was_spent_can_be_told_without_spending() -> None:
    window = Window(100, MINUTE_MS)
    window.spend(40, 10)

    assert (window.told(20).used, window.told(20).resets_ms, window.told(MINUTE_MS).used) == (40, MINUTE_MS, 0)
    assert window.spend(1, 30).used == 41
