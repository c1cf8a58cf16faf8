"""The desk of the tests of the broker: of either mode, and on either side of the market."""

from typing import Any

import pytest
from tests.brokers import MODES, Desk, Make


@pytest.fixture(params=[(mode, is_mirrored) for mode in MODES for is_mirrored in (False, True)], ids=str)
def desk(request: pytest.FixtureRequest) -> Make:
    mode, is_mirrored = request.param

    def make(**given: Any) -> Desk:
        return Desk(mode=mode, is_mirrored=is_mirrored, **given)

    return make
