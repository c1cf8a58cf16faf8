"""The desktop of this machine: `desktop:`, by notify-send on Linux and osascript on macOS."""

import shutil
import subprocess

from tidemark.alerts.sinks.base import Message, Place
from tidemark.alerts.sinks.registry import refuse_options
from tidemark.errors import SettingsError, SinkError, SinkRefusedError
from tidemark.model.notification import Severity
from tidemark.settings.alerting import SinkSpec

SCHEMES = ("desktop",)
EXAMPLE = "desktop: severity=warning"
_WAIT_S = 10.0
_SHOWN = 600
_SCRIPT = "on run told\ndisplay notification (item 2 of told) with title (item 1 of told)\nend run"
_URGENCY = {Severity.INFO: "low", Severity.WARNING: "normal", Severity.CRITICAL: "critical"}


def make(spec: SinkSpec, _: Place) -> "Desktop":
    """The sink of *spec*; whether the machine has a desktop is seen when something is sent."""
    refuse_options(spec)
    if spec.url.partition(":")[2].strip("/"):
        raise SettingsError(f"alerts.sinks: {spec.name} is the desktop of this machine; write desktop:")
    return Desktop()


class Desktop:
    """Asks a program of the machine to show it."""

    is_idempotent = False
    is_of_monitor = False

    def send(self, message: Message) -> None:
        """Show it."""
        try:
            # A program of the machine, found by its name; what is told are arguments, which no shell reads.
            done = subprocess.run(  # noqa: S603
                _command(message), capture_output=True, text=True, timeout=_WAIT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise SinkError(f"the desktop did not show it within {_WAIT_S:g} s") from error
        except OSError as error:
            raise SinkError(f"the desktop cannot be asked: {error.strerror}") from error
        if done.returncode:
            raise SinkError(f"the desktop did not show it: {' '.join(done.stderr.split())[:200] or done.returncode}")


def _command(message: Message) -> list[str]:
    told = message.notification
    program = shutil.which("notify-send")
    if program is not None:
        return [
            program,
            "--app-name=Tidemark",
            f"--urgency={_URGENCY[told.severity]}",
            "--",
            told.title,
            told.text[:_SHOWN],
        ]
    program = shutil.which("osascript")
    if program is not None:
        return [program, "-e", _SCRIPT, told.title, told.text[:_SHOWN]]
    raise SinkRefusedError("this machine has no notify-send (on Debian: apt install libnotify-bin) and no osascript")
