"""The texts of a notification, by Jinja2 in a sandbox: plain, and as HTML. Each is bounded, whatever a template is."""

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import jinja2
import msgspec
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import escape

from tidemark.errors import SettingsError
from tidemark.model.notification import MOST_NAMED, MOST_TOLD, Event, Happening, Severity
from tidemark.model.signal import WHOLE, Read, Side
from tidemark.units import SECOND, format_age

PLAIN, RICH = "plain.txt", "rich.html"
MOST_PLAIN, MOST_RICH = 8_000, 24_000
# Of a sentence, a figure's name, a title: whatever a record says.
_MOST_SENTENCE, _MOST_READS, _MOST_TITLE = 400, 12, 200
# What a template can raise by what it computes.
_FAILURES = (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What one notification is about: `count` events in `symbol_count` markets, of which at most 10 and 100 are here.

    The events that are told in full are the worst, the earliest first. scorecards: a line a rule.
    """

    count: int
    severity: Severity
    events: tuple[Event, ...]
    symbols: tuple[str, ...]
    symbol_count: int
    rules: tuple[str, ...]
    scorecards: tuple[str, ...] = ()


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    value: str
    age: str


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event as a template sees it: all of it is text."""

    symbol: str
    rule: str
    name: str
    side: str
    happened: str
    severity: str
    title: str
    sentence: str
    price: str
    age: str
    reads: tuple[_Read, ...]


class Texts:
    """The built-in templates, and those of *folder* in their place; SettingsError where one of these is wrong.

    warn: told when one of *folder* fails with what is to be told; the built-in one then writes it.
    """

    def __init__(self, folder: Path | None, link: str | None, warn: Callable[[str], None]) -> None:
        self._link = link
        self._warn = warn
        self._built_in = _environment(Path(__file__).with_name("templates"))
        self._own = self._built_in
        if folder is not None:
            self._own = _environment(folder, Path(__file__).with_name("templates"))
            self._try_out(folder)

    def link_of(self, gathered: Gathered) -> str | None:
        """Where the dashboard shows it: the market, where it is about one."""
        if self._link is None:
            return None
        is_one = gathered.symbol_count == 1 and gathered.symbols[0] != WHOLE
        return f"{self._link.rstrip('/')}/#/{'symbol/' + quote(gathered.symbols[0], safe='') if is_one else 'alerts'}"

    def plain(self, gathered: Gathered, now: int) -> str:
        """As text of at most 8,000 characters. now: in ns, against which its ages are."""
        return self._write(PLAIN, gathered, now, MOST_PLAIN).strip()

    def rich(self, gathered: Gathered, now: int) -> str:
        """As HTML of at most 24,000 characters; what would be longer is the plain text, escaped."""
        text = self._write(RICH, gathered, now, MOST_RICH + 1)
        if len(text) <= MOST_RICH:
            return text.strip()
        return f"<pre>{escape(self.plain(gathered, now))}</pre>"[:MOST_RICH]

    def _write(self, name: str, gathered: Gathered, now: int, most: int) -> str:
        told = self._told(gathered, now)
        try:
            return _render(self._own, name, told, most)
        except _FAILURES as error:
            if self._own is self._built_in:
                raise
            self._warn(f"the template {name} failed, and the built-in one is used: {_line(error)}")
            return _render(self._built_in, name, told, most)

    def _told(self, gathered: Gathered, now: int) -> dict[str, object]:
        return {
            "title": title_of(gathered),
            "count": gathered.count,
            "severity": gathered.severity.word,
            "events": [_seen(one, now) for one in gathered.events[:MOST_TOLD]],
            "symbols": [_named(symbol) for symbol in gathered.symbols[:MOST_NAMED]],
            "symbol_count": gathered.symbol_count,
            "rules": gathered.rules,
            "scorecards": gathered.scorecards,
            "link": self.link_of(gathered),
        }

    def _try_out(self, folder: Path) -> None:
        if not folder.is_dir():
            raise SettingsError(
                f"alerts.templates = {str(folder)!r} is no folder; write templates into it, or leave it out"
            )
        for name in (PLAIN, RICH):
            try:
                _render(self._own, name, self._told(_EXAMPLE, _EXAMPLE.events[0].at), MOST_RICH)
            except _FAILURES as error:
                raise SettingsError(f"alerts.templates: {name} in {folder} is wrong: {_line(error)}") from error


def title_of(gathered: Gathered) -> str:
    """What it is in a line: "BTCUSDT: Confluence long", "in 12 markets: Confluence long", "12 alerts of 3 rules"."""
    titles = {one.title for one in gathered.events}
    if len(gathered.rules) > 1 or len(titles) != 1:
        rules = f"{len(gathered.rules)} rules" if len(gathered.rules) > 1 else "one rule"
        return f"{gathered.count} alerts of {rules}"
    (title,) = titles
    if gathered.symbol_count == 1:
        times = f" ({gathered.count} times)" if gathered.count > 1 else ""
        return f"{_named(gathered.symbols[0])}: {title}{times}"[:_MOST_TITLE]
    return f"{gathered.symbol_count} markets: {title}"[:_MOST_TITLE]


def _environment(*folders: Path) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=False,
        cache_size=4,
    )


def _render(environment: jinja2.Environment, name: str, told: dict[str, object], most: int) -> str:
    pieces: list[str] = []  # bounded: by `most`
    size = 0
    for piece in environment.get_template(name).generate(told):
        pieces.append(piece)
        size += len(piece)
        if size >= most:
            break
    return "".join(pieces)[:most]


def _seen(event: Event, now: int) -> _Event:
    return _Event(
        symbol=_named(event.symbol),
        rule=event.rule,
        name=event.name,
        side=event.side.name.lower(),
        happened=event.happened.value,
        severity=event.severity.word,
        title=event.title,
        sentence=event.sentence[:_MOST_SENTENCE],
        price="" if event.price is None else f"{event.price:.8g}",
        age=format_age(max(0, now - event.at) / SECOND),
        reads=tuple(_figure(read) for read in event.reads[:_MOST_READS]),
    )


def _figure(read: Read) -> _Read:
    return _Read(name=read.name.replace("_", " "), value=f"{read.value:,.6g}", age=format_age(read.age_s))


def _named(symbol: str) -> str:
    return "all markets" if symbol == WHOLE else symbol


def _line(error: Exception) -> str:
    place = f" (line {error.lineno})" if isinstance(error, jinja2.TemplateSyntaxError) else ""
    return " ".join(str(error).split())[:200] + place


def _example(symbols: Sequence[str]) -> Gathered:
    events = tuple(
        Event(
            key=symbol,
            id=symbol,
            happened=Happening.RAISED,
            rule="confluence",
            name="long",
            symbol=symbol,
            side=Side.LONG,
            at=1_764_000_000 * SECOND,
            severity=Severity.WARNING,
            title="Confluence long",
            sentence="the score is 66.1",
            price=100.0,
            reads=(Read("score", 66.1, 0.5),),
        )
        for symbol in symbols
    )
    return Gathered(
        count=len(events),
        severity=Severity.WARNING,
        events=events,
        symbols=tuple(symbols),
        symbol_count=len(symbols),
        rules=("confluence",),
        scorecards=("Confluence: 41 signals, mean R +0.12 [-0.08, 0.31]",),
    )


_EXAMPLE = _example(("BTCUSDT", "ETHUSDT"))
