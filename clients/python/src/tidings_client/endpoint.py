"""Where the server is."""

import re
from contextlib import suppress

from keystoneauth1.exceptions import CatalogException

#: In the order of preference. Many clouds route only the messages of their block storage endpoint to Tidings.
SERVICE_TYPES = ("user-message", "block-storage", "volumev3", "block-store")
VERSION = re.compile(r"/v3(/[^/]*)?/?$")


def base(url):
    """Returns an endpoint without `/v3` and a project, both of which depend on the request."""
    return VERSION.sub("", url.rstrip("/"))


def find(lookup):
    """Returns the endpoint of the first service type for which `lookup` finds one, or None."""
    for service_type in SERVICE_TYPES:
        # Some releases of keystoneauth return nothing, others raise.
        with suppress(CatalogException):
            url = lookup(service_type)
            if url:
                return url
    return None


def project(url):
    """Returns the project in an endpoint such as `http://cloud/volume/v3/PROJECT`, or None."""
    found = VERSION.search(url)
    return (found.group(1) or "").strip("/") or None if found else None
