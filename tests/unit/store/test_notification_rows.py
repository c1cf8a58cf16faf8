import msgspec
import sqlalchemy as sa
from tests.alerting import notification

from tidemark.store.notification_rows import notification_of, title_of
from tidemark.store.tables import METADATA, NOTIFICATIONS


def test_a_row_tells_its_notification_and_who_read_it() -> None:
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    told = notification()
    with engine.begin() as connection:
        row = {
            "venue": "bybit", "id": told.id, "channel": told.channel, "group_key": told.group, "at": told.at,
            "severity": 1, "count": 1, "read_at": 7, "record": msgspec.json.encode(told).decode(), "rich": "",
        }  # fmt: skip
        connection.execute(sa.insert(NOTIFICATIONS), [row])
        (found,) = connection.execute(sa.select(NOTIFICATIONS))
        assert notification_of(found) == msgspec.structs.replace(told, read_at=7)
    engine.dispose()


def test_the_title_is_found_in_its_record() -> None:
    assert title_of(msgspec.json.encode(notification(title="It happened")).decode()) == "It happened"
