"""Runs commands of `manila` in one process, as starting it for each takes seconds: a list of lists of words as JSON. Prints for each whether
it failed, and its output.
"""

import contextlib
import io
import json
import sys

from manilaclient import shell


def run(words):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            # It looks for an older name of the type.
            shell.OpenStackManilaShell().main(['--service-type', 'shared-file-system', *words])
        except (Exception, SystemExit) as error:
            return [True, f'{said.getvalue()}{error}']
    return [False, said.getvalue()]


if __name__ == '__main__':
    print(json.dumps([run(words) for words in json.loads(sys.argv[1])]))
