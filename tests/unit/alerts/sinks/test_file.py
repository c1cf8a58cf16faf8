from pathlib import Path

import msgspec
import pytest
from tests.alerting import message, sink

from tidemark.errors import SettingsError, SinkError
from tidemark.model.notification import Notification


def kept(path: Path) -> list[Notification]:
    return [msgspec.json.decode(line, type=Notification) for line in path.read_bytes().splitlines()]


def test_each_notification_is_a_line(tmp_path: Path) -> None:
    made = sink("log file:deep/alerts.jsonl", tmp_path)
    for number in range(3):
        made.send(message(number))

    assert kept(tmp_path / "deep" / "alerts.jsonl") == [message(number).notification for number in range(3)]
    assert (made.is_idempotent, made.is_of_monitor) == (True, False)


def test_what_may_be_there_already_is_not_written_twice(tmp_path: Path) -> None:
    made = sink("log file:a.jsonl", tmp_path)
    made.send(message(1))
    made.send(message(1, attempt=2))
    made.send(message(2, attempt=2))

    assert [told.id for told in kept(tmp_path / "a.jsonl")] == [message(1).notification.id, message(2).notification.id]


def test_a_line_that_was_cut_short_is_written_again_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(msgspec.json.encode(message(1).notification)[:-5])
    made = sink("log file:a.jsonl", tmp_path)
    made.send(message(1, attempt=2))

    assert msgspec.json.decode(path.read_bytes().splitlines()[-1], type=Notification) == message(1).notification


def test_it_stays_within_its_size_with_the_file_before_it(tmp_path: Path) -> None:
    made = sink("log file:a.jsonl size=256KB", tmp_path)
    for number in range(100):
        made.send(message(number, text="x" * 8000))

    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert sum(sizes) <= 256 * 1024
    before = kept(tmp_path / "a.jsonl.1")[-1]
    made.send(message(int(before.id[-8:], 16), attempt=2, text="x" * 8000))
    assert before.id not in [told.id for told in kept(tmp_path / "a.jsonl")]


def test_a_folder_elsewhere_may_be_named_and_may_be_missing(tmp_path: Path) -> None:
    sink(f"log file://{tmp_path}/b.jsonl", tmp_path / "other").send(message())
    assert len(kept(tmp_path / "b.jsonl")) == 1
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="the file was not written: "):
        sink("log file:file/a.jsonl", tmp_path).send(message())


@pytest.mark.parametrize("text", ["file:", "file:folder/", "file:a size=1KB", "file:a size=big", "file:a secret=x"])
def test_what_is_wrong_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"alerts\.sinks: log"):
        sink(f"log {text}", tmp_path)
