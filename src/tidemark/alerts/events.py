"""What people are told, made of the records of signals. Pure: the same record gives the same event and key."""

from collections.abc import Mapping

from tidemark.model.notification import Event, Happening, Severity
from tidemark.model.signal import Kind, Outcome, Reason, Record, Side, Signal, Stage, Transition
from tidemark.signals.rules import registry

_BY_STAGE = {
    Stage.TARGET: Happening.TARGET,
    Stage.STOPPED: Happening.STOPPED,
    Stage.EXPIRED: Happening.EXPIRED,
    Stage.INVALIDATED: Happening.INVALIDATED,
    Stage.ENDED: Happening.ENDED,
}
_WORDS = {
    Reason.ENTERED: "its entry was touched",
    Reason.FIRST_TARGET: "a target was touched, the last one not yet",
    Reason.LAST_TARGET: "its last target was touched",
    Reason.STOP: "its stop was touched",
    Reason.MISSED: "its entry was not touched in time",
    Reason.PASSED: "the price opened beyond the stop before the entry was touched",
    Reason.OVER: "its time is over",
    Reason.TURNED: "the same rule says the opposite",
    Reason.GONE: "its market is not watched any more",
    Reason.CROWDED: "there was no place to follow it",
    Reason.CEASED: "the condition is not there any more",
    Reason.REVERSED: "the opposite condition is there",
    Reason.TIME_TO_LIVE: "it was on for as long as it may be",
    Reason.LOST: "what it reads is not known any more",
    Reason.LEFT: "its market is not watched any more",
}


def happening_of(record: Record) -> Happening | None:
    """What became of a signal by *record*; None where that is nothing that could be told."""
    match record:
        case Signal():
            return Happening.RAISED
        case Transition(reason=Reason.RAISED):
            return None
        case Transition(reason=Reason.ENTERED):
            return Happening.ENTERED
        case Transition(reason=Reason.FIRST_TARGET):
            return Happening.TARGET
        case Transition(was=was, now=now) if was is not now:
            return _BY_STAGE.get(now)
        case _:
            return None


def event_of(
    record: Record, signal: Signal, severities: Mapping[str, Severity], happened: Happening | None = None
) -> Event | None:
    """The event of *record*, which is *signal* or says what became of it; None where there is nothing to tell.

    severities: how severe rules are, and their conditions, where that is not the usual.
    """
    happened = happened if happened is not None else happening_of(record)
    if happened is None or isinstance(record, Outcome):
        return None
    is_raised = isinstance(record, Signal)
    reason = "" if isinstance(record, Signal) else f"/{record.reason.value}"
    return Event(
        key=f"{signal.id}/{record.at}{reason}",
        id=signal.id,
        happened=happened,
        rule=signal.rule,
        name=signal.name,
        symbol=signal.symbol,
        side=signal.side,
        at=record.at,
        severity=_severity(signal, happened, severities),
        title=title_of(signal.rule, signal.name, signal.side, happened),
        sentence=signal.sentence if isinstance(record, Signal) else _WORDS[record.reason],
        price=record.price,
        reads=record.reads if is_raised or record.reads else signal.reads,
    )


def title_of(rule: str, name: str, side: Side, happened: Happening) -> str:
    """What it is, without its market: "Liquidation cascade long", "Liquidation cascade long: stopped"."""
    condition = side.name.lower() if side is not Side.NEUTRAL else name.replace("_", " ")
    title = f"{_rule_title(rule)} {condition}"
    return title if happened is Happening.RAISED else f"{title}: {happened.value}"


def _rule_title(rule: str) -> str:
    # A record may be of a rule that another version has.
    return registry.find(rule).TITLE if rule in registry.names() else rule.replace("_", " ")


def _severity(signal: Signal, happened: Happening, severities: Mapping[str, Severity]) -> Severity:
    if happened is Happening.RAISED:
        usual = Severity.WARNING if signal.kind is Kind.TRADE else Severity.INFO
        return severities.get(f"{signal.rule}/{signal.name}", severities.get(signal.rule, usual))
    return Severity.WARNING if happened is Happening.STOPPED else Severity.INFO
