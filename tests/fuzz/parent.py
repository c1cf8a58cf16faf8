"""Runs targets in children, some at a time, and gathers what they tell."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer

import msgspec
from tests.fuzz.child import Finding, Options, Told, last_input

ROOT = Path(__file__).parents[2]
# A child that says nothing for so many times its patience hangs where no alarm of its own reaches it.
_SILENCE = 9.0

Listen = Callable[[str, Told], None]


class Outcome(msgspec.Struct, kw_only=True):
    """What came of a target: what it told last, what was found, and what it wrote to its standard error."""

    target: str
    told: Told | None = None
    findings: list[Finding] = []
    stderr: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether it was fed anything, took some of it, and nothing was found."""
        return self.told is not None and self.told.accepted > 0 and not self.findings


def run_all(plans: Sequence[Options], jobs: int, environment: dict[str, str], listen: Listen) -> list[Outcome]:
    """Run *plans*, *jobs* at a time; *listen* hears everything that their children tell, from other threads."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda plan: run(plan, environment, listen), plans))


def run(plan: Options, environment: dict[str, str], listen: Listen) -> Outcome:
    """Run one target to its end. A child that dies or falls silent is a finding, with the input that it had."""
    outcome = Outcome(target=plan.target, findings=[])
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as stderr:
        plan = msgspec.structs.replace(plan, folder=name)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.child", msgspec.json.encode(plan).decode()],
            cwd=ROOT,
            env=environment | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        is_silent = _follow(process, plan, outcome, listen)
        stderr.seek(0)
        outcome.stderr = stderr.read().decode(errors="replace")
        if process.returncode and (Path(name) / "input").exists():
            kind, what = ("hang", "it fell silent") if is_silent else ("death", f"it ended with {process.returncode}")
            where = outcome.stderr.strip().splitlines()[-1:] or [""]
            outcome.findings.append(Finding(kind=kind, what=what, where=where[0][:200], data=last_input(Path(name))))
    return outcome


def _follow(process: subprocess.Popen[bytes], plan: Options, outcome: Outcome, listen: Listen) -> bool:
    """Hear a child out; whether it had to be killed for its silence. A first line may take as long as an import."""
    silent: list[bool] = []

    def kill() -> None:
        silent.append(True)
        process.kill()

    if process.stdout is None:
        return False
    patience_s = 60.0 + _SILENCE * plan.patience_s
    while True:
        timer = Timer(patience_s, kill)
        timer.start()
        line = process.stdout.readline()
        timer.cancel()
        if not line:
            break
        patience_s = 15.0 + _SILENCE * plan.patience_s
        outcome.told = msgspec.json.decode(line, type=Told)
        if outcome.told.finding is not None:
            outcome.findings.append(outcome.told.finding)
        listen(plan.target, outcome.told)
    process.stdout.close()
    process.wait()
    return bool(silent)
