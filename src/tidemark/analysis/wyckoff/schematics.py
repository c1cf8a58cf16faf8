"""The six templates, and how much a range is like each: its events laid along the template's, in order.

Source: H. Pruden, The Three Skills of Top Trading (2007), chapter 4: the basic schematics of accumulation and
distribution; the alignment is that of S. Needleman and C. Wunsch (1970), which warps time and keeps the order.
"""

from collections.abc import Sequence

import msgspec

from tidemark.kernels import structure

# What it costs that an event does not stand where the template has it, in widths of the range; beyond, it is another.
_LEVEL_COST = 0.5
_FARTHEST = 1.0
# An event that no template knows there costs little: there may be many tests.
_EXTRA_COST = 0.15


class Node(msgspec.Struct, frozen=True, gc=False):
    """An event of a template.

    direction: as the template's, 1, or against it, -1. time: 0 to 1, of the whole. level: 0 the lower bound and 1 the
    upper one, as an accumulation has them. weight: what it costs when it is missing.
    """

    kind: int
    direction: int
    time: float
    level: float
    weight: float


class Seen(msgspec.Struct, frozen=True, gc=False):
    """An event of a range: its kind and direction, its bar, and its level as a part of the range, 0 below."""

    kind: int
    direction: int
    at: float
    level: float


class Likeness(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How much a range is like a template, 0 to 1, and where it stands on it.

    points: the template laid over the range, as (bar, level as a part of the range): where an event was seen its bar,
    between two of them in proportion; what is still to come is left out.
    """

    template: str
    direction: int
    score: float
    points: tuple[tuple[float, float], ...]
    # The kinds and directions of the template that were not seen yet, in order.
    missing: tuple[tuple[int, int], ...]


_END = (
    Node(structure.SIGN, 1, 0.85, 1.15, 2.0),
    Node(structure.LAST_POINT, 1, 0.92, 1.15, 1.0),
    Node(structure.BACKUP, 1, 1.0, 1.05, 0.5),
)
_SPRUNG = (Node(structure.SPRING, 1, 0.68, -0.12, 2.0), Node(structure.TEST, 1, 0.75, 0.05, 1.0))
_HELD = (Node(structure.LAST_POINT, 1, 0.72, 0.35, 2.0),)


def _stopped(direction: int) -> tuple[Node, ...]:
    """Phase A and B: the trend before is stopped below (1), or above."""

    def level(height: float) -> float:
        return height if direction > 0 else 1.0 - height

    return (
        Node(structure.PRELIMINARY, direction, 0.0, level(0.3), 0.5),
        Node(structure.CLIMAX, direction, 0.08, level(0.0), 2.0),
        Node(structure.REACTION, direction, 0.16, level(1.0), 1.0),
        Node(structure.SECONDARY_TEST, direction, 0.26, level(0.1), 1.0),
        Node(structure.SECONDARY_TEST, direction, 0.45, level(0.1), 0.5),
    )


# As they go up; the mirrored names as they go down.
_TEMPLATES = (
    ("ACCUMULATION_1", "DISTRIBUTION_1", (*_stopped(1), *_SPRUNG, *_END)),
    ("ACCUMULATION_2", "DISTRIBUTION_2", (*_stopped(1), *_HELD, *_END)),
    ("RE_ACCUMULATION", "RE_DISTRIBUTION", (*_stopped(-1), *_SPRUNG, *_END)),
    ("RE_ACCUMULATION", "RE_DISTRIBUTION", (*_stopped(-1), *_HELD, *_END)),
)


TEMPLATES = (
    "ACCUMULATION_1",
    "ACCUMULATION_2",
    "DISTRIBUTION_1",
    "DISTRIBUTION_2",
    "RE_ACCUMULATION",
    "RE_DISTRIBUTION",
)


def likest(events: Sequence[Seen], direction: int | None = None) -> Likeness | None:
    """The template that these events, in order, are most like; of one direction where that is given.

    Nodes behind the last that was seen do not count: a range is compared with the template as far as it has come.
    """
    found = [
        _compare(upwards if way > 0 else downwards, way, nodes, events)
        for way in ((1, -1) if direction is None else (direction,))
        for upwards, downwards, nodes in _TEMPLATES
    ]
    best = max(found, key=lambda one: one.score)
    return best if best.score > 0 else None


def _compare(name: str, way: int, nodes: Sequence[Node], events: Sequence[Seen]) -> Likeness:
    rows, columns = len(events), len(nodes)
    # cost[i][j]: of the first i events and j nodes; a step of 0 is a match, 1 leaves an event out, 2 a node.
    cost = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    step = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows + 1):
        for j in range(columns + 1):
            ways = []
            if i and j:
                apart = _apart(events[i - 1], nodes[j - 1], way)
                if apart is not None:
                    ways.append((cost[i - 1][j - 1] + apart * nodes[j - 1].weight, 0))
            if i:
                ways.append((cost[i - 1][j] + _EXTRA_COST, 1))
            if j:
                ways.append((cost[i][j - 1] + nodes[j - 1].weight, 2))
            if ways:
                cost[i][j], step[i][j] = min(ways)
    matched: dict[int, int] = {}
    # As far as the template has come: behind the node with the least to pay for.
    i, j = rows, columns
    while i or j:
        if step[i][j] == 0 and i and j:
            i, j = i - 1, j - 1
            matched[j] = i
        elif step[i][j] == 1 and i:
            i -= 1
        else:
            j -= 1
    last = max(matched, default=-1)
    missing = tuple((node.kind, node.direction * way) for node in nodes[last + 1 :])
    total = sum(node.weight for node in nodes[: last + 1])
    whole = sum(node.weight for node in nodes)
    if last < 0 or total <= 0:
        return Likeness(template=name, direction=way, score=0.0, points=(), missing=missing)
    paid = cost[rows][columns] - sum(node.weight for node in nodes[last + 1 :])
    # Little of a template fits anything: it counts as far as it has come.
    score = max(1.0 - paid / total, 0.0) * min(1.0, 0.5 + total / whole)
    return Likeness(
        template=name, direction=way, score=min(score, 1.0), points=_laid(nodes[: last + 1], matched, events, way),
        missing=missing,
    )  # fmt: skip


def _apart(event: Seen, node: Node, way: int) -> float | None:
    """How far an event is from a node, 0 to 1; None where it is another kind of thing."""
    if event.kind != node.kind or event.direction != node.direction * way:
        return None
    level = event.level if way > 0 else 1.0 - event.level
    far = abs(level - node.level)
    return _LEVEL_COST * far if far <= _FARTHEST else None


def _laid(
    nodes: Sequence[Node], matched: dict[int, int], events: Sequence[Seen], way: int
) -> tuple[tuple[float, float], ...]:
    """The nodes as (bar, level): bars of what was seen, and between them in proportion to the template's times."""
    known = sorted((nodes[j].time, events[i].at) for j, i in matched.items())
    points = []
    for node in nodes:
        before = [one for one in known if one[0] <= node.time]
        after = [one for one in known if one[0] >= node.time]
        if before and after:
            (t0, a0), (t1, a1) = before[-1], after[0]
            at = a0 if t1 == t0 else a0 + (a1 - a0) * (node.time - t0) / (t1 - t0)
            points.append((at, node.level if way > 0 else 1.0 - node.level))
    return tuple(points)
