from pathlib import Path

import msgspec
from tests.archives import job

from tidemark.store.archive_job import ADDRESS_BYTES, RESIDENT_BYTES, Done, Job


def test_a_job_and_its_outcome_survive_the_way_between_processes(tmp_path: Path) -> None:
    asked, done = job(tmp_path), Done(candles=3, problems=("one",))

    assert msgspec.json.decode(msgspec.json.encode(asked), type=Job) == asked
    assert msgspec.json.decode(msgspec.json.encode(done), type=Done) == done
    assert RESIDENT_BYTES < ADDRESS_BYTES
