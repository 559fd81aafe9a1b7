"""Requests to the server, with the session of openstackclient."""

import os
import re
from urllib.parse import parse_qs, urlsplit

from osc_lib import exceptions

from .. import endpoint

#: All members of a message, also those that block storage does not have.
FULL_FORM = "application/vnd.tidings.message+json"


class Client:
    """The API as seen by one user in one project."""

    def __init__(self, session, url):
        self._session = session
        self._base = endpoint.base(url)
        self.project = endpoint.project(url) or session.get_project_id()

    @classmethod
    def for_cloud(cls, instance):
        """Finds the endpoint as openstackclient does: an override, the service catalog, or the one that was given."""
        instance.setup_auth()
        where = {"region_name": instance.region_name, "interface": instance.interface}
        url = endpoint.find(lambda service_type: instance.get_endpoint_for_service_type(service_type, **where))
        if url is None:
            raise exceptions.CommandError(f"The service catalog has none of: {', '.join(endpoint.SERVICE_TYPES)}")
        return cls(instance.session, url)

    def call(self, method, path, **request):
        """Sends a request about the project. Returns the answer's JSON, or None if it has none."""
        return self.call_for(self.project, method, path, **request)

    def call_for(self, project, method, path, **request):
        """The same for another project."""
        scope = f"/{project}" if project else ""
        return self._request(method, f"/v3{scope}{path}", **request)

    def catalog(self):
        """Returns the services with all their texts."""
        return self._request("GET", "/catalog")["services"]

    def pages(self, path, member, **query):
        """Yields the members of a list, page after page."""
        while True:
            page = self.call("GET", path, params=query)
            yield from page[member]
            links = page.get(f"{member}_links")
            if not links:
                return
            # Not every member has an `id`, and a page with a next one may be empty.
            query["marker"] = parse_qs(urlsplit(links[0]["href"]).query)["marker"][-1]

    def _request(self, method, path, headers=None, **request):
        response = self._session.request(
            self._base + path,
            method,
            headers={
                "Accept": f"{FULL_FORM}, application/json;q=0.9",
                "Accept-Language": language(),
                "OpenStack-API-Version": "volume 3.71",
                **(headers or {}),
            },
            raise_exc=False,
            **request,
        )
        if response.status_code >= 400:
            raise exceptions.CommandError(f"{_reason(response)} (HTTP {response.status_code})")
        return response.json() if response.content else None


def language():
    """Returns the language of this terminal as HTTP has it: `zh-CN` for `zh_CN.UTF-8`."""
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        name = re.split("[:.@]", os.environ.get(variable, ""))[0].replace("_", "-")
        if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", name):
            return name
    return "en"


def _reason(response):
    """Returns the text of an error, whichever service or proxy sent it."""
    try:
        (fault,) = response.json().values()
        return fault["message"]
    except (ValueError, TypeError, KeyError, AttributeError):
        return response.reason or "The server sent an error"
