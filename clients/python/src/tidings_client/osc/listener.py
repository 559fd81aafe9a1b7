"""`openstack event listener list | show | create | set | delete`: who gets events, and how."""

import json

from osc_lib import exceptions
from osc_lib.cli import format_columns, parseractions
from osc_lib.command import command

from .arguments import positive
from .message import titles

NOTIFIERS = ("http", "email", "amqp", "pull")
FORMATS = ("pulp", "cloudevents", "cloudevents-binary", "glance")
BRIEF = ("id", "name", "notifier_type", "event_types", "enabled", "project_id")
LONG = ("notifier_config", "format", "language", "order", "scope", "failing_since", "disabled_reason", "created_at")


class ListListeners(command.Lister):
    """List event listeners"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--name", metavar="<name>", help="Only listeners of this name")
        parser.add_argument("--long", action="store_true", help="List all columns")
        return parser

    def take_action(self, parsed_args):
        """Lists the listeners."""
        query = {"name": parsed_args.name} if parsed_args.name else {}
        columns = BRIEF + LONG if parsed_args.long else BRIEF
        found = self.app.client_manager.user_message.pages("/listeners", "listeners", **query)
        return titles(columns), (tuple(_shown(listener.get(column)) for column in columns) for listener in found)


class ShowListener(command.ShowOne):
    """Show an event listener with all its settings"""

    def get_parser(self, prog_name):
        """Adds the options."""
        return listener_argument(super().get_parser(prog_name))

    def take_action(self, parsed_args):
        """Shows the listener."""
        client = self.app.client_manager.user_message
        return details(client.call("GET", find(client, parsed_args.listener))["listener"])


class CreateListener(command.ShowOne):
    """Create an event listener"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("notifier", metavar="<notifier>", choices=NOTIFIERS, help=f"One of {', '.join(NOTIFIERS)}")
        parser.add_argument("--cloud", action="store_true", help="Get the events of all projects (administrator)")
        return _settings(parser, is_new=True)

    def take_action(self, parsed_args):
        """Creates the listener."""
        members = _members(parsed_args)
        members["notifier_type"] = parsed_args.notifier
        members.setdefault("notifier_config", {})
        members["scope"] = "cloud" if parsed_args.cloud else "project"
        client = self.app.client_manager.user_message
        return details(client.call("POST", "/listeners", json={"listener": members})["listener"])


class SetListener(command.ShowOne):
    """Change an event listener"""

    def get_parser(self, prog_name):
        """Adds the options."""
        return _settings(listener_argument(super().get_parser(prog_name)), is_new=False)

    def take_action(self, parsed_args):
        """Changes what was given."""
        client = self.app.client_manager.user_message
        body = {"listener": _members(parsed_args)}
        return details(client.call("PUT", find(client, parsed_args.listener), json=body)["listener"])


class DeleteListener(command.Command):
    """Delete event listeners with their deliveries"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("listeners", metavar="<listener>", nargs="+", help="Listener(s) to delete (name or ID)")
        return parser

    def take_action(self, parsed_args):
        """Deletes as many as can be deleted."""
        client, faults = self.app.client_manager.user_message, []
        for listener in parsed_args.listeners:
            try:
                client.call("DELETE", find(client, listener))
            except exceptions.CommandError as error:
                faults.append(str(error))
        if faults:
            raise exceptions.CommandError("\n".join(faults))


def find(client, name_or_id):
    """Returns the path of a listener. An id is unlike a name that anyone would choose, so names come first."""
    named = list(client.pages("/listeners", "listeners", name=name_or_id))
    if len(named) > 1:
        raise exceptions.CommandError(f"More than one listener is called {name_or_id}; use the ID.")
    return f"/listeners/{named[0]['id'] if named else name_or_id}"


def listener_argument(parser):
    """Adds the listener that a command is about."""
    parser.add_argument("listener", metavar="<listener>", help="Listener (name or ID)")
    return parser


def details(listener):
    """Returns all members of a listener, or of what else the server answered."""
    columns = [column for column in listener if column != "links"]
    return titles(columns), tuple(_shown(listener[column]) for column in columns)


def _settings(parser, is_new):
    parser.add_argument(
        "--event-type",
        metavar="<type>",
        dest="event_types",
        action="append",
        required=is_new,
        help='Type of event, such as message.create, or "message.*"; may be repeated',
    )
    parser.add_argument("--url", metavar="<url>", help="http: where to send events")
    parser.add_argument("--secret", metavar="<secret>", help="http: what to sign with: whsec_ and base64")
    parser.add_argument(
        "--header", metavar="<name=value>", action=parseractions.KeyValueAction, help="http: a header; may be repeated"
    )
    parser.add_argument("--subject", metavar="<subject>", help="email: the subject")
    parser.add_argument("--address", metavar="<address>", action="append", help="email: a recipient; may be repeated")
    parser.add_argument("--exchange", metavar="<exchange>", help="amqp: the exchange")
    parser.add_argument(
        "--config",
        metavar="<key=json>",
        action=parseractions.KeyValueAction,
        help="Any other key of notifier_config; a value that is not JSON is a text; may be repeated",
    )
    parser.add_argument("--name", metavar="<name>", help="Name, unique in its project")
    parser.add_argument("--description", metavar="<text>", help="Description")
    parser.add_argument("--body-format", metavar="<format>", choices=FORMATS, help="Form of the body")
    parser.add_argument("--language", metavar="<tag>", help="Language of texts, such as zh_CN")
    parser.add_argument("--order", choices=("none", "resource"), help="Whether events of one resource keep their order")
    parser.add_argument("--digest", metavar="<time>", help="email: gather for this long, such as 15m")
    parser.add_argument(
        "--retry", metavar="<seconds>", type=_seconds, help="Waits before further attempts, separated by commas"
    )
    is_enabled = parser.add_mutually_exclusive_group()
    is_enabled.add_argument("--enable", dest="enabled", action="store_true", default=None, help="Let it get events")
    is_enabled.add_argument("--disable", dest="enabled", action="store_false", help="Let it get no more events")
    return parser


def _members(parsed_args):
    config = {
        "url": parsed_args.url,
        "secret": parsed_args.secret,
        "headers": parsed_args.header,
        "subject": parsed_args.subject,
        "addresses": parsed_args.address,
        "exchange": parsed_args.exchange,
        **{key: _json(value) for key, value in (parsed_args.config or {}).items()},
    }
    members = {
        "name": parsed_args.name,
        "description": parsed_args.description,
        "event_types": parsed_args.event_types,
        "format": parsed_args.body_format,
        "language": parsed_args.language,
        "order": parsed_args.order,
        "digest": parsed_args.digest,
        "retry": parsed_args.retry,
        "enabled": parsed_args.enabled,
        "notifier_config": {key: value for key, value in config.items() if value is not None} or None,
    }
    return {name: value for name, value in members.items() if value is not None}


def _seconds(text):
    return [positive(part) for part in text.split(",")]


def _json(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


class _Values(format_columns.ListColumn):
    """A list of anything: `-f json` keeps the types of its values."""

    def human_readable(self):
        return ", ".join(map(str, self._value))


def _shown(value):
    if isinstance(value, dict):
        return format_columns.DictColumn(value)
    return _Values(value) if isinstance(value, list) else value
