import pytest

from tidemark.errors import SettingsError
from tidemark.settings.settings import load


def test_the_address_of_a_database_is_shown_to_nobody() -> None:
    loaded = load(None, {}, {"store.database": "postgresql+psycopg://me:word@host/db"})

    (row,) = [row for row in loaded.effective() if row.key == "store.database"]

    assert loaded.settings.store.database is not None
    assert loaded.settings.store.database.reveal().endswith("me:word@host/db")
    assert (row.value, "word" in repr(loaded.settings)) == ("********", False)
    assert load(None, {}, {"store.database": "none"}).settings.store.database is None
    with pytest.raises(SettingsError, match=r"store\.database"):
        load(None, {}, {"store.database": ""})
