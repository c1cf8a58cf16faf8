import msgspec
from tests.scraped import families, scraped, value

from tidemark.api.metrics.clients import MOST, tell_push
from tidemark.api.metrics.exposition import Exposition


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What push tells of itself."""

    open: int
    capacity: int
    refused: int
    closed: dict[str, int]
    conflated: int


def figures(closed: dict[str, int]) -> Figures:
    return Figures(open=3, capacity=50, refused=2, closed=closed, conflated=17)


def test_push_clients_are_counted_and_why_they_were_closed() -> None:
    to = Exposition()

    tell_push(to, figures({"shutdown": 1, "slow": 4}))

    found = scraped(to.text())
    assert value(found, "tidemark_push_clients") == 3
    assert value(found, "tidemark_push_clients_capacity") == 50
    assert value(found, "tidemark_push_refused_total") == 2
    assert value(found, "tidemark_push_closed_total", reason="slow") == 4
    assert value(found, "tidemark_push_closed_total", reason="shutdown") == 1
    assert value(found, "tidemark_push_conflated_total") == 17


def test_reasons_that_are_no_closed_set_do_not_make_ever_more_series() -> None:
    to = Exposition()

    tell_push(to, figures({f"reason {number}": 1 for number in range(1000)}))

    assert len(scraped(to.text())) == 4 + MOST


def test_without_push_the_names_are_there_and_no_samples() -> None:
    to = Exposition()

    tell_push(to, None)

    assert scraped(to.text()) == {}
    assert "tidemark_push_closed_total" in families(to.text())


def test_the_counter_of_an_alert_is_there_before_it_rises() -> None:
    to = Exposition()

    tell_push(to, figures({}))

    assert value(scraped(to.text()), "tidemark_push_closed_total", reason="slow") == 0
