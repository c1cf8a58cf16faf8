import pytest
from tests.scraped import families, scraped, value

from tidemark.api.metrics.exposition import Exposition, labels


def test_a_figure_has_its_kind_and_its_words() -> None:
    to = Exposition()
    to.gauge("tidemark_markets", "Markets that are watched.", 560)
    to.counter("tidemark_messages_total", "Messages.", 12)

    assert to.text() == (
        "# HELP tidemark_markets Markets that are watched.\n# TYPE tidemark_markets gauge\ntidemark_markets 560\n"
        "# HELP tidemark_messages_total Messages.\n# TYPE tidemark_messages_total counter\ntidemark_messages_total 12\n"
    )


def test_what_is_not_known_has_a_name_and_no_sample() -> None:
    to = Exposition()
    to.gauge("tidemark_growth", "Growth.", None)
    to.counters("tidemark_closed_total", "Closed.", ())

    assert families(to.text()) == {"tidemark_growth": "gauge", "tidemark_closed_total": "counter"}
    assert scraped(to.text()) == {}


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "a\\nb", "ä", "{}=,", ""])
def test_a_label_comes_back_as_it_was(name: str) -> None:
    to = Exposition()
    to.gauges("tidemark_x", "X.", [(labels(owner=name, kind="ring"), 1)])

    assert value(scraped(to.text()), "tidemark_x", owner=name, kind="ring") == 1


@pytest.mark.parametrize("number", [0, -1, 2**62, 0.1, 1e-9, 1e20, -2.5])
def test_a_number_comes_back_as_it_was(number: float) -> None:
    to = Exposition()
    to.gauge("tidemark_x", "X.", number)

    assert value(scraped(to.text()), "tidemark_x") == float(number)


def test_a_histogram_ends_with_all_of_them() -> None:
    to = Exposition()
    to.histogram("tidemark_lag_seconds", "Lag.", {0.001: 3, 1.0: 4}, 5, 2.5)

    found = scraped(to.text())

    assert families(to.text()) == {"tidemark_lag_seconds": "histogram"}
    assert value(found, "tidemark_lag_seconds_bucket", le="0.001") == 3
    assert value(found, "tidemark_lag_seconds_bucket", le="1") == 4
    assert value(found, "tidemark_lag_seconds_bucket", le="+Inf") == 5
    assert value(found, "tidemark_lag_seconds_count") == 5
    assert value(found, "tidemark_lag_seconds_sum") == 2.5
