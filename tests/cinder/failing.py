"""Drivers for Cinder's volume and backup services that fail on demand: a method fails if the name of the resource says so.

A volume, snapshot or backup called `fails create_snapshot` fails in that method, and in no other one.
"""

import pathlib

from cinder import exception, interface
from cinder.backup import driver as backup_driver
from cinder.volume import driver as volume_driver
from cinder.volume import volume_utils
from oslo_config import cfg

from failures import CAPACITY, SECRET

# The real ones need root and the tools of iSCSI.
volume_utils.brick_get_connector_properties = lambda *_, **__: {'host': cfg.CONF.host, 'ip': cfg.CONF.my_ip}


def state(name):
    """Returns the path of a file in the folder of the service's state."""
    return pathlib.Path(cfg.CONF.state_path, name)


def act(method, resource):
    """Does nothing, or fails."""
    if resource.display_name == f'fails {method}':
        raise exception.VolumeBackendAPIException(data=SECRET)


@interface.volumedriver
class Volumes(volume_driver.VolumeDriver):
    """A storage without a byte."""

    VERSION = '1'

    @property
    def initialized(self):
        """Whether the storage is there: not while there is a file `away` in the folder of the service's state."""
        return super().initialized and not state('away').exists()

    def check_for_setup_error(self):
        pass

    def _update_volume_stats(self):
        self._stats = {
            'volume_backend_name': 'failing', 'vendor_name': 'tests', 'driver_version': self.VERSION,
            'storage_protocol': 'local', 'total_capacity_gb': CAPACITY, 'free_capacity_gb': CAPACITY,
            'reserved_percentage': 0,
        }

    def create_volume(self, volume):
        act('create_volume', volume)

    def delete_volume(self, volume):
        act('delete_volume', volume)

    def extend_volume(self, volume, new_size):
        act('extend_volume', volume)

    def create_snapshot(self, snapshot):
        act('create_snapshot', snapshot)

    def delete_snapshot(self, snapshot):
        if snapshot.display_name == 'busy':
            raise exception.SnapshotIsBusy(snapshot_name=snapshot.name)
        act('delete_snapshot', snapshot)

    def create_cloned_volume(self, volume, src_vref):
        pass

    def create_volume_from_snapshot(self, volume, snapshot):
        pass

    def copy_volume_to_image(self, context, volume, image_service, image_meta):
        act('copy_volume_to_image', volume)

    def ensure_export(self, context, volume):
        pass

    def create_export(self, context, volume, connector):
        pass

    def remove_export(self, context, volume):
        pass

    def initialize_connection(self, volume, connector):
        act('initialize_connection', volume)
        state('device').touch()
        return {'driver_volume_type': 'local', 'data': {'device_path': str(state('device'))}}

    def terminate_connection(self, volume, connector, **options):
        pass


class Backups(backup_driver.BackupDriver):
    """A place for backups, likewise."""

    def check_for_setup_error(self):
        pass

    def backup(self, backup, volume_file, backup_metadata=False):
        act('backup', backup)

    def restore(self, backup, volume_id, volume_file, volume_is_new):
        act('restore', backup)

    def delete_backup(self, backup):
        act('delete_backup', backup)
