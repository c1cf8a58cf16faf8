"""A signal of the past said again: its rule over what it had read, against the parameters that held."""

import numpy as np

from tidemark.model.signal import Signal
from tidemark.signals.rules import registry


def says_again(signal: Signal) -> bool:
    """Whether the rule, as it is now, raises *signal* again from what was written down with it.

    False where the rule is no more, reads something else now, or judges otherwise.
    """
    if signal.rule not in registry.names():
        return False
    rule = registry.find(signal.rule)
    read = {one.name: one.value for one in signal.reads}
    fields = set(rule.Parameters.__struct_fields__)
    if not set(rule.READS) <= set(read) or not fields <= set(signal.limits):
        return False
    columns = [np.array([read[name]]) for name in rule.READS]
    enter = int(rule.judge(signal.limits, np.zeros(1, np.int8), *columns).enter[0])
    return enter != 0 and rule.CODES[enter].name == signal.name
