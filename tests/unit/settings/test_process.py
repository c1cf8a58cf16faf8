import pytest

from tidemark.errors import SettingsError
from tidemark.settings.settings import load


def test_the_transient_share_is_smaller_than_the_budget() -> None:
    with pytest.raises(SettingsError, match=r"memory.transient is 64.0 MB and memory.budget 64.0 MB"):
        load(None, {}, {"memory.budget": "64MB", "memory.transient": "64MB"})
