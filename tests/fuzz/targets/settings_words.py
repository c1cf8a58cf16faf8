"""Settings in the environment and on the command line: lines of `TIDEMARK_SECTION_NAME=value` and `key=value`."""

from pathlib import Path

from tests.fuzz.target import Take

from tidemark.errors import SettingsError
from tidemark.settings.settings import load, schema

REFUSALS: tuple[type[Exception], ...] = (SettingsError,)


def seeds() -> list[bytes]:
    """Every setting at its default, each way."""
    rows = schema()
    flags = [f"{row.key}={row.default}" for row in rows]
    variables = [f"TIDEMARK_{row.key.upper().replace('.', '_')}={row.default}" for row in rows]
    return [line.encode() for line in [*flags, *variables, "\n".join(flags[:9]), "\n".join(variables[:9])]]


def opened(folder: Path) -> Take:
    known = {row.key for row in schema()}

    def take(data: bytes) -> bool:
        # As the operating system hands words on: what is no UTF-8 comes as surrogates.
        words = data.decode(errors="surrogateescape").replace("\0", "").split("\n")
        pairs = dict(word.partition("=")[::2] for word in words)
        environment = {name: value for name, value in pairs.items() if name.startswith("TIDEMARK_")}
        flags = {name: value for name, value in pairs.items() if name not in environment}
        loaded = load(None, environment, flags)
        assert {row.key for row in loaded.effective()} == known
        return bool(loaded.sources)

    return take
