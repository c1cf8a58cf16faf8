from tests.samples import owner, recording, sample

from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.owners import judge
from tidemark.proof.run import Run


def test_every_owner_is_judged() -> None:
    within = Run(recording([sample(0, owners=[owner("a"), owner("b", used=10)])]))
    over = Run(recording([sample(0, owners=[owner("a"), owner("b", used=11)])]))

    assert judge(within).verdict is Growth.INVALID
    assert judge(within).figures == {"owners": 2.0, "bytes_used": 1500.0, "bytes_reserved": 2000.0, "full": 1.0}
    assert (judge(over).verdict, judge(over).is_exact) == (Growth.VALID, True)


def test_a_process_without_a_ledger_says_so() -> None:
    assert judge(Run(recording([sample(0, owners=[])]))).words == "the process has no ledger"
