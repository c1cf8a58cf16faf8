"""Which model of each kind a backtest has, and its parameters: a tree of settings made of the files that are there.

A setting is `<kind>.use` (which model) or `<kind>.<model>.<parameter>`, such as "slippage.fixed.bps".
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta, Struct

from tidemark.backtest.broker import registry
from tidemark.backtest.broker.base import DEFAULTS, KINDS, Model
from tidemark.errors import SettingsError
from tidemark.model.instrument import Instrument
from tidemark.sources import SettingRow, load_as, schema_of


@cache  # bounded: the one class that the models make
def tree() -> type[Struct]:
    """A struct with a section a kind, in it `use` and a section a model; it can be loaded like any settings."""
    sections = []
    for kind in KINDS:
        names = registry.names(kind)
        use = Annotated[Literal[names], Meta(description=f"Which model of {kind} is used")]  # type: ignore[valid-type]
        fields: list[tuple[str, Any, Any]] = [("use", use, DEFAULTS[kind])]
        for name in names:
            parameters = registry.find(kind, name).Parameters
            fields.append((name, parameters, parameters()))
        section = msgspec.defstruct(kind.capitalize(), fields, frozen=True, kw_only=True, module=__name__)
        sections.append((kind, section, section()))
    return msgspec.defstruct("Broker", sections, frozen=True, kw_only=True, module=__name__)


def schema() -> list[SettingRow]:
    """Every setting of the broker: its key, what is allowed, its default and what it means."""
    return schema_of(tree())


def _defaults() -> Struct:
    return tree()()


class Models(Struct, frozen=True):
    """The models of one backtest: `settings` is a `tree`."""

    settings: Any = msgspec.field(default_factory=_defaults)

    @classmethod
    def load(cls, given: Mapping[str, str]) -> Self:
        """The defaults with what *given* says by key and text; SettingsError where one is wrong."""
        made = cls(load_as(tree(), None, {}, dict(given)).settings)
        for kind in KINDS:
            said = {key.split(".")[1] for key in given if key.startswith(f"{kind}.")}
            unused = sorted(said - {"use", made.name(kind)})
            if unused:
                raise SettingsError(
                    f"{kind}.{unused[0]} is set, and the model of {kind} is {made.name(kind)}; set"
                    f" {kind}.use={unused[0]} as well, or leave it out"
                )
        return made

    @classmethod
    def null(cls) -> Self:
        """No costs and no bounds at all: whatever is ordered is filled whole at the price of the candle."""
        return cls.load({f"{kind}.use": "none" if kind != "filling" else "whole" for kind in KINDS})

    def name(self, kind: str) -> str:
        """Which model of *kind* it is."""
        name: str = getattr(self.settings, kind).use
        return name

    def model(self, kind: str) -> Model:
        """The model of *kind*."""
        return registry.find(kind, self.name(kind))

    def parameters(self, kind: str) -> Any:
        """The parameters of the model of *kind*."""
        return getattr(getattr(self.settings, kind), self.name(kind))

    def numbers(self, instrument: Instrument, step_ns: int) -> dict[str, float]:
        """All that the kernel computes with for one market and candles of *step_ns*."""
        made: dict[str, float] = {}
        for kind in KINDS:
            made |= self.model(kind).numbers(self.parameters(kind), instrument, step_ns)
        return made

    def said(self) -> dict[str, str]:
        """What holds, by key: for the result, where a reader looks for what was assumed."""
        rows: dict[str, str] = {}
        for kind in KINDS:
            rows[f"{kind}.use"] = self.name(kind)
            for name, value in msgspec.structs.asdict(self.parameters(kind)).items():
                rows[f"{kind}.{self.name(kind)}.{name}"] = str(value)
        return rows
