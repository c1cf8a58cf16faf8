from tidemark.api.server import Server
from tidemark.live.beside import Beside
from tidemark.settings.settings import load


def test_the_server_is_something_that_runs_beside() -> None:
    server: Beside = Server(load(None, {}, {}))

    planned = server.reserve(load(None, {}, {}).settings, 10)
    more = server.reserve(load(None, {}, {}).settings, 20)

    assert len({one.owner for one in planned}) == len(planned) > 0
    assert sum(one.bytes for one in more) > sum(one.bytes for one in planned)
