"""Records messages about shares, as Manila would.

    recording.py NUMBER      records so many in the project of alice
"""

import json
import os
import sys
import urllib.request
import uuid

from cloud import PROJECT, Cloud


class Recording:
    """The user of Manila at the server at $TIDINGS_URL."""

    def __init__(self):
        self.token = Cloud(os.environ['KEYSTONE_URL'], 'manila', 'service').token

    def record(self, project=PROJECT, **fields):
        """Returns the id of the message, and its fields."""
        message = {'action': 'ALLOCATE_HOST', 'detail': 'NO_VALID_HOST', 'resource_type': 'SHARE',
                   'resource_uuid': str(uuid.uuid4()), 'request_id': f'req-{uuid.uuid4()}', **fields}
        headers = {'X-Auth-Token': self.token, 'Content-Type': 'application/json'}
        address = f'{os.environ["TIDINGS_URL"]}/v3/{project}/messages'
        request = urllib.request.Request(address, json.dumps({'message': message}).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)['message']['id'], message


if __name__ == '__main__':
    recording = Recording()
    for _ in range(int(sys.argv[1])):
        recording.record()
