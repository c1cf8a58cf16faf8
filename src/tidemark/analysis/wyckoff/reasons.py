"""Why phases are entered and left, and why ranges end, in words."""

from functools import cache

from tidemark.analysis.wyckoff.events.registry import all_events
from tidemark.kernels import structure_columns as columns

# By the kernel's number: names of events in the direction of what made it so, and of the bounds.
_ENTERED = {
    columns.WHY_STOPPED: "{climax}, {reaction} and {secondary_test}: the trend is stopped",
    columns.WHY_STOPPED_ANEW: "a new {climax}, with {reaction} and {secondary_test}: it begins again with A",
    columns.WHY_TESTED: "the {secondary_test} held: the cause begins",
    columns.WHY_SWUNG: "five turns on two levels: a cause without a climax",
    columns.WHY_SPRUNG: "{spring}: {near} gave way, and the price came back",
    columns.WHY_HELD_EARLY: "{last_point} before the {sign_of_strength}: the cause ends without a {spring}",
    columns.WHY_SPRING_TESTED: "the {test} of the {spring} held",
    columns.WHY_EARLY_SIGNED: "the {last_point} held, and a {sign_of_strength} followed",
    columns.WHY_SIGNED: "{sign_of_strength}: out of the range {beyond}, wide and on volume",
    columns.WHY_LEFT: "out of the range {beyond}, without a {sign_of_strength}",
    columns.WHY_SIGN_FAILED: "the {sign_of_strength} did not hold: back in the range",
    columns.WHY_BREAK_FAILED: "the break {beyond} did not hold: back in the range",
    columns.WHY_PULLED_BACK: "the {last_point} held, and a close went beyond where it had come from",
    columns.WHY_FAR: "a close far {beyond}",
}
_ENDED = {
    columns.END_LEFT: "the price left {beyond} and stayed away",
    columns.END_FAILED: "the break {beyond} failed: back through the bound",
    columns.END_SHAPELESS: "too few closes lay inside",
    columns.END_TOO_LONG: "it lasted too long",
    columns.END_DISPLACED: "another range took its place",
}


def entered(why: int, direction: int) -> str:
    """Why a phase was entered, and the one before it left.

    >>> entered(columns.WHY_SPRUNG, -1)
    'UTAD: the creek gave way, and the price came back'
    """
    return _told(_ENTERED[why], direction)


def ended(why: int, direction: int) -> str:
    """Why a range ended, and with it its last phase; direction: where it was broken, if it was.

    >>> ended(columns.END_LEFT, 1)
    'the price left above the creek and stayed away'
    """
    return _told(_ENDED[why], direction)


def _told(words: str, direction: int) -> str:
    near, beyond = ("the ice", "above the creek") if direction > 0 else ("the creek", "below the ice")
    return words.format(near=near, beyond=beyond, **_names(direction > 0))


@cache  # bounded: two, the names of either direction
def _names(is_up: bool) -> dict[str, str]:
    return {file: event.NAME if is_up else event.MIRRORED for file, event in all_events().items()}
