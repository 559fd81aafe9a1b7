"""Sends events through a real RabbitMQ to the real listener of oslo.messaging. Run by tests/steps/*-rabbitmq, which sets the
environment: TIDINGS, RABBITMQ_FOLDER, WORK.
"""
import datetime
import json
import os
import pathlib
import subprocess
import tempfile
import time
import types
import unittest
import unittest.mock
import uuid

import amqp
from oslo_config import cfg
import oslo_messaging
from oslo_messaging._drivers import amqp as amqp_driver, impl_rabbit
from oslo_utils import strutils, timeutils

import document
from stage import BROKER, HERE, TIDINGS, Broker, Listener, Server, free_port, wait_for

DURABLE = '?amqp_durable_queues=true'
QUEUES = [f'notifications.{priority}' for priority in ('info', 'warn', 'error')]
FIXTURES = pathlib.Path(__file__).parents[1] / 'fixtures/glance_events.jsonl'
MASKED = FIXTURES.with_name('masked.jsonl')
OPTIONS = FIXTURES.with_name('oslo_messaging_rabbit_options.txt')


class Case(unittest.TestCase):
    def setUp(self):
        self.broker = Broker()
        # Queues of every priority: a listener declares them all.
        priorities = ('audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample')
        self.broker.forget('glance', *(f'{topic}.{priority}' for topic in ('notifications', 'audits') for priority in priorities))

    def serve(self, driver='messagingv2', options='', **more):
        server = Server(driver, self.broker.url(options), **more)
        self.addCleanup(server.stop)
        return server

    def listen(self, *options, url='', **more):
        listener = Listener(self.broker.url(url), *options, **more)
        self.addCleanup(listener.stop)
        return listener


class Listening(Case):
    def test_every_priority_and_form_arrives(self):
        for driver in ('messaging', 'messagingv2'):
            listener, server = self.listen(), self.serve(driver)
            fixtures = [json.loads(line)['notification'] for line in FIXTURES.read_text().splitlines()]
            ids = [server.report(event['event_type'], event['priority'], event['payload']) for event in fixtures]
            ids.append(server.report('image.upload', 'WARN', 'caf\u00e9 \u2603 \U0001f600 "quoted"\n\\'))
            events = {event['metadata']['message_id']: event for event in listener.wait(len(ids))}
            self.assertEqual(sorted(ids), sorted(events))
            for sent, id in zip(fixtures, ids):
                event = events[id]
                self.assertEqual(event['payload'], sent['payload'])
                self.assertEqual((event['event_type'], event['priority'].upper(), event['publisher_id']),
                                 (sent['event_type'], sent['priority'], 'image.host1'))
            self.assertEqual(events[ids[-1]]['payload'], 'caf\u00e9 \u2603 \U0001f600 "quoted"\n\\')
            listener.stop()
            server.stop()

    def test_filters_of_listeners_match(self):
        server = self.serve()
        listener = self.listen('--event-type', '^repo', '--publisher-id', '^repo\\.', '--payload', 'repo_id=^good',
                               '--context', 'request_id=^req-')
        server.report(payload={'repo_id': 'good'}, publisher_id='repo.host1', request_id='req-1')
        server.report(payload={'repo_id': 'bad'}, publisher_id='repo.host1', request_id='req-1')
        server.report(payload={'repo_id': 'good'}, publisher_id='image.host1', request_id='req-1')
        server.report(payload={'repo_id': 'good'}, publisher_id='repo.host1')
        server.report('image.upload', 'ERROR', 'a text', publisher_id='repo.host1', request_id='req-1')
        server.report(payload={'repo_id': 'good too'}, publisher_id='repo.host2', request_id='req-2')
        events = listener.wait(2)
        time.sleep(1)
        self.assertEqual([event['payload']['repo_id'] for event in listener.events()], ['good', 'good too'])
        self.assertEqual(events[0]['ctxt']['request_id'], 'req-1')

    def test_events_of_one_client_keep_their_order(self):
        server = self.serve()
        ids = [server.report() for _ in range(300)]
        wait_for('delivery', lambda: server.figure('events_delivered_total', 'messagingv2') == 300)
        # A listener of oslo.messaging uses several threads, so the queue itself is read.
        self.assertEqual(self.broker.drain('notifications.info'), ids)

    def test_every_topic_gets_every_event(self):
        server = self.serve(OSLO_MESSAGING_NOTIFICATIONS__TOPICS='notifications,audits')
        both = [self.listen(), self.listen(topic='audits')]
        id = server.report()
        for listener in both:
            listener.wait(1)
            self.assertEqual(listener.ids(), [id])

    def test_nobody_has_to_listen_before(self):
        server = self.serve()
        ids = [server.report() for _ in range(20)]
        wait_for('delivery', lambda: server.figure('events_delivered_total', 'messagingv2') == 20)
        listener = self.listen()
        listener.wait(20)
        self.assertEqual(sorted(listener.ids()), ids)


