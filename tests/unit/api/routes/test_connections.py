from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.connections import ROUTES, Connections


def test_a_process_that_never_connected_has_none(monitor: Monitor) -> None:
    told = ROUTES[0].give(monitor, Nothing())

    assert isinstance(told, Connections)
    assert (told.venue, told.connections) == ("bybit", ())
