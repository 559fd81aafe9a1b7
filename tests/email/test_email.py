"""Reads the e-mails that a real mail server takes, with Python's parser. Run by tests/steps/*-email, which sets the environment:
MAIL_CA, MAIL_KEY and TESTS, the command that runs the Rust tests which send them (tests/it/delivery/email/real_server.rs and tests/it/process/email.rs).
"""
import email
import email.policy
import json
import os
import shlex
import subprocess
import unittest

from mail_server import Mailbox, MailServer, free_port

CA, KEY = os.environ['MAIL_CA'], os.environ['MAIL_KEY']
SENDER = 'no-reply@cloud.example.org'


class Mails(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Has every e-mail sent."""
        box, ports = Mailbox(), {}
        for name, is_tls in (('MAIL_STARTTLS_PORT', False), ('MAIL_TLS_PORT', True)):
            server = MailServer(box, free_port(), CA, KEY, is_tls)
            server.start()
            cls.addClassCleanup(server.stop)
            ports[name] = str(server.port)
        subprocess.run(shlex.split(os.environ['TESTS']), env=os.environ | ports, check=True, timeout=600)
        cls.mails = {mail.rcpt_tos[0]: mail for mail in box.mails}
        cls.all = box.mails

    def read(self, address):
        # Headers may be UTF-8 (RFC 6532); bodies are encoded.
        text = self.mails[address].original_content.decode()
        return email.message_from_string(text.replace('\r\n', '\n'), policy=email.policy.default)

    def body(self, address):
        return self.read(address).get_body().get_content().replace('\r\n', '\n')

    def test_each_has_one_recipient_and_is_encrypted(self):
        self.assertEqual(len(self.all), len(self.mails))
        for mail in self.all:
            self.assertEqual(len(mail.rcpt_tos), 1)
            self.assertEqual(mail.mail_from, SENDER)
            self.assertTrue(mail.was_encrypted, mail.rcpt_tos)

    def test_every_header_is_valid_and_there_once(self):
        ids = set()
        for address in self.mails:
            mail = self.read(address)
            for name in ('From', 'To', 'Subject', 'Date', 'Message-ID', 'Auto-Submitted', 'MIME-Version'):
                self.assertEqual(len(mail.get_all(name)), 1, (address, name))
                # Python expects ASCII, even where RFC 6532 does not.
                if name != 'To' or address.isascii():
                    self.assertEqual(mail[name].defects, (), (address, name))
            self.assertEqual(mail.defects, [])
            self.assertEqual(str(mail['From']), f'Cloud \u4e91 <{SENDER}>')
            self.assertEqual(mail['To'].addresses[0].addr_spec, address)
            self.assertIsNotNone(mail['Date'].datetime)
            self.assertIsNone(mail['Bcc'])
            ids.add(mail['Message-ID'])
        self.assertEqual(len(ids), len(self.mails))

    def test_the_text_is_readable_and_the_json_is_attached(self):
        mail = self.read('ops@example.org')
        self.assertEqual(mail['Subject'], 'Uploads')
        text = self.body('ops@example.org')
        self.assertIn('\nEvent type: image.upload\nTime: 2026-11-21 03:20:24 UTC\n', text)
        self.assertIn('\n  name: caf\u00e9\\u{d}\\u{a}Bcc: x@example.org\\u{d}\\u{a}.\\u{d}\\u{a}\n', text)
        [attachment] = mail.iter_attachments()
        self.assertEqual((attachment.get_filename(), attachment.get_content_type()), ('event.json', 'application/json'))
        self.assertEqual(json.loads(attachment.get_content()), {
            'event_type': 'image.upload',
            'payload': {'id': '71c675ab', 'name': 'caf\u00e9\r\nBcc: x@example.org\r\n.\r\n'},
            'call_report': None,
        })

    def test_an_address_that_is_not_ascii_is_reached(self):
        mail = self.mails['j\u00f6rg@xn--bcher-kva.example']
        self.assertIn('SMTPUTF8', mail.mail_options)

    def test_a_chinese_listener_reads_chinese(self):
        mail = self.read('chinese@example.org')
        self.assertEqual(mail['Subject'], '\u5377\u7684\u6d88\u606f')
        text = self.body('chinese@example.org')
        self.assertIn('\n\u4e8b\u4ef6\u7c7b\u578b\uff1amessage.create\n', text)
        self.assertIn('\u3002', text.split('\n')[2])

    def test_a_digest_has_all_events(self):
        mail = self.read('digest@example.org')
        self.assertIn('2 events\n', self.body('digest@example.org'))
        [attachment] = mail.iter_attachments()
        events = json.loads(attachment.get_content())
        self.assertEqual([event['event_type'] for event in events], ['image.upload', 'image.delete'])

    def test_the_json_alone_is_pulps_body(self):
        mail = self.read('json@example.org')
        self.assertEqual(mail.get_content_type(), 'text/plain')
        event = {'event_type': 'repo.sync.start', 'payload': {'repo_id': 'pulp-f17'}, 'call_report': None}
        self.assertEqual(mail.get_content().replace('\r\n', '\n').strip(), json.dumps(event, indent=2))

    def test_a_question_has_the_link_alone_on_a_line(self):
        self.assertIn('\nhttps://cloud.example.org/c/1\n', self.body('asked@example.org'))

    def test_a_server_mails_what_is_recorded(self):
        mail = self.read('server@example.org')
        self.assertEqual(mail['Subject'], 'Messages')
        self.assertIn('\nEvent type: message.create\n', self.body('server@example.org'))
        [attachment] = mail.iter_attachments()
        self.assertEqual(json.loads(attachment.get_content())['payload']['resource_uuid'], '7c0b1be5-5d1c-4e5a-9f6e-0d5f2f9d3a11')

    def test_the_refused_get_nothing(self):
        self.assertIn('tls@example.org', self.mails)
        self.assertNotIn('never@example.org', self.mails)
        self.assertNotIn('later@example.org', self.mails)
