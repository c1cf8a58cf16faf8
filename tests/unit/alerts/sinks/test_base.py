import msgspec
from tests.alerting import message

from tidemark.alerts.sinks.base import Message


def test_a_message_is_sent_for_the_first_time_unless_it_says_otherwise() -> None:
    told = message()

    assert Message(notification=told.notification, rich="").attempt == 1
    assert msgspec.structs.replace(told, attempt=3).notification == told.notification
