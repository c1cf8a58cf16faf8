"""A container that no ledger knows becomes ever longer."""

from tidemark.proof.findings import Answer, Suspect
from tidemark.proof.hypotheses.base import judge_suspects
from tidemark.proof.run import Run

_OTHERS = frozenset({"view", "closure", "coroutine", "exception", "instances"})


def judge(run: Run) -> Answer:
    """By the census: each container by the attribute that keeps it; what an owner answers for is left out."""
    used = {line.owner: line.used for line in run.last.owners}
    found = []
    for held, suspect in run.rising:
        if held.kind in _OTHERS or (held.owner and held.entries <= used.get(held.owner, 0)):
            continue
        name = f"a {held.kind} in the owner {held.owner}: {held.name}" if held.owner else f"unregistered {suspect.name}"
        found.append(_renamed(suspect, name))
    whole = run.whole
    count = len(whole.dear.held) if whole is not None and whole.dear is not None else 0
    return judge_suspects(run, found, f"none of {count} names that hold the most becomes longer")


def _renamed(suspect: Suspect, name: str) -> Suspect:
    return Suspect(
        name=name,
        what=suspect.what,
        per_minute=suspect.per_minute,
        bytes_per_minute=suspect.bytes_per_minute,
        most_bytes_per_minute=suspect.most_bytes_per_minute,
        share=suspect.share,
    )
