"""A real RabbitMQ, the notifications of real services, and a witness: a separate queue without other readers."""

import json
import pathlib
import subprocess
import uuid

import amqp
import kombu
from oslo_config import cfg
from oslo_context import context
import oslo_messaging

SCRIPT = pathlib.Path(__file__).parents[1] / 'services' / 'rabbitmq.sh'
PRIORITIES = ('audit', 'critical', 'debug', 'error', 'info', 'sample', 'warn')


class Broker:
    def __init__(self, folder):
        self.folder = folder
        self.url = self.control('start')
        # In kombu's form.
        self.kombu_url = self.url.replace('rabbit://', 'amqp://')

    def control(self, action, *arguments):
        out = self.folder.with_suffix('.url')
        with open(out, 'w', encoding='utf-8') as file:
            subprocess.run([SCRIPT, action, self.folder, *arguments], check=True, stdout=file)
        return out.read_text(encoding='utf-8').strip()

    def restart(self, pause=lambda: None):
        self.control('halt')
        pause()
        self.control('start')

    def connect(self):
        return kombu.Connection(self.kombu_url)

    def declare(self, *exchanges):
        """Declares exchanges as their services do."""
        with self.connect() as connection:
            for exchange in exchanges:
                connection.channel().exchange_declare(exchange, 'topic', durable=True, auto_delete=False)

    def has(self, exchange):
        with self.connect() as connection:
            try:
                connection.channel().exchange_declare(exchange, 'topic', passive=True)
            except amqp.exceptions.NotFound:
                return False
            return True

    def witness(self, exchange):
        """Binds a queue to the exchange, like the queue under test."""
        with self.connect() as connection:
            channel = connection.channel()
            channel.exchange_declare(exchange, 'topic', durable=True, auto_delete=False)
            channel.queue_declare('witness', durable=True, auto_delete=False)
            for priority in PRIORITIES:
                channel.queue_bind('witness', exchange, f'notifications.{priority}')

    def forget(self):
        """Empties the witness."""
        with self.connect() as connection:
            connection.channel().queue_purge('witness')

    def seen(self):
        """Returns the ids of all notifications in the witness."""
        ids = []
        with self.connect() as connection:
            channel = connection.channel()
            while (message := channel.basic_get('witness', no_ack=True)) is not None:
                body = json.loads(message.body)
                ids.append(json.loads(body['oslo.message'])['message_id'])
        return ids

    def waiting(self, queue='tidings'):
        """Returns the broker's count of messages in a queue and with its consumers."""
        with self.connect() as connection:
            return connection.channel().queue_declare(queue, passive=True).message_count

    def publish(self, exchange, key, body, **properties):
        """Sends an arbitrary message, unlike any notifier."""
        with self.connect() as connection:
            producer = kombu.Producer(connection.channel(), serializer=None)
            producer.publish(body, exchange=exchange, routing_key=key, **properties)

    def url_of(self, user):
        """Returns the URL for a user created by a test."""
        return self.url.replace('guest:guest', f'{user}:secret')

    def stop(self):
        self.control('stop')


def notifier(broker, exchange, driver='messagingv2', options='', user=None):
    """A notifier like that of a service."""
    conf = cfg.ConfigOpts()
    conf([])
    oslo_messaging.set_transport_defaults(exchange)
    transport = oslo_messaging.get_notification_transport(conf, url=f'{broker.url_of(user) if user else broker.url}?amqp_durable_queues=true{options}')
    return oslo_messaging.Notifier(transport, publisher_id='volume.host1', driver=driver, topics=['notifications'])


def request():
    return context.RequestContext(request_id=f'req-{uuid.uuid4()}', project_id='demo')


def volume(**more):
    """Returns the payload of a volume without a valid host."""
    return {'volume_properties': {'project_id': 'demo'}, 'volume_id': str(uuid.uuid4()), 'state': 'error',
            'reason': "NoValidBackend('No valid backend was found. No weighed backends available')"} | more
