"""What somebody orders while it runs: that something was read, is sent again, or that a sink is tried."""

from collections.abc import Callable
from random import Random

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tidemark.alerts.history import History
from tidemark.alerts.outbox import Outbox
from tidemark.alerts.sinks.base import Place
from tidemark.alerts.trial import trial
from tidemark.clock import Clock
from tidemark.live.alerts_job import Done, MarkRead, Order, Resend, TrySink
from tidemark.settings.alerting import SinkSpec
from tidemark.store.tables import line_of

log = structlog.get_logger()


class Orders:
    """Carries them out, one after the other; a sink may take half a minute.

    specs: the sinks that there are, by their names. place: where they work. link: to the dashboard. changed: told
    after something was changed that others show.
    """

    def __init__(
        self,
        history: History,
        outbox: Outbox,
        specs: dict[str, SinkSpec],
        place: Place,
        link: str | None,
        random: Random,
        changed: Callable[[], None],
    ) -> None:
        self._history = history
        self._outbox = outbox
        self._specs = specs
        self._place = place
        self._link = link
        self._random = random
        self._changed = changed

    def carry_out(self, order: Order) -> Done:
        """Do it; what went wrong is in what is given."""
        try:
            return self._done(order)
        except SQLAlchemyError as error:
            log.warning("an order was not carried out", cause=line_of(error))
            return Done(number=order.number, failure="the database did not take it; try again")

    def _done(self, order: Order) -> Done:
        now = self._clock.now_ns()
        match order:
            case MarkRead():
                changed = self._history.read(order.ids, now)
            case Resend():
                changed = self._outbox.resend(order.letters, now)
            case TrySink():
                return self._tried(order)
        if changed:
            self._changed()
        return Done(number=order.number, changed=changed)

    def _tried(self, order: TrySink) -> Done:
        spec = self._specs.get(order.sink)
        if spec is None:
            known = ", ".join(self._specs)
            return Done(number=order.number, failure=f"there is no sink {order.sink[:40]!r}; there are: {known}")
        (tried,) = trial([spec], self._place, self._link, self._random)
        return Done(number=order.number, tried=tried)

    @property
    def _clock(self) -> Clock:
        return self._place.clock
