"""All settings, and how they are read."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from tidemark.settings.alerting import Alerts, check
from tidemark.settings.backtests import Backtests
from tidemark.settings.feed import Backfill, Connection, Freshness, Reconcile
from tidemark.settings.markets import Book, Candles, Derivatives, Tape, Universe, Venue
from tidemark.settings.process import Log, Memory
from tidemark.settings.scoring import Analysis, Wyckoff
from tidemark.settings.serving import Api, Serve
from tidemark.settings.signals import Rules, Signals
from tidemark.settings.storing import Archive, Store
from tidemark.signals import parameters
from tidemark.signals.parameters import Override
from tidemark.signals.rules.base import Parameters
from tidemark.sources import Loaded, SettingRow, load_as, schema_of


class Settings(Struct, frozen=True, kw_only=True):
    """All of them."""

    memory: Memory = Memory()
    venue: Venue = Venue()
    candles: Candles = Candles()
    tape: Tape = Tape()
    book: Book = Book()
    derivatives: Derivatives = Derivatives()
    universe: Universe = Universe()
    connection: Connection = Connection()
    freshness: Freshness = Freshness()
    store: Store = Store()
    archive: Archive = Archive()
    backfill: Backfill = Backfill()
    reconcile: Reconcile = Reconcile()
    analysis: Analysis = Analysis()
    wyckoff: Wyckoff = Wyckoff()
    signals: Signals = Signals()
    rules: Rules = Rules()
    alerts: Alerts = Alerts()
    backtests: Backtests = Backtests()
    api: Api = Api()
    serve: Serve = Serve()
    log: Log = Log()

    def __post_init__(self) -> None:
        self.ruled()
        check(self.alerts)

    def ruled(self) -> tuple[dict[str, Parameters], tuple[Override, ...]]:
        """The parameters of every rule, and what single markets have instead; SettingsError where one is wrong."""
        defaults = parameters.checked(self.rules)
        return defaults, parameters.overrides(self.signals.overrides, defaults)


def schema() -> list[SettingRow]:
    """Every setting there is: the table of the documentation."""
    return schema_of(Settings)


def load(file: Path | None, environment: Mapping[str, str], flags: Mapping[str, str]) -> Loaded[Settings]:
    """The settings that hold, from *file*, *environment* and *flags* ("memory.budget" to "256MB").

    Without *file*, `tidemark/tidemark.toml` in the user's configuration folder is read where it exists. SettingsError
    names the key, the value, what is allowed and where it was written.
    """
    home = environment.get("HOME", "")
    if file is None:
        folder = environment.get("XDG_CONFIG_HOME") or (home and f"{home}/.config")
        usual = Path(folder, "tidemark", "tidemark.toml")
        file = usual if folder and usual.is_file() else None
    loaded = load_as(Settings, file, environment, flags)
    store = loaded.settings.store
    data_home = environment.get("XDG_DATA_HOME")
    where = store.folder
    if data_home and loaded.source_of("store.folder") == "default":
        where = f"{data_home}/tidemark"
    if where.startswith("~/") and home:
        where = home + where[1:]
    settings = msgspec.structs.replace(loaded.settings, store=msgspec.structs.replace(store, folder=where))
    return Loaded(settings=settings, sources=loaded.sources)
