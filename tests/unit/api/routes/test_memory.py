from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.memory import ROUTES, MemoryReport


async def test_the_report_adds_up(monitor: Monitor) -> None:
    told = ROUTES[0].give(monitor, Nothing())

    assert isinstance(told, MemoryReport)
    used = sum(owner.bytes_used for owner in told.owners)
    assert told.unaccounted == told.anonymous - told.floor - used
    assert told.budget == monitor.parts.settings.memory.budget
    assert {owner.owner for owner in told.owners} >= {"tape", "transient", "api/score history"}
    assert told.peak_rss >= told.rss
    assert (told.pressure, told.given_up, told.steps) == ("NORMAL", (), ())
