"""The browsers that show the dashboard: `browser:`. The monitor pushes it to them, which is told it here."""

from tidemark.alerts.sinks.base import Message, Place
from tidemark.alerts.sinks.registry import refuse_options
from tidemark.errors import SettingsError, SinkRefusedError
from tidemark.settings.alerting import SinkSpec

SCHEMES = ("browser",)
EXAMPLE = "browser:"


def make(spec: SinkSpec, place: Place) -> "Browser":
    """The sink of *spec*."""
    refuse_options(spec)
    if spec.url.partition(":")[2].strip("/"):
        raise SettingsError(f"alerts.sinks: {spec.name} is for every browser that shows the dashboard; write browser:")
    return Browser(place)


class Browser:
    """Says it to the monitor, which knows what it was told by its id."""

    is_idempotent = True
    is_of_monitor = True

    def __init__(self, place: Place) -> None:
        self._say = place.say

    def send(self, message: Message) -> None:
        """Say it."""
        if self._say is None:
            raise SinkRefusedError("only the monitor can push it to browsers, and this is not its process")
        self._say(message.notification)
