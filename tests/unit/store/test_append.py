import resource
import signal
import subprocess
import sys
from pathlib import Path

from tidemark.store.append import append_whole, cut

# A file may grow to ten bytes, and the signal that would say so is ignored, as Python does: a write comes back short.
_FULL = """
import resource, sys
from pathlib import Path
from tidemark.store.append import append_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
path = Path(sys.argv[1])
append_whole(path, b"12345678", 0)
try:
    append_whole(path, b"abcdef", 8)
except OSError as error:
    print(error.strerror)
"""


def test_pieces_are_appended_and_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append_whole(path, b"one", 0)
    append_whole(path, b"two", 3)

    cut(path, 4)
    assert path.read_bytes() == b"onet"
    cut(path, 9)
    cut(tmp_path / "nosuch", 0)
    assert path.read_bytes() == b"onet"
    assert not (tmp_path / "nosuch").exists()


def test_a_piece_that_does_not_fit_is_taken_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"

    done = subprocess.run([sys.executable, "-c", _FULL, str(path)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "No space left on device"
    assert path.read_bytes() == b"12345678"
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 10
