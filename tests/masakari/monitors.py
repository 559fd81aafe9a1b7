"""What Masakari's monitors send. Their options and Masakari's own cannot be in one process."""

import time

from masakarimonitors import conf
from masakarimonitors.ha import masakari


def now():
    """The time, as monitors write it. Old failures are not recovered any more."""
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())


def send(config, event):
    """Sends a report as the monitors do, with their configuration file."""
    conf.CONF(['--config-file', str(config)], project='masakarimonitors')
    masakari.SendNotification().send_notification(0, 0, {'notification': event})
