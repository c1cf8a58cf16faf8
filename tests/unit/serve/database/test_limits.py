from tidemark.serve.database.limits import Limits


def test_a_pool_has_ten_connections_and_ten_more() -> None:
    limits = Limits()

    assert (limits.kept, limits.most, limits.waiting) == (10, 20, 100)
    assert (limits.wait_s, limits.renew_s, limits.command_s, limits.held_s) == (30.0, 3600.0, 60.0, 10.0)
