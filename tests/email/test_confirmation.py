"""A member's e-mail listener with the real program and a real mail server: the link in the mail, the page behind it, and the event.
Run by tests/steps/*-email, which sets the environment: MAIL_CA, MAIL_KEY and TIDINGS, the program.
"""
import email
import email.policy
import html.parser
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from mail_server import Mailbox, MailServer, free_port

CONFIGURATION = """[api]
public_endpoint = {url}
[email]
enabled = true
host = localhost
port = {port}
tls = starttls
from = Cloud <no-reply@cloud.example.org>
username = tidings
password = secret
ca_file = {ca}
"""


class Form(html.parser.HTMLParser):
    """The form of a page: where it leads, what it sends, and the buttons' values."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.buttons = None, {}, []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == 'form':
            self.action = attributes['action']
        elif tag == 'input':
            self.fields[attributes['name']] = attributes['value']
        elif tag == 'button':
            self.buttons.append(attributes['value'])


class Confirmation(unittest.TestCase):
    def setUp(self):
        self.box = Mailbox()
        mail = MailServer(self.box, free_port(), os.environ['MAIL_CA'], os.environ['MAIL_KEY'], False)
        mail.start()
        self.addCleanup(mail.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        port = free_port()
        self.url = f'http://127.0.0.1:{port}'
        file = pathlib.Path(folder.name, 'tidings.conf')
        file.write_text(CONFIGURATION.format(url=self.url, port=mail.port, ca=os.environ['MAIL_CA']))
        command = [os.environ['TIDINGS'], 'serve', '--bind', f'127.0.0.1:{port}', '--config-file', file]
        server = subprocess.Popen(command, cwd=folder.name, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait, 30)
        self.addCleanup(server.terminate)
        self.until(self.is_up)

    def until(self, look):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            time.sleep(0.05)
        self.fail(f'{look} did not come about')

    def is_up(self):
        try:
            return urllib.request.urlopen(f'{self.url}/healthcheck', timeout=10).status == 200
        except OSError:
            return False

    def post(self, path, body, token):
        headers = {'Content-Type': 'application/json', 'X-Auth-Token': token}
        request = urllib.request.Request(f'{self.url}{path}', json.dumps(body).encode(), headers)
        return json.load(urllib.request.urlopen(request, timeout=10))

    def show(self, listener):
        request = urllib.request.Request(f'{self.url}/v3/p1/listeners/{listener}', headers={'X-Auth-Token': 'alice:p1:member'})
        return json.load(urllib.request.urlopen(request, timeout=10))['listener']

    def page(self, url, form=None):
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(url, data, {'Accept': 'text/html'})
        return urllib.request.urlopen(request, timeout=10).read().decode()

    def mail(self, address, number):
        """Waits for a mail to this address, the first one being number 0."""
        mails = self.until(lambda: [mail for mail in self.box.mails if mail.rcpt_tos == [address]][number:])
        text = mails[0].original_content.decode()
        return email.message_from_string(text.replace('\r\n', '\n'), policy=email.policy.default)

    def test_an_event_arrives_after_the_link_was_followed_and_a_button_pressed(self):
        for number, (language, subject, heading) in enumerate([
            ('en', 'Do you want to receive events by e-mail?', 'You receive events by e-mail'),
            ('zh_CN', '\u60a8\u662f\u5426\u613f\u610f\u901a\u8fc7\u90ae\u4ef6\u63a5\u6536\u4e8b\u4ef6\uff1f', '\u60a8\u5c06\u901a\u8fc7\u90ae\u4ef6\u63a5\u6536\u4e8b\u4ef6'),
        ]):
            with self.subTest(language):
                address = f'a{number}@example.org'
                listener = self.post('/v3/p1/listeners', {'listener': {
                    'notifier_type': 'email', 'event_types': ['message.*'], 'language': language,
                    'notifier_config': {'subject': 'Messages', 'addresses': [address]},
                }}, 'alice:p1:member')['listener']
                asked = self.mail(address, 0)
                self.assertEqual(asked['Subject'], subject)
                text = asked.get_body().get_content()
                self.assertIn('p1', text)
                [link] = re.findall('^http.*$', text, re.MULTILINE)
                page = self.page(link)
                form = Form(page)
                self.assertIn(f'<h1>{subject}</h1>', page)
                self.assertEqual(form.buttons, ['confirm', 'refuse'])
                # The mail may be here before the server has noted that it was sent.
                self.until(lambda: self.show(listener['id'])['confirmations'][0]['state'] == 'asked')
                pressed = self.page(urllib.parse.urljoin(link, form.action), form.fields | {'decision': 'confirm'})
                self.assertIn(f'<h1>{heading}</h1>', pressed)
                self.assertEqual(self.show(listener['id'])['confirmations'][0]['state'], 'confirmed')
                self.post('/v3/p1/messages', {'message': {'event_id': 'VOLUME_000002'}}, 'cinder:services:service')
                self.assertEqual(self.mail(address, 1)['Subject'], 'Messages')
