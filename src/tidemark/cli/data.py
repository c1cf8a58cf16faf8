"""`tidemark data`: candles in files, for backtests: what there is, what is wrong with it, and more of it."""

import datetime as dt
import difflib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tidemark.backtest.data.places import Place, place_of, size_of
from tidemark.cli.shared import JsonOption, print_json
from tidemark.errors import DataError, SettingsError
from tidemark.model.timeframe import Timeframe

if TYPE_CHECKING:
    from tidemark.backtest.data.check import Checked, Finding
    from tidemark.backtest.data.dataset import Dataset
    from tidemark.backtest.data.download import Downloaded
    from tidemark.ingest.venues.base import Venue

_ACTIONS = ("import", "list", "check", "download")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NAMED = 5


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset. first, last: open times (ns). hash: of the content, None where it was not asked for.

    known: markets whose ticks and lots are known.
    """

    timeframe: Timeframe
    markets: tuple[str, ...]
    rows: int
    first: int
    last: int
    files: int
    hash: str | None
    known: int
    left_out: tuple[tuple[str, str], ...]


def command(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="import, list, check or download.")],
    what: Annotated[
        list[str],
        typer.Argument(metavar="WHAT", help="Files for import, a path for list and check, symbols for download."),
    ],
    timeframe: Annotated[
        str | None, typer.Option(help="The candles' length; for download 1m unless told otherwise.", show_default=False)
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=NAME,...", help="For list and check: which column is time, open, ...", show_default=False
        ),
    ] = None,
    market: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="For check: only this market; may be given often.", show_default=False),
    ] = None,
    hash_: Annotated[
        bool, typer.Option("--hash", help="For list: the hash of the content, for which all of it is read.")
    ] = False,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="For download: 2024-01-01.", show_default=False)
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="TIME", help="For download: until before; else now.", show_default=False)
    ] = None,
    venue: Annotated[str, typer.Option(help="For download: bybit or binance.")] = "bybit",
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="For download: another address of the exchange.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where candles are written.")] = Path("candles"),
    symbol: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="For import: the market, else by the file's name.", show_default=False),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="For import: of times that say none; else UTC.", show_default=False),
    ] = None,
    dates: Annotated[
        str | None,
        typer.Option(metavar="ORDER", help="For import: day-first or month-first.", show_default=False),
    ] = None,
    most_bad: Annotated[
        float, typer.Option(min=0.0, max=100.0, help="For import: how many percent may be no candles.")
    ] = 5.0,
    json: JsonOption = False,
) -> None:
    """Bring candles in, list and check what files hold, and download more from an exchange.

    list tells markets, timeframe, time and rows of an archive, of imported files, or of any Parquet files of candles.
    check reads all of it, and counts gaps, rows twice or out of order, rows that are no candles, and stretches without
    volume; it ends with 1 where a backtest would refuse a row. import is what tidemark import does. download fetches
    candles over REST into a file a month (an hour and longer: a year), and goes on where it was stopped.

    Examples:
      tidemark data list candles

      tidemark data list ticks.parquet --column time=t,open=o,high=h,low=l,close=c,volume=v --hash

      tidemark data check candles --timeframe 1m --market BTCUSDT

      tidemark data import BTCUSDT-1m-2024-01.csv BTC_USDT-5m.json --out candles

      tidemark data download BTCUSDT ETHUSDT --timeframe 1m --from 2024-01-01 --out candles
    """
    if action not in _ACTIONS:
        near = difflib.get_close_matches(action, _ACTIONS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise SettingsError(f"data {action!r} is none; {hint}there are {', '.join(_ACTIONS)}")
    if action == "import":
        from tidemark.cli import import_

        files = [Path(name) for name in what]
        import_.command(files, timeframe, symbol, out, timezone, dates, most_bad, json)
        return
    chosen = _timeframe(timeframe)
    if action == "download":
        _download(what, chosen or Timeframe.M1, from_, to, venue, url, out, json=json)
        return
    if len(what) > 1:
        raise SettingsError(f"data {action} takes one path, and there are {len(what)}; put the files into one folder")
    columns = _columns(column or [])
    if action == "list":
        _list(place_of(what[0]), columns, chosen, hashed=hash_, json=json)
    else:
        _check(place_of(what[0]), columns, chosen, tuple(market or ()), json=json)


def _list(path: Place, columns: dict[str, str], timeframe: Timeframe | None, *, hashed: bool, json: bool) -> None:
    from tidemark.backtest.data.dataset import datasets

    told = [
        Listed(
            timeframe=one.timeframe, markets=one.markets, rows=one.rows, first=one.first, last=one.last,
            files=len(one.files), hash=_hash(one) if hashed else None, known=_known(one), left_out=one.left_out,
        )
        for one in datasets(path, columns, timeframe)
    ]  # fmt: skip
    if json:
        print_json({"datasets": told})
        return
    table = _table("timeframe", "markets", "candles", "from", "to", "files", "ticks of", *(["hash"] if hashed else []))
    for one in told:
        more = f" and {len(one.markets) - _NAMED:,} more" if len(one.markets) > _NAMED else ""
        names = ", ".join(one.markets[:_NAMED]) + more
        cells = [
            one.timeframe.value,
            names,
            f"{one.rows:,}",
            _moment(one.first),
            _moment(one.last),
            f"{one.files:,}",
            f"{one.known:,}",
        ]
        table.add_row(*cells, *([one.hash] if one.hash is not None else []))
    console = Console()
    console.print(table, highlight=False)
    for file, why in told[0].left_out:
        console.print(f"left out: {why if file in why else f'{file}: {why}'}", highlight=False, soft_wrap=True)


def _known(dataset: "Dataset") -> int:
    from tidemark.backtest.data.instruments import known

    return len(set(dataset.markets) & known(dataset.root).keys())


def _hash(dataset: "Dataset") -> str:
    from tidemark.backtest.data.dataset import digest
    from tidemark.cli.progress import progress

    with progress("reading", sum(size_of(file) for file in dataset.files)) as each:
        return digest(dataset, each)


def _check(
    path: Place, columns: dict[str, str], timeframe: Timeframe | None, markets: tuple[str, ...], *, json: bool
) -> None:
    from tidemark.backtest.data.check import checked
    from tidemark.backtest.data.dataset import find
    from tidemark.cli.progress import progress

    dataset = find(path, columns, timeframe, markets)
    found = []
    with progress("checking", len(dataset.markets)) as each:
        for number in range(len(dataset.markets)):
            found.append(checked(dataset, number))
            each(number + 1)
    if json:
        print_json({"timeframe": dataset.timeframe, "markets": found})
    else:
        _print_checked(found)
    if not all(one.is_sound for one in found):
        raise typer.Exit(1)


def _print_checked(found: "list[Checked]") -> None:
    console = Console()
    table = _table("market", "rows", "refused", "gaps", "missing", "quiet", "from", "to")
    for one in found:
        refused = sum(fault.places for fault in one.faults)
        begin, end = ("" if at is None else _moment(at) for at in (one.first, one.last))
        table.add_row(
            one.market, f"{one.rows:,}", f"{refused:,}", f"{one.gaps.places:,}", f"{one.gaps.candles:,}",
            f"{one.quiet.places:,}", begin, end,
        )  # fmt: skip
    console.print(table, highlight=False)
    for one in found:
        for finding in (*one.faults, one.gaps, one.quiet):
            for line in _cases(one.market, finding):
                console.print(line, highlight=False, soft_wrap=True)
    if not all(one.is_sound for one in found):
        console.print(
            "a backtest refuses these rows; tidemark data import of the file sets them aside, and says of each why",
            highlight=False, soft_wrap=True,
        )  # fmt: skip


def _cases(market: str, finding: "Finding") -> list[str]:
    if not finding.places:
        return []
    lines = [f"{market}: {finding.kind}, {finding.places:,} places, {finding.candles:,} candles; the first:"]
    for case in finding.first:
        more = f", {case.count:,} candles" if case.count > 1 else ""
        lines.append(f"  {_moment(case.time)}{more}: {case.file} row {case.row:,}")
    return lines


def _download(
    symbols: list[str], timeframe: Timeframe, from_: str | None, to: str | None, venue: str, url: str | None,
    out: Path, *, json: bool,
) -> None:  # fmt: skip
    import stamina.instrumentation

    from tidemark.cli.progress import progress
    from tidemark.clock import SystemClock
    from tidemark.ingest.venues import registry
    from tidemark.ingest.venues.base import Endpoints
    from tidemark.live.loop import run_loop

    if from_ is None:
        raise SettingsError("data download needs --from, like --from 2024-01-01")
    now = SystemClock().now_ns()
    begin, end = _time("--from", from_), now if to is None else min(_time("--to", to), now)
    if (end - begin) // timeframe.ns < 1:
        raise SettingsError(
            f"there is no whole candle of {timeframe.value} from {_moment(begin)} to {_moment(end)} UTC; --from has to"
            " be earlier than --to, and than now"
        )
    if url is not None and not url.startswith(("http://", "https://")):
        raise SettingsError(f"--url {url!r} is no address; write one like https://api.bybit.com")
    own = registry.find(venue)
    asked = own if url is None else registry.find(venue, Endpoints(rest=url.rstrip("/"), stream=own.endpoints.stream))
    wanted = list(dict.fromkeys(symbols))
    # It would print each attempt; the last one is told.
    stamina.instrumentation.set_on_retry_hooks([])
    with progress("downloading", (end - begin) // timeframe.ns * len(wanted)) as each:
        done = run_loop(_fetch(asked, wanted, timeframe, begin, end, out, each))
    if json:
        print_json({"timeframe": timeframe, "markets": done})
        return
    for one in done:
        kept = f", {one.kept} files were there" if one.kept else ""
        print(f"{one.symbol}: {one.candles:,} candles of {timeframe.value} into {len(one.written)} files{kept}: {out}")


async def _fetch(
    venue: "Venue", symbols: list[str], timeframe: Timeframe, begin: int, end: int, out: Path,
    each: Callable[[int], None],
) -> "list[Downloaded]":  # fmt: skip
    from tidemark.backtest.data.download import behind, download
    from tidemark.backtest.data.instruments import add
    from tidemark.clock import SystemClock
    from tidemark.ingest.rest import RestClient

    clock = SystemClock()
    intervals = (end - begin) // timeframe.ns
    found = []
    async with RestClient(venue, venue.endpoints, clock) as rest:
        instruments = {one.symbol: one for one in await rest.instruments()}
        known = list(instruments)
        for symbol in symbols:
            if symbol not in known:
                near = difflib.get_close_matches(symbol.upper(), known, n=1)
                hint = f"did you mean {near[0]}? " if near else ""
                raise DataError(
                    f"{venue.name} lists no linear USDT perpetual {symbol!r}; {hint}it lists {len(known):,}"
                )
        # Before the candles: nobody has those without what rounds their prices.
        add(out, [instruments[symbol] for symbol in symbols])
        # Which candle is closed is for the exchange's clock to say.
        rest.offset_ns = await rest.server_time() - clock.now_ns()
        for number, symbol in enumerate(symbols):
            mine = behind(each, number * intervals)
            found.append(await download(rest, symbol, timeframe, begin, end, out, mine))
    return found


def _columns(given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in (pair for one in given for pair in one.split(",")):
        role, equals, name = pair.partition("=")
        if not equals or not role or not name:
            raise SettingsError(f"--column {pair!r} is not understood; write ROLE=NAME, like time=ts,open=o")
        found[role.strip()] = name
    return found


def _timeframe(text: str | None) -> Timeframe | None:
    try:
        return None if text is None else Timeframe(text)
    except ValueError as error:
        names = ", ".join(one.value for one in Timeframe)
        raise SettingsError(f"--timeframe {text!r} is none; there are {names}") from error


def _time(flag: str, text: str) -> int:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{flag} {text!r} is no time; write 2024-01-01 or 2024-01-01T12:00") from error
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    return int((moment - _EPOCH).total_seconds()) * 1_000_000_000


def _moment(ns: int) -> str:
    moment = _EPOCH + dt.timedelta(microseconds=ns // 1000)
    return f"{moment:%Y-%m-%d %H:%M}"


def _table(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for number, name in enumerate(names):
        table.add_column(
            name, overflow="fold", justify="left" if number < 1 or name in {"markets", "hash"} else "right"
        )
    return table
