"""Order books that tests fill by hand, of a tick of 0.1."""

from tidemark.kernels.book_columns import BookColumns
from tidemark.market.books import Books
from tidemark.memory.ledger import Ledger
from tidemark.model.book import BookRules

Side = tuple[tuple[float, float], ...]
RULES = BookRules(windows=(50,), resyncs_by_rest=False)


def empty(series: int = 2) -> Books:
    books = Books(series=series, depth=50, rules=RULES, ledger=Ledger())
    for slot in range(series):
        books.join(slot, 0.1)
    return books


def put(books: Books, bids: Side, asks: Side, slot: int = 0) -> None:
    """Let the book of *slot* be this from now on."""
    columns = BookColumns(1, 500)
    assert columns.append(slot, True, 1, 2, -1, 1, -1, bids, asks)
    books.apply(columns)


def ladder(best: float, count: int, size: float, step: float) -> Side:
    """So many levels of one size, from *best* on."""
    return tuple((round(best + number * step, 1), size) for number in range(count))
