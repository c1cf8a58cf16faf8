import os
import subprocess
import sys
from pathlib import Path

import msgspec
from tests.alerting import alerts, signal

from tidemark.live.alerts_job import AlertsJob, encode
from tidemark.memory.ledger import Ledger
from tidemark.model.notification import Notification
from tidemark.proof.soak.dial import Dial
from tidemark.proof.soak.plan import EPOCH_NS, TELLING
from tidemark.store.signal_log import SignalLog
from tidemark.units import MIB, MINUTE


def test_it_tells_people_by_the_clock_of_the_soak(tmp_path: Path) -> None:
    """By its own, what happened on the day of the soak would be too old to tell."""
    Dial(tmp_path / "dial", EPOCH_NS + MINUTE)
    SignalLog(tmp_path / "signals", MIB, Ledger()).offer([signal(at=EPOCH_NS)])
    job = AlertsJob(
        venue="bybit", folder=str(tmp_path), database=None, link=None,
        alerts=alerts("file file:told.jsonl", window=0.0, max_age=90.0),
    )  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", TELLING, str(tmp_path / "dial")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"MALLOC_ARENA_MAX": "2"},
    ) as child:  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(encode(job))
        child.stdin.flush()
        while not (tmp_path / "told.jsonl").exists():
            assert child.stdout.readline()
        child.communicate(timeout=20)
    told = msgspec.json.decode((tmp_path / "told.jsonl").read_bytes(), type=Notification)

    assert child.returncode == 0
    assert (told.at, told.count, told.symbols) == (EPOCH_NS + MINUTE, 1, ("BTCUSDT",))
