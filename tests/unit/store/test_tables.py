import sqlalchemy as sa
from tests.past import gap, row_of

from tidemark.store.tables import GAPS, METADATA, gap_of, line_of


def test_a_gap_comes_back_as_it_was_put_there() -> None:
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    told = [gap(1), gap(2, gap_to=9)]

    with engine.begin() as connection:
        connection.execute(sa.insert(GAPS), [row_of(one) for one in told])
        assert [gap_of(row) for row in connection.execute(sa.select(GAPS).order_by(GAPS.c.gap_from))] == told
    engine.dispose()


def test_what_a_driver_said_is_one_line_of_a_bounded_length() -> None:
    assert line_of(ValueError("one\n  two")) == "one two"
    assert len(line_of(ValueError("x" * 1000))) == 300
