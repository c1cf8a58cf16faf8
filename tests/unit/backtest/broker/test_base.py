"""Every kind has its numbers, its default and its formula, and every model all of them."""

import inspect

import pytest
from tests.brokers import instrument

from tidemark.backtest.broker import registry
from tidemark.backtest.broker.base import DEFAULTS, FORMULAS, KINDS
from tidemark.kernels import broker_columns
from tidemark.units import MINUTE

EACH = [(kind, name) for kind in KINDS for name in registry.names(kind)]


def test_the_kinds_give_what_the_kernel_computes_with() -> None:
    given = [number for numbers in KINDS.values() for number in numbers]

    # Where recorded fundings stand is the account's business.
    assert sorted(given) == sorted({*broker_columns.RULES, *broker_columns.TIMING} - {"due_begin", "due_end"})
    assert KINDS.keys() == DEFAULTS.keys() == FORMULAS.keys()


@pytest.mark.parametrize(("kind", "name"), EACH, ids=str)
def test_a_model_gives_the_numbers_of_its_kind(kind: str, name: str) -> None:
    model = registry.find(kind, name)
    numbers = model.numbers(model.Parameters(), instrument(), MINUTE)

    assert set(numbers) == set(KINDS[kind])
    assert all(number == number and abs(number) < 1e18 for number in numbers.values())  # noqa: PLR0124 - not NaN
    assert model.TITLE
    assert model.__doc__


@pytest.mark.parametrize("kind", KINDS)
def test_the_formulas_of_a_kind_are_asked_in_the_same_way(kind: str) -> None:
    asked = {
        tuple(
            part.lstrip("_")
            for part in inspect.signature(getattr(registry.find(kind, name), FORMULAS[kind])).parameters
        )
        for name in registry.names(kind)
        if not (kind == "margin" and name == "cross")
    }

    assert len({len(names) for names in asked}) == 1