class Documented(Case):
    def test_what_docs_events_says_to_try_shows_the_event(self):
        url, port = self.broker.url(), free_port()
        script = document.block('docs/events.md', 'try', [
            ('rabbit://localhost/', url), ('rabbit://guest:guest@localhost//', url), ('tidings event', f'{TIDINGS} event'),
            ('tidings serve &', f"""{TIDINGS} serve --bind 127.0.0.1:{port} &
                trap 'kill $!' EXIT; until curl -sf http://127.0.0.1:{port}/healthcheck; do sleep 0.1; done"""),
            ('tests/rabbitmq', str(HERE)),
        ])
        with tempfile.TemporaryDirectory() as folder:
            shown = subprocess.run(['bash', '-ec', script], cwd=folder, check=True, stdout=subprocess.PIPE, text=True, timeout=60)
        self.assertIn('Image storage media is full', shown.stdout)


class Reported:
    """The context of an event about a project, without a request."""

    def redacted_copy(self):
        return self

    def to_dict(self):
        return {'project_id': 'p1'}


class Bytes(Case):
    """The bytes on the wire equal those of oslo.messaging's notifier."""

    def oslo(self, version, id, unique_id, timestamp, priority, event_type, payload):
        conf = cfg.ConfigOpts()
        conf([], project='tests')
        transport = oslo_messaging.get_notification_transport(conf, url=self.broker.url())
        driver = {1: 'messaging', 2: 'messagingv2'}[version]
        conf.set_override('control_exchange', 'glance')
        notifier = oslo_messaging.Notifier(transport, 'image.host1', driver, topics=['notifications'])
        fixed = lambda text: types.SimpleNamespace(uuid4=lambda: uuid.UUID(text))
        with unittest.mock.patch('oslo_messaging.notify.notifier.uuid', fixed(id)), \
                unittest.mock.patch('oslo_messaging._drivers.amqp.uuid', fixed(unique_id)), \
                unittest.mock.patch.object(timeutils, 'utcnow', lambda: timestamp):
            getattr(notifier, priority.lower())(Reported(), event_type, payload)
        transport.cleanup()

    def compare(self, version, priority, event_type, payload):
        server = self.serve({1: 'messaging', 2: 'messagingv2'}[version])
        server.report(event_type, priority, payload)
        queue = f'notifications.{priority.lower()}'
        wait_for('delivery', lambda: server.figure('events_delivered_total', {1: 'messaging', 2: 'messagingv2'}[version]))
        body, properties = self.broker.get(queue)
        outer = json.loads(body)
        inner = json.loads(outer['oslo.message']) if version == 2 else outer
        at = datetime.datetime.fromisoformat(inner['timestamp'])
        self.oslo(version, inner['message_id'], inner['_unique_id'], at, priority, event_type, payload)
        want, theirs = self.broker.get(queue)
        self.assertEqual(body, want)
        self.assertEqual(properties, theirs)
        server.stop()

    def test_both_versions_are_the_same_bytes(self):
        image = next(json.loads(line)['notification'] for line in FIXTURES.read_text().splitlines() if 'image.prepare' in line)
        for version in (1, 2):
            self.compare(version, 'INFO', 'image.prepare', image['payload'])
            self.compare(version, 'ERROR', 'image.upload', 'no space: caf\u00e9 \U0001f600 "q" \\ / \x7f\n\t')
            self.compare(version, 'INFO', 'repo.sync.finish', {
                'repo_id': 'r', 'importer_id': 'i', 'started': None, 'completed': None, 'result': 'success',
                'summary': {'n': [1, -2, 0.5, 1e16, 1e-7, 123456789.125, True, None, {}, [], '']}, 'details': {}})


