"""Tries once more, alone, the tests that failed: `python -m tests.again`, right after a run.

What waits for a clock may fail beside others on a machine that is busy. Exit codes: 0 all of them passed; else that of
pytest, or 1 where none can be named, or so many that it was no accident.
"""

import json
import subprocess
import sys

from tests.project.repository import ROOT

MOST = 10


def main() -> int:
    """Try them; give the exit code."""
    kept = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    failed = [name for name in json.loads(kept.read_text()) if "::" in name] if kept.is_file() else []
    if not 0 < len(failed) <= MOST:
        print(f"{len(failed)} tests failed by name: nothing is tried again")
        return 1
    print(f"what failed is tried once more, alone: {', '.join(failed)}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *failed], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
