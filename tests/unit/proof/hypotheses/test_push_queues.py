from tests.samples import owner, recording, sample

from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.push_queues import judge
from tidemark.proof.run import Run


def run_of(name: str, kind: str, used: int) -> Run:
    return Run(recording([sample(0, owners=[owner(name, kind, used=used), owner("others", "map", used=10**6)])]))


def test_it_is_judged_by_its_owners_alone() -> None:
    within, over = run_of("api/clients", "slots", 10), run_of("api/clients", "slots", 11)

    assert judge(within).verdict is Growth.INVALID
    assert judge(within).words == "api/clients holds 10 of 10"
    assert judge(over).verdict is Growth.VALID
    assert judge(over).is_exact


def test_where_there_is_none_it_says_so() -> None:
    assert judge(run_of("elsewhere", "map", 1)).words == "no push queue in this process"
