import msgspec

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.settings import ROUTES, EffectiveSettings
from tidemark.settings.settings import schema


def test_every_setting_is_told_with_who_said_so_and_no_secret(monitor: Monitor) -> None:
    told = ROUTES[0].give(monitor, Nothing())

    assert isinstance(told, EffectiveSettings)
    by_key = {one.key: one for one in told.settings}
    assert list(by_key) == [row.key for row in schema()]
    assert (by_key["memory.budget"].source, by_key["store.database"].source) == ("default", "flag store.database")
    assert by_key["store.database"].value == "********"
    assert b"user:secret" not in msgspec.json.encode(told)
    assert all(one.description and one.allowed for one in told.settings)
