import msgspec
from tests.scraped import families, scraped, value

from tidemark.api.metrics.database import tell_database
from tidemark.api.metrics.exposition import Exposition
from tidemark.api.past import PoolFigures


class Told(msgspec.Struct, kw_only=True):
    """What is known of the reader process."""

    begun: int = 1
    resident: int = 100_000
    figures: PoolFigures | None = None
    is_running: bool = True


def pool(**figures: object) -> PoolFigures:
    nothing = PoolFigures(
        kind="sqlite", url="sqlite:///x", kept=10, beyond=10, open=0, lent=0, waiting=0, answered=0, refused=0,
        timeouts=0, statements_ended=0, errors=0, longest_held_s=0.0, slowest_s=0.0, slowest="", failure=None,
    )  # fmt: skip
    return msgspec.structs.replace(nothing, **figures)


def told(reading: Told | None) -> str:
    to = Exposition()
    tell_database(to, reading)
    return to.text()


def test_a_process_that_runs_tells_of_its_pool() -> None:
    found = scraped(told(Told(figures=pool(open=12, lent=11, waiting=3, answered=70, errors=2, slowest_s=0.5))))

    names = ("connections", "lent", "overflow", "waiting", "statement_seconds_max", "questions_total", "errors_total")
    figures = [value(found, f"tidemark_database_pool_{name}", pool="sqlite") for name in names]
    assert figures == [12, 11, 2, 3, 0.5, 70, 2]
    assert value(found, "tidemark_database_reader_bytes") == 100_000
    assert value(found, "tidemark_database_reader_begun_total") == 1


def test_one_that_ended_holds_nothing_and_its_counters_stay() -> None:
    found = scraped(told(Told(figures=pool(open=5, lent=1, answered=7), resident=0, is_running=False)))

    names = ("connections", "lent", "questions_total")
    assert [value(found, f"tidemark_database_pool_{name}", pool="sqlite") for name in names] == [0, 0, 7]


def test_before_anybody_asked_the_names_are_there_and_no_pool() -> None:
    assert scraped(told(None)) == {}
    assert len(scraped(told(Told(begun=0, resident=0)))) == 2
    assert families(told(None)) == families(told(Told(figures=pool())))
