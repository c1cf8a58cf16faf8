"""Every setting as it holds, and who said so; secrets are masked."""

from functools import cache

import msgspec

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Nothing, Route
from tidemark.settings.settings import schema
from tidemark.sources import SettingRow


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. allowed: what may be written; source: default, or the file, variable or flag that set it."""

    key: str
    value: str
    source: str
    default: str
    allowed: str
    description: str


class EffectiveSettings(Answer, frozen=True, kw_only=True):
    """All of them, in the order of the documentation."""

    settings: tuple[Setting, ...]


@cache  # bounded: it has no arguments, so there is one answer
def _rows() -> dict[str, SettingRow]:
    return {row.key: row for row in schema()}


def _settings(monitor: Monitor, _: Nothing) -> EffectiveSettings:
    rows = _rows()
    return EffectiveSettings(
        as_of_ms=monitor.now_ms,
        settings=tuple(
            Setting(
                key=one.key,
                value=one.value,
                source=one.source,
                default=rows[one.key].default,
                allowed=rows[one.key].type,
                description=rows[one.key].help,
            )
            for one in monitor.loaded.effective()
        ),
    )


ROUTES = (
    Route(
        path="/api/v1/settings",
        summary="Every setting as it holds, and who said so",
        asked=Nothing,
        answer=EffectiveSettings,
        give=_settings,
    ),
)
