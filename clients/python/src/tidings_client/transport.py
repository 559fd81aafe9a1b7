"""Sends one batch over HTTP and says what came back."""

import logging
import time

from keystoneauth1 import exceptions

from . import answer, endpoint

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

    def post(self, batch):
        """Sends a batch. It always returns an answer, in about twice the timeout of a request at most."""
        try:
            return self._post(batch)
        except exceptions.ConnectFailure as error:
            LOG.debug("No connection: %s", error)
            return answer.UNREACHABLE
        except exceptions.HttpError as error:
            # Only Keystone's: the server's own answers are read, not raised.
            LOG.debug("No token to send messages with: %s", error)
            return answer.LOGIN_REFUSED if error.http_status < 500 else answer.UNREACHABLE
        except (exceptions.AuthorizationFailure, exceptions.CatalogException) as error:
            LOG.debug("No token or endpoint to send messages with: %s", error)
            return answer.UNREACHABLE
        except Exception as error:
            LOG.debug("An attempt failed: %r", error)
            return answer.UNANSWERED

    def close(self):
        """Gives up the session, which closes its connections."""
        self._session = None

    def _post(self, batch):
        session = self._session = self._session or self._make_session()
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
