"""Sessions of keystoneauth1."""

import copy
import threading

from keystoneauth1.session import Session


def factory(session):
    """Returns a function that makes the session of a process: after a fork, a new one.

    A service may pass such a function itself, or a session. Of a session's settings a copy is made in each process,
    since a parent and its children must not share connections.
    """
    if session is None:
        return Session
    if callable(session):
        return session
    return lambda: _like(session)


def _like(session):
    auth = copy.copy(session.auth)
    # A thread of the parent may have held it at the moment of the fork, and would never release it in the child.
    if hasattr(auth, "_lock"):
        auth._lock = threading.Lock()
    return Session(
        auth=auth,
        verify=session.verify,
        cert=session.cert,
        timeout=session.timeout,
        user_agent=session.user_agent,
        original_ip=session.original_ip,
        additional_headers=dict(session.additional_headers),
    )
