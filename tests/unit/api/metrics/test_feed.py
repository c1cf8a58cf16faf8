from tests.scraped import scraped, value

from tidemark.api.metrics.exposition import Exposition
from tidemark.api.metrics.feed import MOST_CONNECTIONS, tell_feed
from tidemark.ingest.connection import ConnectionStatus, State


def status(number: int, *, state: State = State.LIVE, age_s: float | None = 0.25) -> ConnectionStatus:
    return ConnectionStatus(
        connection_id=f"bybit-{number}",
        url="wss://localhost",
        state=state,
        since_ns=0,
        topics=200,
        frames=1000 + number,
        bytes=5000,
        reconnects=number,
        failures=3 if state is State.WAITING else 0,
        last_frame_age_s=age_s,
    )


def test_each_connection_tells_of_itself() -> None:
    to = Exposition()

    tell_feed(to, [status(1), status(2, state=State.WAITING, age_s=None)])

    found = scraped(to.text())
    names = [{"connection": f"bybit-{number}"} for number in (1, 2)]
    for name, expected in (
        ("live", [1, 0]),
        ("topics", [200, 200]),
        ("messages_total", [1001, 1002]),
        ("received_bytes_total", [5000, 5000]),
        ("reconnects_total", [1, 2]),
        ("failures", [0, 3]),
        ("last_message_age_seconds", [0.25, None]),
    ):
        assert [value(found, f"tidemark_connection_{name}", **labels) for labels in names] == expected, name


def test_without_a_connection_there_is_the_count_alone() -> None:
    to = Exposition()

    tell_feed(to, [])

    assert scraped(to.text()) == {("tidemark_connections", ()): 0, ("tidemark_connections_live", ()): 0}


def test_more_than_the_first_ones_are_counted_and_not_told_one_by_one() -> None:
    to = Exposition()

    tell_feed(to, [status(number) for number in range(500)])

    found = scraped(to.text())
    assert value(found, "tidemark_connections") == 500
    assert value(found, "tidemark_connections_live") == 500
    assert len(found) == 2 + 7 * MOST_CONNECTIONS
