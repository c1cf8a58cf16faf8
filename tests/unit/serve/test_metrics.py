from tests.scraped import scraped, value

from tidemark.api.push.house import House
from tidemark.clock import SystemClock
from tidemark.live.lags import Lags
from tidemark.memory.ledger import Ledger
from tidemark.serve.metrics import Metrics
from tidemark.serve.relay.rest import Figures
from tidemark.serve.relay.topics import RelayTopics
from tidemark.serve.relay.upstream import Upstream


def test_every_owner_is_told_and_redis_only_where_there_is_one() -> None:
    clock, ledger = SystemClock(), Ledger()
    upstream = Upstream("http://127.0.0.1:1", None, ledger)
    topics = RelayTopics(clock, clients=4, ledger=ledger)
    house = House(topics, clock, slots=House.account(4, ledger))
    lags, figures = Lags(ledger), Figures(trusted=3, fetched=1)
    up: bool | None = None
    metrics = Metrics(clock, ledger, lags=lags, upstream=upstream, relay=figures, push=house.figures, shared=lambda: up)

    alone = scraped(metrics.render().decode())
    up = False
    shared = scraped(metrics.render().decode())

    for owner in ledger.report():
        assert value(alone, "tidemark_owner_reserved_bytes", owner=owner.owner, kind=owner.kind) == owner.bytes_reserved
    assert value(alone, "tidemark_serve_answers_total", how="trusted") == 3
    assert value(alone, "tidemark_push_clients_capacity") == 4
    assert value(alone, "tidemark_serve_redis_up") is None
    assert value(shared, "tidemark_serve_redis_up") == 0
