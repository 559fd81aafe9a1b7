"""Cinder's resource types, as older releases have them in `cinder.message.resource_types`."""

from ..catalog.volume import Resource

VOLUME = Resource.VOLUME
VOLUME_SNAPSHOT = Resource.VOLUME_SNAPSHOT
VOLUME_BACKUP = Resource.VOLUME_BACKUP
