"""A real mail server that keeps what it takes, for as long as a test runs."""
import socket
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Mailbox:
    """Takes every mail, except for recipients whose names say otherwise."""

    def __init__(self):
        self.mails = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('never@'):
            return '550 5.1.1 no such user'
        if address.startswith('later@'):
            return '451 4.7.1 greylisted'
        envelope.rcpt_tos.append(address)
        return '250 2.1.5 ok'

    async def handle_DATA(self, server, session, envelope):
        envelope.was_encrypted = session.ssl is not None or server.transport.get_extra_info('sslcontext') is not None
        self.mails.append(envelope)
        return '250 2.0.0 taken'


def log_in(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b'tidings', b'secret'), handled=False)


class MailServer(Controller):
    """Asks for a login, which it takes only on encrypted connections. Encrypted from the first byte if `is_tls`."""

    def __init__(self, mailbox, port, certificate, key, is_tls):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        options = {'ssl_context': context, 'auth_require_tls': False} if is_tls else {'tls_context': context, 'require_starttls': True}
        super().__init__(
            mailbox, hostname='127.0.0.1', port=port, server_hostname='localhost', enable_SMTPUTF8=True,
            authenticator=log_in, auth_required=True, **options)
