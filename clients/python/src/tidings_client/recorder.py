"""What services call."""

import atexit
import os
from typing import Any, Callable, Optional, Union

from keystoneauth1.session import Session

from . import session as sessions
from .engine import Engine
from .health import Backoff
from .message import compose
from .settings import Settings
from .stats import Stats


class Recorder:
    """Records messages for the tenants of a cloud, without ever getting in a service's way.

    `record` leaves the message in memory and returns: there is no network, disk or error to wait for. A background
    thread gathers messages into batches by project and posts them. While the server is down, they wait in a spool on
    disk, and are sent when it is back, after a restart of the service if need be.

    It works in threads, with eventlet and gevent, and after a fork, where the child gets a queue and a thread of its
    own. The constructor raises ValueError for settings that cannot be used, and connects to nothing.

    :param endpoint: the server, such as `http://127.0.0.1:8790`. Without it, the session's service catalog is asked for
        `user-message`, then for block storage.
    :param session: a session of keystoneauth1, or a function that makes one for each process. The user needs the role
        `service` or `admin`. Without it, the server must run without an identity service.
    :param user: the name to record under if there is no session.
    :param spool: the directory for messages while the server is down; processes may share it. Without it, they wait in
        memory alone.
    :param spool_bytes: the most that each process keeps there, in blocks of 4 KiB.
    :param queue: the most messages in memory. Above half of that, they move to the spool.
    :param batch_size: the most messages in a request.
    :param linger: the seconds that a message waits for others to share its request.
    :param request_timeout: the seconds to wait for a connection or an answer.
    :param backoff: the first and the longest wait after failures, in seconds.
    :param shutdown_timeout: the seconds that the end of the process may take to send what is left.
    """

    def __init__(
        self,
        endpoint: Optional[str] = None,
        *,
        session: Union[Session, Callable[[], Session], None] = None,
        user: str = "tidings",
        region_name: Optional[str] = None,
        interface: str = "internal",
        spool: Union[str, "os.PathLike[str]", None] = None,
        spool_bytes: int = 64 << 20,
        queue: int = 10_000,
        batch_size: int = 1000,
        linger: float = 0.02,
        request_timeout: float = 10.0,
        backoff: "tuple[float, float]" = (0.5, 60.0),
        shutdown_timeout: float = 2.0,
    ) -> None:
        self._settings = Settings(
            endpoint=endpoint,
            session=session,
            user=user,
            region_name=region_name,
            interface=interface,
            spool=os.fspath(spool) if spool else None,
            spool_bytes=spool_bytes,
            queue=queue,
            batch_size=batch_size,
            linger=linger,
            request_timeout=request_timeout,
            backoff=Backoff(*backoff),
            shutdown_timeout=shutdown_timeout,
        )
        self._settings.check()
        self._make_session = sessions.factory(session)
        # Empty in a child: see `_engine`.
        self._engines: dict[str, Engine] = {}
        # What an earlier process left in the spool is sent at once.
        self._engine().wake()
        _open.add(self)

    def record(self, project_id: str, event_id: Optional[str] = None, **fields: Any) -> None:
        """Records a message for a tenant. Returns at once and never raises, whatever happens.

        The fields are those of `POST /v3/{project_id}/messages`: an `event_id` or an `action`, `detail`, `exception`,
        `resource_type`, `resource_uuid`, `request_id`, `message_level` and `parameters`. Constants of
        `tidings_client.catalog` serve as values, and so does an exception itself. `stats` shows the outcome; a lost
        message is also logged.
        """
        try:
            engine = self._engine()
            try:
                item = compose(project_id, {"event_id": event_id, **fields})
            except Exception as error:
                engine.reject(str(error))
            else:
                engine.put(item)
        except Exception:
            # Such as a process without free file descriptors. The caller has a failure of its own to handle.
            pass

    def flush(self, timeout: float = 10.0) -> bool:
        """Waits until all messages are with the server or in the spool. Returns whether that is so in time."""
        return self._engine().flush(timeout)

    def stats(self) -> Stats:
        """Returns what became of this process's messages."""
        return self._engine().stats()

    def close(self) -> None:
        """Flushes for the `shutdown_timeout` and ends the thread. The end of the interpreter does so, too."""
        _open.discard(self)
        for engine in list(self._engines.values()):
            engine.close(self._settings.shutdown_timeout)

    def _engine(self) -> Engine:
        engine = self._engines.get("now")
        # Of several threads that come here first, one wins; no engine has done anything yet.
        return engine or self._engines.setdefault("now", Engine(self._settings, self._make_session))

    def _after_fork(self) -> None:
        parents, self._engines = self._engines, {}
        for engine in parents.values():
            engine.release()


# The recorders that are not closed yet.
_open: "set[Recorder]" = set()


def _after_fork() -> None:
    for recorder in _open:
        recorder._after_fork()


def _at_exit() -> None:
    for recorder in list(_open):
        recorder.close()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
