import msgspec
from tests.signalling import PRICED, SPEAKS, at_s, inputs, signals

from tidemark.model.signal import Read, Signal
from tidemark.signals.replaying import says_again


def raised() -> Signal:
    records = signals().advance(inputs(at_s(0), **PRICED, **SPEAKS["whale_flow"]))
    return next(record for record in records if isinstance(record, Signal))


def test_a_signal_is_said_again_from_what_was_written_down() -> None:
    assert says_again(raised())


def test_with_another_figure_or_limit_it_is_not() -> None:
    signal = raised()
    other = tuple(Read(one.name, 0.0 if one.name == "large_bought" else one.value, 0.0) for one in signal.reads)

    assert not says_again(msgspec.structs.replace(signal, reads=other))
    assert not says_again(msgspec.structs.replace(signal, limits={**signal.limits, "share": 5.0}))


def test_what_is_missing_or_of_no_rule_is_not() -> None:
    signal = raised()

    assert not says_again(msgspec.structs.replace(signal, reads=()))
    assert not says_again(msgspec.structs.replace(signal, limits={}))
    assert not says_again(msgspec.structs.replace(signal, rule="tea_leaves"))
