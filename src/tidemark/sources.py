"""A struct of sections, read from a file, the environment and flags: who sets what, and what may be written.

A setting has one key, `section.name`. Later wins: its default, the file (TOML), the environment
(`TIDEMARK_SECTION_NAME`), a flag. A key that does not exist stops the start, wherever it came from.
"""

import difflib
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from tidemark.errors import SettingsError
from tidemark.units import format_bytes, format_seconds, parse_bytes, parse_seconds

PREFIX = "TIDEMARK_"
# Read by the test suite and the build, not by the product.
_NOT_SETTINGS = frozenset({"TIDEMARK_DATA", "TIDEMARK_NO_SKIP", "TIDEMARK_PURE"})

# Below so many sections there is no setting: what is nested deeper is unknown as a whole.
_MOST_LEVELS = 8
# Of a key that does not exist, so much is shown and compared with those that do.
_SHOWN_KEY = 80

S = TypeVar("S", bound=Struct)

ByteCount = Annotated[int, Meta(extra={"unit": "size"})]
Seconds = Annotated[float, Meta(extra={"unit": "duration"})]


class Secret:
    """A text that no screen, log or message shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "********"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


class SettingRow(Struct, frozen=True, kw_only=True):
    """One line of the table of settings: what may be written, and what holds when nothing is."""

    key: str
    type: str
    default: str
    help: str


class EffectiveRow(Struct, frozen=True, kw_only=True):
    """One setting as it holds, and who said so."""

    key: str
    value: str
    source: str


class Loaded(Struct, Generic[S], frozen=True, kw_only=True):
    """Settings, and for each key that is not at its default who set it."""

    settings: S
    sources: dict[str, str]

    def source_of(self, key: str) -> str:
        """Who set *key*: "default", or the file, the variable or the flag by its name."""
        leaves = _leaves(type(self.settings))
        if key not in leaves:
            raise _unknown(key, key, leaves, "this question")
        return self.sources.get(key, "default")

    def effective(self) -> list[EffectiveRow]:
        """Every setting as it holds; secrets are masked."""
        rows = []
        for leaf in _leaves(type(self.settings)).values():
            value: Any = self.settings
            for name in leaf.path:
                value = getattr(value, name)
            source = self.sources.get(leaf.key, "default")
            rows.append(EffectiveRow(key=leaf.key, value=leaf.show(value), source=source))
        return rows


class _Leaf(Struct, frozen=True, kw_only=True):
    """One setting: where it stands in the structs, what it may be."""

    key: str
    path: tuple[str, ...]
    annotation: Any
    default: Any

    @property
    def metas(self) -> list[Meta]:
        return list(_metas(self.annotation))

    @property
    def unit(self) -> str | None:
        return next((meta.extra["unit"] for meta in self.metas if meta.extra and "unit" in meta.extra), None)

    @property
    def help(self) -> str:
        return next((meta.description for meta in reversed(self.metas) if meta.description), "")

    @property
    def allowed(self) -> str:
        bounds = [
            f"{words} {self.show(limit)}"
            for words, name in (("at least", "ge"), ("at most", "le"))
            for meta in self.metas
            if (limit := getattr(meta, name)) is not None
        ]
        patterns = [f"matching {meta.pattern}" for meta in self.metas if meta.pattern]
        return ", ".join([_type_name(self.annotation, self.unit), *bounds, *patterns])

    def show(self, value: Any) -> str:
        """*value* as a person would write it."""
        match value:
            case None:
                return "none"
            case bool():
                return "true" if value else "false"
            case tuple():
                return ",".join(str(entry) for entry in value) or "(empty)"
            case int() if self.unit == "size":
                return format_bytes(value).replace(" ", "").replace(".0", "")
            case float() | int() if self.unit == "duration":
                return format_seconds(value)
        return str(value)

    def parse(self, raw: object, source: str) -> object:
        """The value that *raw* stands for, checked; SettingsError with key, value, what is allowed and *source*."""
        try:
            if isinstance(raw, str):
                # Bytes that are no UTF-8 come from the command line as surrogates, which nobody could print or send.
                raw.encode()
            value = msgspec.convert(
                self._plain(raw), self.annotation, strict=not isinstance(raw, str), dec_hook=_make_secret
            )
        except (msgspec.ValidationError, SettingsError, UnicodeError) as error:
            shown = "********" if _holds_secrets(self.annotation) else repr(raw)
            raise SettingsError(f"{self.key} = {shown} ({source}): allowed is {self.allowed}") from error
        return value

    def _plain(self, raw: object) -> object:
        """Text in the terms of the type: units resolved, lists split; anything else as it is."""
        types = _plain_types(self.annotation)
        if isinstance(raw, float) and not math.isfinite(raw):
            raise SettingsError("not a number")
        if not isinstance(raw, str):
            if self.unit == "duration":
                raise SettingsError("a duration is a text with its unit")
            return raw
        if raw.strip().lower() == "none" and NoneType in types:
            return None
        if self.unit == "size":
            return parse_bytes(raw)
        if self.unit == "duration":
            return parse_seconds(raw)
        if any(get_origin(kind) is tuple for kind in types):
            return [entry.strip() for entry in raw.split(",") if entry.strip()]
        if float in types and not math.isfinite(_number(raw)):
            raise SettingsError("not a number")
        return raw


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _make_secret(kind: type, raw: object) -> object:
    if kind is not Secret or not isinstance(raw, str):
        raise TypeError(f"a text is expected, of type {kind.__name__}")
    if not raw:
        raise ValueError("a text is expected")
    return Secret(raw)


def _metas(annotation: Any) -> Iterator[Meta]:
    """Every Meta of an annotation, the inner ones first; not those of a list's entries."""
    if get_origin(annotation) is Annotated:
        inner, *metas = get_args(annotation)
        yield from _metas(inner)
        yield from (meta for meta in metas if isinstance(meta, Meta))
    elif get_origin(annotation) in (Union, UnionType):
        for member in get_args(annotation):
            yield from _metas(member)


