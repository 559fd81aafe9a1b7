"""Everything that a user can do in vain with a Cinder whose drivers fail (failing.py)."""

import json
import time
import urllib.error
import urllib.request

#: What users do, and the codes of the messages that Cinder makes of it, in their order.
MADE = {
    'a volume larger than the storage': ['VOLUME_VOLUME_001_003'],
    # The scheduler tries three times.
    'a volume that the driver cannot create': [*3 * ['VOLUME_VOLUME_008_012'], 'VOLUME_VOLUME_001_003'],
    'a volume extended beyond the storage': ['VOLUME_VOLUME_007_003'],
    'a volume that the driver cannot extend': ['VOLUME_VOLUME_007_010'],
    'a snapshot that the driver cannot take': ['VOLUME_VOLUME_SNAPSHOT_009_013'],
    'a snapshot that the driver cannot delete': ['VOLUME_VOLUME_SNAPSHOT_010_016'],
    'a snapshot that is busy': ['VOLUME_VOLUME_SNAPSHOT_010_015'],
    'a volume attached while the storage is away': ['VOLUME_VOLUME_002_002'],
    'a snapshot while the storage is away': ['VOLUME_VOLUME_SNAPSHOT_009_002'],
    'a volume that cannot be uploaded as an image': ['VOLUME_VOLUME_003_004'],
    'a backup that cannot be written': ['VOLUME_VOLUME_BACKUP_013_020'],
    'a backup of a volume that cannot be attached': ['VOLUME_VOLUME_BACKUP_013_021'],
    'a backup that cannot be restored': ['VOLUME_VOLUME_BACKUP_015_026'],
    'a backup that cannot be deleted': ['VOLUME_VOLUME_BACKUP_014_025'],
}
#: What Cinder's notifications on the bus tell of, too.
ON_THE_BUS = ['a volume larger than the storage', 'a volume that the driver cannot create', 'a volume extended beyond the storage']
#: All that the storage holds, in GiB.
CAPACITY = 1000
#: What the storage tells operators, and users never see.
SECRET = 'array-7 refused the password hunter2'
#: The volumes, snapshots and backups in these states are still being worked on.
BUSY = {'creating', 'deleting', 'extending', 'backing-up', 'restoring', 'restoring-backup', 'attaching', 'uploading', 'reserved'}
TIMEOUT = 60


class Tenant:
    """A user of Cinder's API."""

    def __init__(self, url, project, token, away):
        self.url, self.project, self.token, self.away = f'{url}/v3/{project}', project, token, away

    def call(self, method, path, body=None):
        """Returns the body of an answer, and the id of the request. An error of the service has no body."""
        request = urllib.request.Request(
            self.url + path, None if body is None else json.dumps(body).encode(), method=method,
            headers={'Content-Type': 'application/json', 'X-Auth-Token': self.token, 'OpenStack-API-Version': 'volume 3.71'})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise AssertionError(f'{method} {path}: {error.code} {error.read()[:500]}') from error
            answer, text = error, b''
        return json.loads(text) if text else None, answer.headers['x-openstack-request-id']

    def settled(self, kind, id):
        """Returns the state of a resource once nothing works on it."""
        end = time.monotonic() + TIMEOUT
        while (state := self.call('GET', f'/{kind}s/{id}')[0][kind]['status']) in BUSY:
            assert time.monotonic() < end, f'{kind} {id} is still {state}'
            time.sleep(0.1)
        return state

    def make(self, kind, wanted='available', **fields):
        """Creates a resource and waits for its state; returns its id and that of the request."""
        made, request = self.call('POST', f'/{kind}s', {kind: fields})
        id = made[kind]['id']
        state = self.settled(kind, id)
        assert state == wanted, f'{kind} {fields} is {state}'
        return id, request

    def volume(self, name='volume', size=1, **more):
        return self.make('volume', name=name, size=size, **more)

    def snapshot(self, volume, name='snapshot', **more):
        return self.make('snapshot', name=name, volume_id=volume, force=True, **more)

    def backup(self, volume, name='backup', **more):
        return self.make('backup', name=name, volume_id=volume, **more)

    def act(self, volume, action, **fields):
        return self.call('POST', f'/volumes/{volume}/action', {action: fields})[1]

    def fail(self):
        """Does everything in vain: yields what was done, in the order of `MADE`, and the ids of the resource and the request."""
        plain = self.volume()[0]
        attempts = [
            lambda: self.volume(size=CAPACITY + 1, wanted='error'),
            lambda: self.volume('fails create_volume', wanted='error'),
            lambda: (plain, self.act(plain, 'os-extend', new_size=CAPACITY + 1)),
            self._extend,
            lambda: self.snapshot(plain, 'fails create_snapshot', wanted='error'),
            lambda: self._delete('snapshot', self.snapshot(plain, 'fails delete_snapshot')[0]),
            lambda: self._delete('snapshot', self.snapshot(plain, 'busy')[0]),
            lambda: self._away(lambda: self._attach(plain)),
            lambda: self._away(lambda: self.snapshot(plain, wanted='error')),
            self._upload,
            lambda: self.backup(plain, 'fails backup', wanted='error'),
            lambda: self.backup(self.volume('fails initialize_connection')[0], wanted='error'),
            lambda: self._restore(self.volume()[0]),
            lambda: self._delete('backup', self.backup(plain, 'fails delete_backup')[0]),
        ]
        for what, attempt in zip(MADE, attempts, strict=True):
            yield what, *attempt()

    def _extend(self):
        volume = self.volume('fails extend_volume')[0]
        return volume, self.act(volume, 'os-extend', new_size=2)

    def _upload(self):
        volume = self.volume('fails copy_volume_to_image')[0]
        request = self.act(volume, 'os-volume_upload_image', image_name='image')
        self.settled('volume', volume)
        return volume, request

    def _delete(self, kind, id):
        request = self.call('DELETE', f'/{kind}s/{id}')[1]
        self.settled(kind, id)
        return id, request

    def _attach(self, volume):
        return volume, self.act(volume, 'os-attach', host_name='host1', mountpoint='/dev/vdb', mode='rw')

    def _away(self, do):
        """Does something while the driver is not initialized."""
        self.away.touch()
        try:
            return do()
        finally:
            self.away.unlink()

    def _restore(self, volume):
        backup = self.backup(volume, 'fails restore')[0]
        request = self.call('POST', f'/backups/{backup}/restore', {'restore': {'volume_id': volume}})[1]
        self.settled('volume', volume)
        return backup, request
