"""Where the server is."""

import re

#: In the order of preference. Many clouds route only the messages of their block storage endpoint to Tidings.
SERVICE_TYPES = ("user-message", "block-storage", "volumev3", "block-store")
VERSION = re.compile(r"/v3(/[^/]*)?/?$")


def base(url):
    """Returns an endpoint without `/v3` and a project, both of which depend on the request."""
    return VERSION.sub("", url.rstrip("/"))


def find(session, **options):
    """Returns the base of the endpoint in the service catalog, or None. Options are those of `get_endpoint`."""
    for service_type in SERVICE_TYPES:
        url = session.get_endpoint(service_type=service_type, **options)
        if url:
            return base(url)
    return None


def project(url):
    """Returns the project in an endpoint such as `http://cloud/volume/v3/PROJECT`, or None."""
    found = VERSION.search(url)
    return (found.group(1) or "").strip("/") or None if found else None
