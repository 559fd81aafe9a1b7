"""Receives messages from an AMQP 1.0 broker and prints each as a line of JSON: receive.py HOST:PORT/QUEUE COUNT"""
import json
import sys

from proton.handlers import MessagingHandler
from proton.reactor import Container


class Receiver(MessagingHandler):
    def __init__(self, url, count):
        super().__init__()
        self.url, self.count = url, count

    def on_start(self, event):
        event.container.create_receiver(self.url)

    def on_message(self, event):
        message = event.message
        print(json.dumps({
            'subject': message.subject,
            'id': message.id,
            'content_type': message.content_type,
            'durable': message.durable,
            'created': round(message.creation_time * 1000),
            'properties': message.properties,
            'body': bytes(message.body).decode(),
        }))
        self.count -= 1
        if self.count == 0:
            event.connection.close()


Container(Receiver(sys.argv[1], int(sys.argv[2]))).run()
