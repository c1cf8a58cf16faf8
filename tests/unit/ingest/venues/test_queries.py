import inspect

import pytest

from tidemark.ingest.venues import registry
from tidemark.ingest.venues.queries import Queries


@pytest.mark.parametrize("name", registry.names())
def test_the_rest_module_of_a_venue_answers_every_query_with_the_parameters_that_are_asked(name: str) -> None:
    module = registry.find(name).rest

    for query, wanted in inspect.getmembers(Queries, inspect.isfunction):
        if query.startswith("_"):
            continue
        offered = inspect.signature(getattr(module, query)).parameters
        assert list(offered) == list(inspect.signature(wanted).parameters)[1:], query