def _plain_types(annotation: Any) -> list[Any]:
    """The types of an annotation without their Metas: several for a union."""
    if get_origin(annotation) is Annotated:
        return _plain_types(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for member in get_args(annotation) for kind in _plain_types(member)]
    return [annotation]


def _holds_secrets(annotation: Any) -> bool:
    """Whether a value is a secret, or a list with secrets in it."""
    return any(kind is Secret or Secret in get_args(kind) for kind in _plain_types(annotation))


def _type_name(annotation: Any, unit: str | None) -> str:
    if unit is not None:
        return {"size": "a size like 256MB", "duration": "a duration like 10m"}[unit]
    names = []
    for kind in _plain_types(annotation):
        if get_origin(kind) is tuple:
            names.append(f"a list of {_type_name(get_args(kind)[0], None)}")
        elif get_origin(kind) is Literal:
            names.append("one of " + ", ".join(get_args(kind)))
        else:
            names.append(_WORDS[kind])
    return " or ".join(names)


_WORDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Secret: "text",
    NoneType: "none",
}


def _leaves(root: type[Struct], key: str = "", path: tuple[str, ...] = ()) -> dict[str, _Leaf]:
    found: dict[str, _Leaf] = {}
    for info in msgspec.structs.fields(root):
        name = f"{key}{info.encode_name}"
        if isinstance(info.type, type) and issubclass(info.type, Struct):
            found |= _leaves(info.type, f"{name}.", (*path, info.name))
        else:
            found[name] = _Leaf(key=name, path=(*path, info.name), annotation=info.type, default=info.default)
    return found


def schema_of(root: type[Struct]) -> list[SettingRow]:
    """Every setting of *root*, in the order of its sections."""
    return [
        SettingRow(key=leaf.key, type=leaf.allowed, default=leaf.show(leaf.default), help=leaf.help)
        for leaf in _leaves(root).values()
    ]


def load_as(root: type[S], file: Path | None, environment: Mapping[str, str], flags: Mapping[str, str]) -> Loaded[S]:
    """The sections of *root* that hold, from *file* (TOML), *environment* and *flags* (key to text).

    SettingsError names the key, the value, what is allowed and where it was written.
    """
    leaves = _leaves(root)
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    given = [
        *_from_file(file),
        *_from_environment(environment, leaves),
        *((key, key, raw, f"flag {key}") for key, raw in flags.items()),
    ]
    for key, written, raw, source in given:
        if raw == {} and any(known.startswith(f"{key}.") for known in leaves):
            continue  # a section with nothing in it
        if key not in leaves:
            raise _unknown(key, written, leaves, source)
        values[key] = leaves[key].parse(raw, source)
        sources[key] = source
    return Loaded(settings=_build(root, "", values), sources=sources)


def _build(root: type[S], prefix: str, values: Mapping[str, object]) -> S:
    arguments: dict[str, object] = {}
    for info in msgspec.structs.fields(root):
        key = f"{prefix}{info.encode_name}"
        if isinstance(info.type, type) and issubclass(info.type, Struct):
            arguments[info.name] = _build(info.type, f"{key}.", values)
        elif key in values:
            arguments[info.name] = values[key]
    return root(**arguments)


def _from_file(file: Path | None) -> Iterator[tuple[str, str, object, str]]:
    if file is None:
        return
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"settings file {file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        # TOMLDecodeError and UnicodeDecodeError are among them; so is a number of thousands of digits.
        raise SettingsError(f"settings file {file} is not TOML: {error}") from error
    for key, raw in _flatten(tree, ""):
        yield key, key, raw, f"file {file}"


def _flatten(tree: Mapping[str, object], prefix: str, levels: int = _MOST_LEVELS) -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        if isinstance(value, dict) and value and levels:
            yield from _flatten(value, f"{prefix}{name}.", levels - 1)
        else:
            yield f"{prefix}{name}", value


def _variable(key: str) -> str:
    return PREFIX + key.upper().replace(".", "_")


def _from_environment(
    environment: Mapping[str, str], leaves: Mapping[str, _Leaf]
) -> Iterator[tuple[str, str, object, str]]:
    keys = {_variable(key): key for key in leaves}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in _NOT_SETTINGS:
            yield keys.get(name, name), name, environment[name], f"environment {name}"


def _unknown(key: str, written: str, leaves: Mapping[str, _Leaf], source: str) -> SettingsError:
    written, source = written[:_SHOWN_KEY], source[:_SHOWN_KEY]
    write: Callable[[str], str] = _variable if key.startswith(PREFIX) else str
    near = difflib.get_close_matches(written, [write(known) for known in leaves], n=1, cutoff=0.0)
    return SettingsError(f"there is no setting {written} ({source}); the nearest is {near[0]}")
