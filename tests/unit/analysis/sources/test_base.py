import pytest
from tests.build import MIDNIGHT, engine

from tidemark.analysis.analysis import Weights
from tidemark.analysis.sources import registry
from tidemark.memory.ledger import Ledger


@pytest.mark.parametrize("name", registry.names())
def test_a_source_gives_its_columns_of_all_slots_and_knows_nothing_of_markets_without_data(name: str) -> None:
    made = engine([], weights=Weights())
    assert made.analysis is not None
    source = registry.find(name).open(made.analysis.markets, series=4, ledger=Ledger())

    columns = source.read(MIDNIGHT)

    assert set(columns) <= set(registry.given(name))
    for column in columns.values():
        assert column.values.shape == column.is_known.shape == (4,)
        assert not column.is_known.any()


@pytest.mark.parametrize("name", registry.names())
def test_a_source_takes_what_it_reserved(name: str) -> None:
    made = engine(weights=Weights())
    assert made.analysis is not None
    ledger = Ledger()
    registry.find(name).open(made.analysis.markets, series=4, ledger=ledger)

    reserved = {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"}
    assert reserved == {one.owner: one.bytes for one in registry.find(name).reserve(series=4)}
