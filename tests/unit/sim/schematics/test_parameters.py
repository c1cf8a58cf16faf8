import msgspec

from tidemark.sim.schematics.parameters import REPORT, SETS, TUNE, differences


def test_what_is_reported_on_is_not_what_was_tuned_on() -> None:
    assert TUNE.stream != REPORT.stream
    assert len(differences()) >= 20
    assert SETS == {"tune": TUNE, "report": REPORT}


def test_differences_name_both_ranges() -> None:
    told = {one.parameter: (one.tune, one.report) for one in differences()}

    assert told["width"] == ("4 to 10", "3 to 11")
    assert told["failed"] == ("0.15", "0.2")
    assert "backup" not in told


def test_every_range_is_in_order() -> None:
    for parameters in SETS.values():
        for name, value in msgspec.structs.asdict(parameters).items():
            if isinstance(value, tuple) and isinstance(value[0], float | int):
                assert value[0] <= value[1], name
