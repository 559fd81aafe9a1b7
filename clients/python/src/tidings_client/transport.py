"""Sends one batch over HTTP and says what came back."""

import logging
import time

from keystoneauth1 import exceptions

from . import answer, endpoint
from .limiter import Limiter

LOG = logging.getLogger(__name__)
#: Reading an answer to its end lets the connection be used again; beyond this length it is not worth it.
MAX_ANSWER = 4 << 20


class Transport:
    """The connection to the server. It belongs to the background thread."""

    def __init__(self, settings, make_session):
        self._settings = settings
        self._make_session = make_session
        self._session = None
        self._base = endpoint.base(settings.endpoint) if settings.endpoint else None
        self._renewal = Limiter()

    def post(self, batch):
        """Sends a batch. It always returns an answer.

        Each request takes about twice the timeout at most: as long for the connection and the first byte of the answer
        as for the rest of it. A login and the look for the endpoint are requests, too.
        """
        outcome = self._attempt(batch)
        if outcome.needs_operator and not self._settings.endpoint:
            self._forget_endpoint()
        return outcome

    def close(self):
        """Gives up the session, which closes its connections."""
        self._session = None

    def _attempt(self, batch):
        try:
            return self._post(batch)
        except exceptions.ConnectFailure as error:
            return answer.UNREACHABLE.because(error)
        except exceptions.HttpError as error:
            # Only Keystone's: the server's own answers are read, not raised.
            return (answer.LOGIN_REFUSED if error.http_status < 500 else answer.UNREACHABLE).because(error)
        except (exceptions.AuthorizationFailure, exceptions.CatalogException) as error:
            return answer.UNREACHABLE.because(f"no token or endpoint: {error}")
        except Exception as error:
            return answer.UNANSWERED.because(f"{type(error).__name__}: {error}")

    def _post(self, batch):
        session = self._session = self._session or self._new_session()
        with session.request(
            f"{self._find_base(session)}/v3/{batch.project}/messages",
            "POST",
            data=batch.body(),
            headers=self._headers(session, batch),
            authenticated=session.auth is not None,
            raise_exc=False,
            redirect=False,
            log=False,
            stream=True,
            timeout=self._settings.request_timeout,
        ) as response:
            body = _read(response, self._settings.request_timeout)
            return answer.read(response.status_code, response.headers.get("Retry-After"), body)

    def _new_session(self):
        session = self._make_session()
        # Keystone's answers are waited for as well; without a timeout of its own, a session waits for ever.
        if session.timeout is None:
            session.timeout = self._settings.request_timeout
        return session

    def _forget_endpoint(self):
        """Lets the next attempt look for the endpoint again: an operator may have moved it."""
        self._base = None
        # The token holds the service catalog. Many projects may have to wait, but one login is enough for all.
        if self._session is not None and self._session.auth is not None and self._renewal.passes():
            self._session.invalidate()

    def _find_base(self, session):
        if self._base is None:
            where = {"region_name": self._settings.region_name, "interface": self._settings.interface}
            found = endpoint.find(lambda service_type: session.get_endpoint(service_type=service_type, **where))
            if found is None:
                raise exceptions.EndpointNotFound("the service catalog has no user-message or block-storage service")
            self._base = endpoint.base(found)
        return self._base

    def _headers(self, session, batch):
        headers = {
            "Content-Type": "application/json",
            # Without it, a server with strict microversions answers 404.
            "OpenStack-API-Version": "volume 3.3",
            "Idempotency-Key": batch.key,
        }
        if session.auth is None:
            headers["X-Auth-Token"] = f"{self._settings.user}:{batch.project}:service"
        return headers


def _read(response, timeout):
    """Reads an answer, within bounds of time and size. A truncated one does not change the meaning of the status."""
    body, deadline = bytearray(), time.monotonic() + timeout
    try:
        for chunk in response.iter_content(64 * 1024):
            body += chunk
            if len(body) > MAX_ANSWER or time.monotonic() > deadline:
                break
    except Exception as error:
        LOG.debug("An answer was not read to its end: %r", error)
    return bytes(body)
