"""A strategy out of a file of the user's, with the parameters that were asked for."""

import importlib.util
import inspect
import sys
import traceback
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from tidemark.backtest.strategies.base import Strategy
from tidemark.errors import SettingsError

_MODULE = "tidemark_strategy"


class Loaded(msgspec.Struct, frozen=True):
    """A class of strategies, and its parameters as they will be set: name to value."""

    kind: type[Strategy]
    parameters: dict[str, Any]

    def make(self) -> Strategy:
        """An instance, as each market has one."""
        return self.kind(**self.parameters)


def load(where: str, given: Mapping[str, str] | None = None) -> Loaded:
    """The strategy at *where*: `file.py`, or `file.py:Name` where the file has several; given: parameters in words.

    Raises SettingsError that says what is wrong: no such file, code that does not run, no class, a wrong parameter.
    """
    path, _, name = where.partition(":") if where.partition(":")[0].endswith(".py") else (where, "", "")
    kind = _choose(strategies_in(Path(path)), name, path)
    return Loaded(kind, parameters(kind, given or {}))


def parameters(kind: type[Strategy], given: Mapping[str, str | Any]) -> dict[str, Any]:
    """All parameters of *kind*, those of *given* in place of the defaults.

    >>> class Cross(Strategy):
    ...     fast: int = 20
    >>> parameters(Cross, {"fast": "30"})
    {'fast': 30}
    """
    struct = parameters_of(kind)
    fields = {field.name for field in msgspec.structs.fields(struct)}
    unknown = sorted(set(given) - fields)
    if unknown:
        there = ", ".join(sorted(fields)) or "none"
        raise SettingsError(f"{kind.__name__} has no parameter {unknown[0]!r}; its parameters: {there}")
    try:
        made = msgspec.convert(dict(given), struct, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"parameters of {kind.__name__}: {error}; given: {dict(given)}") from None
    return msgspec.structs.asdict(made)


def parameters_of(kind: type[Strategy]) -> type[msgspec.Struct]:
    """The parameters of *kind* as a struct: its fields that have a type, with their defaults and bounds."""
    hints = get_type_hints(kind, include_extras=True)
    fields: list[Any] = []
    for name, hint in hints.items():
        if name.startswith("_") or typing.get_origin(hint) is typing.ClassVar:
            continue
        if not hasattr(kind, name):
            raise SettingsError(f"parameter {name!r} of {kind.__name__} has no default; write {name}: ... = value")
        fields.append((name, hint, getattr(kind, name)))
    try:
        return msgspec.defstruct(f"{kind.__name__}Parameters", fields, kw_only=True, frozen=True)
    except TypeError as error:
        raise SettingsError(f"parameters of {kind.__name__}: {error}") from None


def strategies_in(path: Path) -> dict[str, type[Strategy]]:
    """The strategies of a file by the names of their classes; SettingsError where it cannot be loaded."""
    if not path.is_file():
        raise SettingsError(
            f"there is no strategy at {path}; `tidemark new-strategy {path.stem}` writes one to begin with"
        )
    spec = importlib.util.spec_from_file_location(_MODULE, path)
    if spec is None or spec.loader is None:
        raise SettingsError(f"{path} is no Python file; a strategy is a class in a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise SettingsError(f"{path}, line {error.lineno}: {error.msg}") from None
    except Exception as error:  # noqa: BLE001 - whatever a file of the user's raises is theirs to mend
        raise SettingsError(f"{path}, line {_line(error, path)}: {type(error).__name__}: {error}") from None
    return {
        name: one
        for name, one in vars(module).items()
        if inspect.isclass(one) and issubclass(one, Strategy) and one is not Strategy and one.__module__ == _MODULE
    }


def _choose(found: Mapping[str, type[Strategy]], name: str, path: str) -> type[Strategy]:
    if not found:
        raise SettingsError(f"{path} has no class that is a Strategy; write class Mine(Strategy): ...")
    if name and name not in found:
        raise SettingsError(f"{path} has no strategy {name!r}; it has {', '.join(found)}")
    if not name and len(found) > 1:
        raise SettingsError(f"{path} has {len(found)} strategies; choose one, like {path}:{next(iter(found))}")
    return found[name] if name else next(iter(found.values()))


def _line(error: BaseException, path: Path) -> int:
    """The last line of *path* that was run."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return (lines[-1] or 0) if lines else 0
