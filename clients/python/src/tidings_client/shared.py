"""The recorder that the services' own calls use."""

from .recorder import Recorder

_recorders = {}


def use(recorder: Recorder) -> None:
    """Makes the calls of Cinder and Manila use this recorder. Without it, the service's configuration makes one."""
    _recorders["shared"] = recorder


def recorder() -> Recorder:
    """Returns the process's recorder; at the first call, it is made from the `[tidings]` options of `cfg.CONF`."""
    made = _recorders.get("shared")
    if made is None:
        from oslo_config import cfg

        from . import options

        # Of two threads that come first, one wins.
        mine = options.recorder(cfg.CONF)
        made = _recorders.setdefault("shared", mine)
        if made is not mine:
            mine.close()
    return made
