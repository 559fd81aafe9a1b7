"""The program `openstack` within this process: starting it for every command takes seconds."""

import contextlib
import io
import json

from openstackclient import shell
from osc_lib.clientmanager import ClientCache, ClientManager


def forget_clients():
    """A process keeps the first user's client of each service for all its commands."""
    for cache in vars(ClientManager).values():
        if isinstance(cache, ClientCache):
            cache._handle = None


def openstack(*words, output='json'):
    """Runs the command `openstack`; returns what it prints, as JSON unless `output` is None."""
    forget_clients()
    said = io.StringIO()
    form = ['-f', output] if output else []
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(said):
        status = shell.main([*words, *form])
    assert status == 0, said.getvalue() + printed.getvalue()
    return json.loads(printed.getvalue()) if output else printed.getvalue()
