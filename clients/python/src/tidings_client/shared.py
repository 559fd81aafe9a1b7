"""The recorder that the services' own calls use."""

import logging
import os
import time

from .baton import Baton
from .recorder import Recorder

LOG = logging.getLogger(__name__)
#: The longest that a caller waits for another one that is making the recorder, in seconds.
PATIENCE = 1.0
_recorders = {}
_batons = {"maker": Baton()}


def use(recorder: Recorder) -> None:
    """Makes the calls of Cinder and Manila use this recorder. Without it, the service's configuration makes one."""
    _recorders["shared"] = recorder


def recorder() -> Recorder:
    """Returns the process's recorder; at the first call, it is made from the `[tidings]` options of `cfg.CONF`."""
    made = _recorders.get("shared")
    if made is None:
        with _batons["maker"].before(time.monotonic() + PATIENCE) as is_mine:
            made = _recorders.get("shared")
            if made is None and not is_mine:
                raise TimeoutError("another thread is still making the recorder")
            if made is None:
                made = _recorders["shared"] = _make()
    return made


def prepare() -> None:
    """Makes the process's recorder ahead of the first call, if the service has read its configuration.

    What an earlier process left in the spool is then sent at once. Services make the objects with these calls in their
    main thread, where the recorder's work becomes a greenlet with eventlet or gevent; from the thread of a driver's
    call, it would take a thread of its own.
    """
    try:
        if _recorders.get("shared") is None and _is_configured():
            recorder()
    except Exception:
        LOG.exception("The recorder of messages cannot be made; the first message tries again")


def _make():
    from oslo_config import cfg

    from . import options

    return options.recorder(cfg.CONF)


def _is_configured():
    from oslo_config import cfg

    try:
        cfg.CONF.find_file("tidings")
    except cfg.NotInitializedError:
        return False
    return True


def _after_fork():
    # Another thread may have held it, and does not exist in the child.
    _batons["maker"] = Baton()


os.register_at_fork(after_in_child=_after_fork)