class Ceilometer(Case):
    """The real agent of ceilometer, which forwards events by their traits to aodh and others."""

    def agent(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=os.environ['WORK']))
        events = folder / 'events'
        (folder / 'pipeline.yaml').write_text(json.dumps({
            'sources': [{'name': 'events', 'events': ['*'], 'sinks': ['file']}],
            'sinks': [{'name': 'file', 'publishers': [f'file://{events}?json']}],
        }))
        (folder / 'ceilometer.conf').write_text(f"""[DEFAULT]
transport_url = {self.broker.url()}
event_pipeline_cfg_file = {folder}/pipeline.yaml
[notification]
pipelines = event
workers = 1
""")
        with open(folder / 'log', 'w') as log:
            agent = subprocess.Popen(
                ['ceilometer-agent-notification', '--config-file', folder / 'ceilometer.conf'], stdout=log, stderr=log)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        return events

    def test_events_are_of_their_tenant_and_request(self):
        server, events = self.serve(), self.agent()
        message = server.record()
        reports = [server.report(request_id='req-1'), server.report()]
        read = lambda: [json.loads(line) for line in events.read_text().splitlines()] if events.exists() else []
        wait_for('the events', lambda: len(read()) == 3)
        traits = {event['message_id']: {trait['name']: trait['value'] for trait in event['traits']} for event in read()}
        self.assertEqual({(of['project_id'], of['tenant_id']) for of in traits.values()}, {('p1', 'p1')})
        requests = [traits.pop(id).get('request_id') for id in reports]
        self.assertEqual(requests, ['req-1', None])
        self.assertEqual([of['request_id'] for of in traits.values()], [message['request_id']])


class Topology(Case):
    def refuse(self, **form):
        """Declares the exchange with other arguments than the server."""
        channel = self.broker.channel()
        channel.exchange_declare('glance', 'topic', auto_delete=False, **form)
        channel.connection.close()

    def test_a_refused_topology_loses_nothing(self):
        self.refuse(durable=True)
        server = self.serve()
        ids = [server.report() for _ in range(50)]
        wait_for('a refusal', lambda: 'PRECONDITION_FAILED' in server.log.read_text())
        self.assertIn('exchange glance', server.log.read_text())
        self.assertEqual(server.figure('events_delivered_total', 'messagingv2') or 0, 0)
        self.broker.forget('glance')
        listener = self.listen()
        listener.wait(50)
        self.assertEqual(sorted(listener.ids()), ids)

    def test_queues_are_those_of_listeners_with_the_same_options(self):
        limits = ('&rabbit_quorum_delivery_limit=7&rabbit_quorum_max_memory_length=1000'
                  '&rabbit_quorum_max_memory_bytes=1000000')
        others = ('&rabbit_transient_quorum_queue=true&rabbit_stream_fanout=true&rabbit_transient_queues_ttl=60'
                  '&rabbit_qos_prefetch_count=10&use_queue_manager=true')
        for url in (DURABLE, '?rabbit_quorum_queue=true', '?rabbit_quorum_queue=true' + limits,
                    DURABLE + '&rabbit_ha_queues=true' + others, '?amqp_auto_delete=true'):
            self.setUp()
            # Auto-delete queues would be gone before a listener connects.
            early = [self.listen(url=url)] if 'auto_delete' in url else []
            server = self.serve(options=url)
            ids = [server.report(), server.report('image.upload', 'ERROR', 'x')]
            wait_for('delivery', lambda: server.figure('events_delivered_total', 'messagingv2') == 2)
            listener = early.pop() if early else self.listen(url=url)
            listener.wait(2)
            self.assertEqual(sorted(listener.ids()), ids)
            server.stop()
            listener.stop()
        self.setUp()

    def test_the_options_are_those_of_the_package(self):
        options = [*amqp_driver.amqp_opts, *impl_rabbit.rabbit_opts]
        names = {name for option in options for name in (option.dest, *(older.name for older in option.deprecated_opts))}
        self.assertEqual(sorted(names), OPTIONS.read_text().split())

    def test_a_queue_that_nobody_reads_is_warned_of(self):
        server = self.serve()
        growing = 'this queue has no consumer and keeps growing'

        def grows():
            for _ in range(20):
                server.report()
            time.sleep(0.5)
            return growing in server.log.read_text()

        wait_for('a warning', grows)
        line = next(line for line in server.log.read_text().splitlines() if growing in line)
        self.assertIn("""set_policy --apply-to queues unread-notifications '^notifications\\.'""", line)
        self.assertIn('queue="notifications.info"', line)

    def test_a_queue_that_vanishes_is_made_anew(self):
        server = self.serve()
        server.report()
        wait_for('delivery', lambda: server.figure('events_delivered_total', 'messagingv2') == 1)
        channel = self.broker.channel()
        channel.queue_delete('notifications.info')
        id = server.report()
        wait_for('delivery', lambda: server.figure('events_delivered_total', 'messagingv2') == 2)
        body, _ = self.broker.get('notifications.info')
        self.assertEqual(json.loads(json.loads(body)['oslo.message'])['message_id'], id)


    def test_what_a_full_queue_refuses_is_sent_again(self):
        server = self.serve(options=DURABLE)
        ids = [server.report()]
        wait_for('delivery', lambda: server.figure('events_delivered_total', 'messagingv2') == 1)
        self.broker.control('full')
        try:
            ids += [server.report() for _ in range(20)]
            wait_for('a refusal', lambda: server.figure('events_delivery_failures_total', 'messagingv2'))
            self.assertLess(server.figure('events_delivered_total', 'messagingv2'), 21)
        finally:
            self.broker.control('roomy')
        wait_for('the rest', lambda: server.figure('events_delivered_total', 'messagingv2') == 21)
        # Events behind a refused one may have arrived already, so their order is not checked.
        self.assertEqual(set(self.broker.drain('notifications.info')), set(ids))


