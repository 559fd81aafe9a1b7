"""Turns notifications of the real oslo.messaging through a real RabbitMQ into messages. Run by tests/steps/*-ingest.

A witness, a second queue without other readers, tells what the broker delivered.
"""

import contextlib
import json
import os
import pathlib
import shlex
import signal
import sqlite3
import subprocess
import time
import unittest
import urllib.request
import uuid

import broker as brokers
import document

TIDINGS = os.environ['TIDINGS']
WORK = pathlib.Path(os.environ['WORK'])


class Ingest:
    """`tidings ingest`, with its log."""

    def __init__(self, environment):
        self.environment = os.environ | environment
        self.log = open(WORK / 'ingest.log', 'a', encoding='utf-8')
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [TIDINGS, 'ingest', '--config-file', WORK / 'empty.conf'], env=self.environment, stderr=self.log, cwd=WORK)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        assert status == 0, status

    def lines(self):
        return (WORK / 'ingest.log').read_text(encoding='utf-8')


class RealNotifications(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        (WORK / 'empty.conf').touch()
        cls.broker = brokers.Broker(WORK / 'rabbitmq')
        cls.addClassCleanup(cls.broker.stop)
        cls.broker.witness('cinder')
        cls.broker.declare('glance', 'trove')
        cls.environment = {
            'OS_DATABASE__CONNECTION': f'sqlite:///{WORK}/ingest.db',
            'OS_INGEST__TRANSPORT_URL': f'{cls.broker.url}?amqp_durable_queues=true&rabbit_retry_interval=0.1'
                                        '&rabbit_interval_max=0.5',
            'OS_INGEST__EXCHANGES': 'cinder,glance,trove,manila',
            'OS_INGEST__TRUSTED_EXCHANGES': 'trove',
            'OS_INGEST__PREFETCH': '20',
            'OS_METRICS__BIND': '127.0.0.1:0',
        }
        cls.tidings('db', 'migrate')
        cls.ingest = Ingest(cls.environment)
        cls.addClassCleanup(cls.ingest.kill)
        cls.wait_for(lambda: 'consuming notifications' in cls.ingest.lines())

    @classmethod
    def tidings(cls, *arguments):
        return subprocess.run([TIDINGS, *arguments], env=os.environ | cls.environment, cwd=WORK, check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    @classmethod
    def messages(cls):
        return [json.loads(line) for line in cls.tidings('message', 'export').splitlines()]

    @classmethod
    def recorded(cls, ids):
        """Returns the messages about these resources."""
        return [message for message in cls.messages() if message['resource_uuid'] in ids]

    @classmethod
    def figure(cls, name):
        """Returns a metric of the ingesting process."""
        address = cls.ingest.lines().rsplit('serving metrics address=', 1)[1].split()[0]
        with urllib.request.urlopen(f'http://{address}/metrics') as answer:
            lines = answer.read().decode().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f'tidings_ingest_{name} '))

    @staticmethod
    def wait_for(condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError('it did not come about')
            time.sleep(0.1)

    def test_a_both_versions_and_every_priority_are_read(self):
        ids = []
        for driver in ('messaging', 'messagingv2'):
            notifier = brokers.notifier(self.broker, 'cinder', driver)
            for method in ('info', 'warn', 'error', 'critical', 'audit', 'debug', 'sample'):
                payload = brokers.volume()
                request = brokers.request()
                getattr(notifier, method)(request, 'scheduler.create_volume', payload)
                ids.append((payload['volume_id'], request.request_id))
        self.wait_for(lambda: len(self.recorded(dict(ids))) == len(ids))
        messages = self.recorded(dict(ids))
        self.assertEqual({(message['resource_uuid'], message['request_id']) for message in messages}, set(ids))
        self.assertEqual({message['event_id'] for message in messages}, {'VOLUME_VOLUME_001_003'})

    def test_b_an_image_belongs_to_whom_it_was_created_for(self):
        image = str(uuid.uuid4())
        notifier = brokers.notifier(self.broker, 'glance')
        notifier.info({}, 'image.create', {'id': image, 'owner': 'demo', 'status': 'queued'})
        notifier.error({}, 'image.upload', f'Failed to upload image data for image {image} due to internal error: '
                                           '[Errno 28] No space left on device: /srv/glance/secret')
        self.wait_for(lambda: self.recorded([image]))
        message, = self.recorded([image])
        self.assertEqual((message['project_id'], message['event_id']), ('demo', 'IMAGE_000004'))
        self.assertNotIn('secret', json.dumps(message))

    def test_c_a_service_records_with_its_notifier_through_a_trusted_exchange_only(self):
        ids = {exchange: str(uuid.uuid4()) for exchange in ('cinder', 'trove')}
        for exchange, volume in ids.items():
            notifier = brokers.notifier(self.broker, exchange)
            # As a service is configured.
            exec(document.block('docs/ingest.md', 'notifier'),
                 {'notifier': notifier, 'context': brokers.request(), 'project_id': 'demo', 'volume_id': volume})
        self.wait_for(lambda: 'an order of a message was refused' in self.ingest.lines())
        self.wait_for(lambda: self.recorded([ids['trove']]))
        self.assertEqual(self.recorded([ids['cinder']]), [])

    def test_c_what_kombu_compresses_is_read(self):
        for compression in ('gzip', 'bzip2', 'lzma'):
            payload = brokers.volume()
            notifier = brokers.notifier(self.broker, 'cinder', options=f'&kombu_compression={compression}')
            notifier.error(brokers.request(), 'scheduler.create_volume', payload)
            self.wait_for(lambda: self.recorded([payload['volume_id']]))

    def test_d_what_cannot_be_read_is_rejected_once_and_stops_nothing(self):
        before = self.ingest.lines().count('a notification was rejected')
        json_type = {'content_type': 'application/json', 'content_encoding': 'utf-8'}
        poison = [
            ('not json', json_type), ('[]', json_type), ('{"oslo.version": "3.0", "oslo.message": "{}"}', json_type),
            ('{"oslo.version": "2.0", "oslo.message": {}}', json_type), ('{}', {'content_type': 'text/plain'}),
            ('[' * 100000, json_type), ('{"payload": null, "event_type": 7}', json_type), ('{}', json_type),
            ('{"event_type": "scheduler.create_volume", "priority": "ERROR", "payload": null}', json_type),
        ]
        for body, properties in poison:
            self.broker.publish('cinder', 'notifications.error', body, **properties)
        payload = brokers.volume()
        brokers.notifier(self.broker, 'cinder').error(brokers.request(), 'scheduler.create_volume', payload)
        self.wait_for(lambda: self.recorded([payload['volume_id']]))
        self.assertEqual(self.ingest.lines().count('a notification was rejected') - before, 6)
        self.assertEqual(self.broker.waiting(), 0)

    def test_e_a_failure_that_is_told_three_times_makes_one_message(self):
        request, payload = brokers.request(), brokers.volume()
        notifier = brokers.notifier(self.broker, 'cinder')
        for event_type in ('scheduler.create_volume', 'scheduler.retype', 'scheduler.create_volume'):
            notifier.error(request, event_type, payload)
        marker = brokers.volume()
        notifier.error(brokers.request(), 'scheduler.create_volume', marker)
        self.wait_for(lambda: self.recorded([marker['volume_id']]))
        self.assertEqual(len(self.recorded([payload['volume_id']])), 1)

    def test_f_killed_servers_and_a_restarted_broker_lose_and_double_nothing(self):
        self.broker.forget()
        notifier = brokers.notifier(self.broker, 'cinder')
        sent = {}

        def burst(count):
            for _ in range(count):
                payload = brokers.volume()
                notifier.error(brokers.request(), 'scheduler.create_volume', payload)
                sent[payload['volume_id']] = payload

        for _ in range(6):
            burst(60)
            # While it reads.
            self.ingest.kill()
            burst(20)
            self.ingest.start()
        burst(100)
        self.broker.restart()
        burst(100)
        self.broker.restart(pause=self.ingest.kill)
        burst(40)
        self.ingest.start()
        second = Ingest(self.environment)
        burst(200)
        witnessed = len(self.broker.seen())
        self.assertGreaterEqual(witnessed, len(sent) - 20, 'the notifier itself lost too much for a test')
        try:
            self.wait_for(lambda: len(self.recorded(sent)) >= witnessed, 60)
        finally:
            second.stop()
        messages = self.recorded(sent)
        self.assertEqual(len(messages), witnessed)
        self.assertEqual(len({message['resource_uuid'] for message in messages}), witnessed)
        self.assertEqual(self.broker.waiting(), 0)
        print(f'{len(sent)} sent, {witnessed} delivered, {len(messages)} messages')

    def test_g_it_stops_in_order_and_reads_on_where_it_was(self):
        self.ingest.stop()
        payload = brokers.volume()
        brokers.notifier(self.broker, 'cinder').error(brokers.request(), 'scheduler.create_volume', payload)
        self.wait_for(lambda: self.broker.waiting() == 1)
        self.ingest.start()
        self.wait_for(lambda: self.recorded([payload['volume_id']]))

    def test_h_a_database_that_takes_nothing_costs_no_notification(self):
        def execute(statement):
            with contextlib.closing(sqlite3.connect(WORK / 'ingest.db', timeout=20)) as connection, connection:
                connection.execute(statement)

        rejected = self.ingest.lines().count('a notification was rejected')
        notifier = brokers.notifier(self.broker, 'cinder')
        payloads = [brokers.volume() for _ in range(50)]
        execute('ALTER TABLE ingest_keys RENAME TO ingest_keys_away')
        try:
            for payload in payloads:
                notifier.error(brokers.request(), 'scheduler.create_volume', payload)
            self.wait_for(lambda: 'rejects every notification' in self.ingest.lines())
            time.sleep(1)
        finally:
            execute('ALTER TABLE ingest_keys_away RENAME TO ingest_keys')
        ids = [payload['volume_id'] for payload in payloads]
        self.wait_for(lambda: len(self.recorded(ids)) == len(ids))
        self.assertEqual(self.ingest.lines().count('a notification was rejected'), rejected)

    def test_i_who_owns_an_image_may_be_with_another_server_still(self):
        images = [str(uuid.uuid4()) for _ in range(10)]
        notifier = brokers.notifier(self.broker, 'glance')
        # It receives the owners of the images, but cannot process them.
        self.ingest.process.send_signal(signal.SIGSTOP)
        try:
            for image in images:
                notifier.info({}, 'image.create', {'id': image, 'owner': 'demo', 'status': 'queued'})
            self.wait_for(lambda: self.broker.waiting() == 0)
            before = self.ingest.lines().count('consuming notifications')
            second = Ingest(self.environment)
            self.addCleanup(second.kill)
            self.wait_for(lambda: self.ingest.lines().count('consuming notifications') > before)
            for image in images:
                notifier.error({}, 'image.upload', f'Failed to upload image data for image {image} due to internal error')
            time.sleep(2)
            self.assertEqual(self.recorded(images), [])
        finally:
            self.ingest.process.send_signal(signal.SIGCONT)
        self.wait_for(lambda: len(self.recorded(images)) == len(images))
        second.stop()

    def test_j_what_stays_nobodys_is_given_up(self):
        # The metrics of the process that was started last.
        self.ingest.stop()
        self.ingest.start()
        notifier = brokers.notifier(self.broker, 'glance')
        image = str(uuid.uuid4())
        notifier.error({}, 'image.upload', f'Failed to upload image data for image {image} due to internal error')
        payload = brokers.volume()
        brokers.notifier(self.broker, 'cinder').error(brokers.request(), 'scheduler.create_volume', payload)
        self.wait_for(lambda: self.recorded([payload['volume_id']]))
        self.assertEqual(self.figure('ownerless_total'), 0)
        self.wait_for(lambda: self.figure('ownerless_total') == 1)
        self.ingest.stop()
        self.assertEqual((self.recorded([image]), self.broker.waiting()), ([], 0))
        before = self.ingest.lines().count('consuming notifications')
        self.ingest.start()
        self.wait_for(lambda: self.ingest.lines().count('consuming notifications') > before)

    def test_k_an_exchange_of_a_service_is_not_made_but_found(self):
        self.assertFalse(self.broker.has('manila'))
        self.assertIn('exchanges="manila"', self.ingest.lines())
        # With other arguments than the queue has.
        with self.broker.connect() as connection:
            connection.channel().exchange_declare('manila', 'topic', durable=False, auto_delete=False)
        self.wait_for(lambda: 'the exchange now exists' in self.ingest.lines(), 40)
        payload = {'project_id': 'demo', 'share_id': str(uuid.uuid4()), 'status': 'error'}
        body = {'message_id': str(uuid.uuid4()), 'event_type': 'scheduler.create_share', 'priority': 'ERROR', 'payload': payload}
        self.broker.publish('manila', 'notifications.error', json.dumps(body), content_type='application/json',
                            content_encoding='utf-8')
        self.wait_for(lambda: self.recorded([payload['share_id']]))

    def test_l_a_queue_that_publishers_make_and_nobody_reads_is_warned_of(self):
        notifier = brokers.notifier(self.broker, 'cinder')

        def grows():
            for _ in range(50):
                notifier.error(brokers.request(), 'scheduler.create_volume', brokers.volume())
            return 'this queue has no consumer and keeps growing' in self.ingest.lines()

        self.wait_for(grows)
        warned = [line for line in self.ingest.lines().splitlines() if 'this queue has no consumer' in line]
        # The queue under test has a reader.
        self.assertTrue(all('queue="notifications.error"' in line for line in warned), warned)

    def test_m_the_commands_of_the_documents_bound_queues_and_give_the_rights_that_are_needed(self):
        for user in ('trove', 'tidings'):
            self.broker.control('ctl', 'add_user', user, 'secret')
        commands = document.block('docs/ingest.md', 'policy') + document.block('docs/ingest.md', 'rights')
        for command in commands.splitlines():
            program, *arguments = shlex.split(command)
            self.assertEqual(program, 'rabbitmqctl')
            self.broker.control('ctl', *arguments)
        queues = self.broker.control('ctl', 'list_queues', 'name', 'policy').splitlines()
        bounded = {line.split('\t')[0] for line in queues if line.endswith('\tunread')}
        self.assertIn('notifications.error', bounded)
        self.assertNotIn('tidings', bounded)

        self.ingest.stop()
        self.ingest.environment['OS_INGEST__TRANSPORT_URL'] = f'{self.broker.url_of("tidings")}?amqp_durable_queues=true'
        self.ingest.environment['OS_INGEST__EXCHANGES'] = 'cinder,glance,trove'
        self.ingest.start()
        volume = brokers.volume()
        notifier = brokers.notifier(self.broker, 'trove', user='trove')
        notifier.error(brokers.request(), 'scheduler.create_volume', volume)
        self.wait_for(lambda: self.recorded([volume['volume_id']]))

