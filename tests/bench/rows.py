"""Reproducible messages for the benchmarks, as lines for `tidings message import`.

Time advances from line to line as in a cloud, and every thousand lines contain one message of each project in a
different order. So the rows of a project are as scattered as after years of service.
"""

import datetime
import hashlib
import random

START = datetime.datetime(2020, 1, 1)
STEP = datetime.timedelta(seconds=1, microseconds=3)
EXPIRED = datetime.timedelta(days=30)
LASTING = datetime.timedelta(days=36500)

LINE = (
    '{"id":"%s","project_id":"%s","event_id":"VOLUME_VOLUME_%s_%s","action_id":"%s","detail_id":"%s",'
    '"resource_type":"VOLUME","resource_uuid":"%s","request_id":"req-%s","message_level":"ERROR",'
    '"created_at":"%s","expires_at":"%s"}\n'
)


def project(number):
    """The id of a project, 0 to 999, in the form that Keystone gives."""
    return hashlib.md5(b'project %d' % number, usedforsecurity=False).hexdigest()


def uuid(random_bits, version):
    digits = f'{random_bits:032x}'
    digits = f'{digits[:12]}{version}{digits[13:16]}8{digits[17:]}'
    return '-'.join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def lines(count, expired=0, projects=1000, start=START, step=STEP):
    """`count` messages, oldest first; the first `expired` of them have expired, the others will not for a century."""
    chance = random.Random(count)
    names = [project(number) for number in range(projects)]
    at = start
    for number in range(count):
        if number % projects == 0:
            chance.shuffle(names)
        at += step
        millis = int((at - datetime.datetime(1970, 1, 1)).total_seconds() * 1000)
        action, detail = f'{1 + chance.randrange(16):03}', f'{2 + chance.randrange(12):03}'
        yield LINE % (
            uuid(millis << 80 | chance.getrandbits(80), 7), names[number % projects], action, detail, action, detail,
            uuid(chance.getrandbits(128), 4), uuid(chance.getrandbits(128), 4),
            at.isoformat(), (at + (EXPIRED if number < expired else LASTING)).isoformat(),
        )
