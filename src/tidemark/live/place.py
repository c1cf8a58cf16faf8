"""Where the exchange of the settings is, and in which folder what it says is kept."""

from urllib.parse import urlsplit

from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Endpoints, Venue
from tidemark.settings.settings import Settings


def find_venue(settings: Settings) -> Venue:
    """The venue of the settings, at its own addresses or at those that the settings give."""
    own = registry.find(settings.venue.name)
    rest, stream = settings.venue.rest_url, settings.venue.stream_url
    if rest is None and stream is None:
        return own
    return registry.find(
        settings.venue.name, Endpoints(rest=rest or own.endpoints.rest, stream=stream or own.endpoints.stream)
    )


def folder_name(settings: Settings) -> str:
    """One folder a venue, and another for each other address: what they say is not mixed."""
    if settings.venue.rest_url is None:
        return settings.venue.name
    return f"{settings.venue.name}@{urlsplit(settings.venue.rest_url).netloc.replace(':', '_')}"
