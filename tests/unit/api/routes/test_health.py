from tests.api_process import Lived

from tidemark.api.routes.base import Nothing, Route
from tidemark.api.routes.health import ROUTES, Health, Status, parts_of, worst
from tidemark.model.events import StreamGap
from tidemark.units import MINUTE


def route(path: str) -> Route:
    (found,) = [one for one in ROUTES if one.path == path]
    return found


def health(process: Lived, path: str) -> tuple[Health, int]:
    told = route(path).give(process.monitor, Nothing())
    assert isinstance(told, Health)
    status = route(path).status
    return told, 200 if status is None else status(told)


def test_a_process_that_watches_is_well(own: Lived) -> None:
    told, status = health(own, "/health/ready")

    assert (told.status, status) == (Status.OK, 200)
    assert "trades of 20 of 20 markets come in" in [part.detail for part in told.parts]


def test_a_feed_that_is_dead_is_down_however_connected_it_is(own: Lived) -> None:
    own.clock.at_ns += 30 * MINUTE
    own.parts.sink.pass_time()
    own.parts.intake.flush()

    for path in ("/health", "/health/ready"):
        told, status = health(own, path)
        assert (told.status, status) == (Status.DOWN, 503), told
    assert health(own, "/health/live")[1] == 200
    assert parts_of(own.monitor)[0].detail == "trades of 0 of 20 markets come in"


def test_scores_that_are_not_made_any_more_are_down(own: Lived) -> None:
    # The clock goes on, and nobody tells the engine.
    own.clock.at_ns += MINUTE

    told, status = health(own, "/health/ready")

    assert status == 503
    assert {part.name: part.status for part in told.parts}["scores"] is Status.DOWN


def test_some_markets_that_fell_silent_make_it_ill_and_not_down(own: Lived) -> None:
    now = own.clock.at_ns
    silent = tuple(f"M{number:02}USDT" for number in range(4))
    own.parts.sink.on_event(
        StreamGap(
            ts_event=now, ts_recv=now, venue="bybit", channel="trades", symbols=silent, gap_from=now, cause="lost"
        )
    )
    own.parts.intake.flush()

    feed = parts_of(own.monitor)[0]

    assert (feed.status, feed.detail) == (Status.DEGRADED, "trades of 16 of 20 markets come in")
    assert worst(parts_of(own.monitor)) is Status.DEGRADED
    assert health(own, "/health")[1] == 200
