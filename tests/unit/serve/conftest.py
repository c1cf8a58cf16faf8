"""One process for all tests that only read it."""

import asyncio

import pytest
from tests.api_process import Lived
from tests.unit.serve.made import lived_in


@pytest.fixture(scope="package")
def process(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """It watched twenty markets for some minutes."""
    return asyncio.run(lived_in(tmp_path_factory.mktemp("process")))
