"""Records messages for the tenants of a cloud with a Tidings server, and reads them."""

from .recorder import Recorder
from .stats import Stats

__all__ = ["Recorder", "Stats"]
