import msgspec

from tidemark.api.past_backtests import EquityPoints, KeptBacktest, ListedBacktest


def test_a_run_is_known_before_anything_came_of_it() -> None:
    listed = ListedBacktest(
        id="a-1", name="a", state="running", created_at=1, ended_at=None, strategy="/s/a.py", kind="A", data="{}",
        error=None, trips=None, total_return=None, sharpe=None, max_drawdown=None,
    )  # fmt: skip
    kept = KeptBacktest(listed=listed, settings="{}", result=None)

    assert msgspec.structs.replace(kept, result="{}").listed == listed
    assert EquityPoints(at=(), equity=(), drawdown=(), exposure=()).at == ()
