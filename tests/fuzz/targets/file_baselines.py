"""Files of baselines that a team committed: what is read can be asked for, judged and written again."""

from pathlib import Path

import msgspec
from tests.fuzz.target import Take

from tidemark.backtest.baselines.bands import Band, is_within
from tidemark.backtest.baselines.file import Baseline, Baselines, read, request_from, write
from tidemark.backtest.runs.request import Request
from tidemark.errors import SettingsError

REFUSALS: tuple[type[Exception], ...] = (SettingsError,)


def seeds() -> list[bytes]:
    request = Request(strategy="ideas/cross.py:Fast", parameters={"fast": "5"}, data="../candles", markets=("A", "B"))
    bands = {"sharpe": Band(value=1.5, tolerance="5%"), "trips": Band(value=12.0), "calmar": Band(value=None)}
    one = Baseline(
        request=request, parameters={"fast": 5, "share": 0.5, "is_on": True, "name": "x"}, models={"fees.use": "none"},
        code="aa" * 32, data="bb" * 32, instruments="dd" * 32, trips="cc" * 32, figures=bands, made_by="0.1.0",
    )  # fmt: skip
    far = msgspec.structs.replace(one, request=Request(strategy="a.py", data="s3://place/candles"), figures={})
    return [
        msgspec.json.encode(told)
        for told in (Baselines(), Baselines(baselines={"one": one}), Baselines(baselines={"one": one, "far": far}))
    ]


def opened(folder: Path) -> Take:
    file = folder / "baselines.json"

    def take(data: bytes) -> bool:
        file.write_bytes(data)
        told = read(file)
        for one in told.baselines.values():
            asked = request_from(one, file)
            assert asked.parameters == one.request.parameters
            assert all(is_within(band, band.value) for band in one.figures.values())
        write(file, told)
        assert read(file) == told
        return bool(told.baselines)

    return take
