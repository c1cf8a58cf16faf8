"""What may be set of a strategy or of a model: a struct of parameters as choices that a form can be made of."""

from functools import partial
from typing import Any, cast

import msgspec
from msgspec import inspect

from tidemark.store.backtest_job import ParameterChoice


def choices_of(struct: type[msgspec.Struct]) -> tuple[ParameterChoice, ...]:
    """The fields of *struct*, each with its kind, its default and its bounds.

    >>> from typing import Annotated
    >>> class Parameters(msgspec.Struct):
    ...     fast: Annotated[int, msgspec.Meta(ge=2, le=500, description="Candles")] = 20
    >>> choice, = choices_of(Parameters)
    >>> choice.kind, choice.default, choice.minimum, choice.maximum, choice.text
    ('integer', '20', 2, 500, 'Candles')
    """
    told = cast("inspect.StructType", inspect.type_info(struct))
    return tuple(map(_choice, told.fields))


def _choice(field: inspect.Field) -> ParameterChoice:
    kind, text = _plain(field.type)
    choice = partial(ParameterChoice, name=field.name, default=_words(field.default), text=text)
    match kind:
        case inspect.BoolType():
            return choice(kind="boolean")
        case inspect.IntType() | inspect.FloatType():
            return choice(
                kind="integer" if isinstance(kind, inspect.IntType) else "number",
                minimum=kind.ge if kind.ge is not None else kind.gt,
                maximum=kind.le if kind.le is not None else kind.lt,
            )
        case inspect.LiteralType():
            return choice(kind="choice", choices=tuple(map(str, kind.values)))
    return choice(kind="text")


def _plain(kind: inspect.Type) -> tuple[inspect.Type, str]:
    """The type that a value has where there is one, and what is said of it."""
    text = ""
    while isinstance(kind, inspect.Metadata | inspect.UnionType):
        if isinstance(kind, inspect.Metadata):
            said = kind.extra_json_schema or {}
            text = text or str(said.get("description", ""))
            kind = kind.type
            continue
        kind = next((one for one in kind.types if not isinstance(one, inspect.NoneType)), inspect.AnyType())
    return kind, text


def _words(value: Any) -> str:
    """A default as it would be given; "" where there is none."""
    if value is None or value is msgspec.NODEFAULT:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
