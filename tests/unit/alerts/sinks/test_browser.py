from pathlib import Path

import pytest
from tests.alerting import message, sink

from tidemark.errors import SettingsError, SinkRefusedError
from tidemark.model.notification import Notification


def test_the_monitor_is_told(tmp_path: Path) -> None:
    said: list[Notification] = []
    made = sink("screens browser:", tmp_path, said.append)
    made.send(message())

    assert said == [message().notification]
    assert (made.is_idempotent, made.is_of_monitor) == (True, True)


def test_nobody_else_can_push(tmp_path: Path) -> None:
    with pytest.raises(SinkRefusedError, match="only the monitor"):
        sink("screens browser:", tmp_path).send(message())
    with pytest.raises(SettingsError, match="write browser:"):
        sink("screens browser://one", tmp_path)
