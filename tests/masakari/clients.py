"""The program `openstack` within this process: starting it for every command takes seconds."""

import contextlib
import io
import json

from openstackclient import shell


def openstack(*words, output='json'):
    """Runs the command `openstack`; returns what it prints, as JSON unless `output` is None."""
    said = io.StringIO()
    form = ['-f', output] if output else []
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(said):
        status = shell.main([*words, *form])
    assert status == 0, said.getvalue() + printed.getvalue()
    return json.loads(printed.getvalue()) if output else printed.getvalue()
