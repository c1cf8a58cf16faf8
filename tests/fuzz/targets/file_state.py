"""The state file, as it is and with its checksums put right, back into an engine that then goes on."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz import lived, sealing
from tests.fuzz.target import Take

REFUSALS: tuple[type[Exception], ...] = ()
_AS_IT_IS, _SEALED = b"0", b"1"


def seeds() -> list[bytes]:
    with TemporaryDirectory() as folder:
        whole = lived.state(Path(folder))
    _, _, content = whole.partition(b" ")
    return [_AS_IT_IS + whole, _SEALED + content, _SEALED + content.replace(b'"<f8"', b'"<f4"')]


def opened(folder: Path) -> Take:
    path = folder / "state"

    def take(data: bytes) -> bool:
        path.write_bytes(sealing.state(data[1:]) if data[:1] == _SEALED else data[1:])
        made = lived.Service(folder)
        restored = made.keeper.restore()
        made.intake.flush()
        made.intake.pass_time(lived.NOW + 60 * 10**9)
        made.keeper.write()
        return restored > 0

    return take