class Connecting(Case):
    def test_a_host_that_is_away_is_passed_over(self):
        url = f'rabbit://guest:guest@127.0.0.1:1,guest:guest@127.0.0.1:{self.broker.port}//'
        server, listener = Server('messagingv2', url), self.listen()
        self.addCleanup(server.stop)
        id = server.report()
        listener.wait(1)
        self.assertEqual(listener.ids(), [id])

    def test_tls_is_verified(self):
        listener = self.listen()
        host = f'rabbit://guest:guest@127.0.0.1:{self.broker.tls_port}//?ssl=1&ssl_ca_file={BROKER}'
        stranger = Server('messagingv2', f'{host}/other.pem')
        self.addCleanup(stranger.stop)
        stranger.report()
        wait_for('a refusal', lambda: 'UnknownIssuer' in stranger.log.read_text())
        # The authority of the broker's certificate, and the certificate itself.
        ids = []
        for trusted in ('ca.pem', 'server.pem'):
            server = Server('messagingv2', f'{host}/{trusted}')
            self.addCleanup(server.stop)
            ids.append(server.report())
            listener.wait(len(ids))
        self.assertEqual(listener.ids(), ids)

    def test_login_and_heartbeat_are_those_of_the_options(self):
        options = {'OSLO_MESSAGING_RABBIT__HEARTBEAT_TIMEOUT_THRESHOLD': '7'}
        for option, expected in [('', 'AMQPLAIN\t7'), ('?rabbit_login_method=PLAIN', 'PLAIN\t7')]:
            server = Server('messagingv2', self.broker.url(option), **options)
            self.addCleanup(server.stop)
            server.report()
            wait_for(expected, lambda: expected in self.broker.ask('list_connections', 'auth_mechanism', 'timeout').split('\n'))
            server.stop()

    def test_a_wrong_password_is_said_and_events_wait(self):
        server = Server('messagingv2', f'rabbit://guest:hunter2@127.0.0.1:{self.broker.port}//')
        self.addCleanup(server.stop)
        server.report()
        wait_for('a refusal', lambda: 'ACCESS_REFUSED' in server.log.read_text())
        self.assertNotIn('hunter2', server.log.read_text())


class Masking(unittest.TestCase):
    def test_the_table_is_what_oslo_makes_of_it(self):
        for line in MASKED.read_text().splitlines():
            case = json.loads(line)
            self.assertEqual(strutils.mask_dict_password(case['value']), case['masked'])


if __name__ == '__main__':
    unittest.main()
