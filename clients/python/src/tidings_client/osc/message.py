"""`openstack message list | show | delete | read | create`."""

from itertools import islice

from osc_lib import exceptions
from osc_lib.cli import parseractions
from osc_lib.command import command

from .arguments import positive, time

BRIEF = ("id", "created_at", "message_level", "user_message", "resource_uuid")
LONG = (
    "resource_type",
    "event_id",
    "request_id",
    "guaranteed_until",
    "remedy",
    "retryable",
    "read",
    "project_id",
)
LEVELS = ("ERROR", "WARNING", "INFO")


def titles(columns):
    """Returns the titles of columns: `Resource UUID`."""
    words = {"id": "ID", "uuid": "UUID"}
    return tuple(" ".join(words.get(word, word.title()) for word in column.split("_")) for column in columns)


class ListMessages(command.Lister):
    """List what became of operations, the newest first"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--resource", metavar="<id>", help="Only messages about this resource")
        parser.add_argument("--resource-type", metavar="<type>", help="Only about resources of this type")
        parser.add_argument("--level", metavar="<level>", type=str.upper, choices=LEVELS, help="Only of this level")
        parser.add_argument("--event-id", metavar="<event-id>", help="Only messages with this code")
        parser.add_argument("--request-id", metavar="<request-id>", help="Only messages of this request")
        parser.add_argument("--since", metavar="<time>", type=time, help="Only since this time, or so long ago: 2h, 7d")
        parser.add_argument("--before", metavar="<time>", type=time, help="Only before this time, or so long ago")
        parser.add_argument("--unread", action="store_true", help="Only messages that you have not read")
        parser.add_argument("--limit", metavar="<n>", type=positive, default=50, help="The most to list (default: 50)")
        parser.add_argument("--marker", metavar="<message>", help="Start after this message (ID)")
        parser.add_argument("--long", action="store_true", help="List all columns")
        return parser

    def take_action(self, parsed_args):
        """Lists the messages."""
        filters = {
            "resource_uuid": parsed_args.resource,
            "resource_type": parsed_args.resource_type,
            "message_level": parsed_args.level,
            "event_id": parsed_args.event_id,
            "request_id": parsed_args.request_id,
            "created_since": parsed_args.since,
            "created_before": parsed_args.before,
            "marker": parsed_args.marker,
            # The server cannot filter by what the caller has read.
            "limit": 1000 if parsed_args.unread else min(parsed_args.limit, 1000),
        }
        query = {name: value for name, value in filters.items() if value is not None}
        found = self.app.client_manager.user_message.pages("/messages", "messages", **query)
        if parsed_args.unread:
            found = (message for message in found if message.get("read") is False)
        columns = BRIEF + LONG if parsed_args.long else BRIEF
        rows = (tuple(message.get(column) for column in columns) for message in islice(found, parsed_args.limit))
        return titles(columns), rows


class ShowMessage(command.ShowOne):
    """Show a message with all that is known about it"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("message", metavar="<message>", help="Message to show (ID)")
        return parser

    def take_action(self, parsed_args):
        """Shows the message."""
        client = self.app.client_manager.user_message
        return _details(client.call("GET", f"/messages/{parsed_args.message}")["message"])


class DeleteMessage(command.Command):
    """Delete messages"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("messages", metavar="<message>", nargs="+", help="Message(s) to delete (ID)")
        return parser

    def take_action(self, parsed_args):
        """Deletes as many as can be deleted."""
        client, faults = self.app.client_manager.user_message, []
        for message in parsed_args.messages:
            try:
                client.call("DELETE", f"/messages/{message}")
            except exceptions.CommandError as error:
                faults.append(str(error))
        if faults:
            count = len(parsed_args.messages)
            raise exceptions.CommandError("\n".join([*faults, f"{len(faults)} of {count} messages were not deleted."]))


class ReadMessage(command.ShowOne):
    """Mark messages as read, and show how many are unread"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = super().get_parser(prog_name)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--all", action="store_true", help="Mark all messages")
        what.add_argument("--until", metavar="<time>", type=time, help="Mark what was recorded until then")
        parser.add_argument("messages", metavar="<message>", nargs="*", help="Message(s) to mark (ID); none: mark none")
        return parser

    def take_action(self, parsed_args):
        """Marks the messages."""
        if parsed_args.messages and (parsed_args.all or parsed_args.until):
            raise exceptions.CommandError("Name messages, or use --all or --until.")
        client, wish = self.app.client_manager.user_message, _wish(parsed_args)
        path = "/messages/-/read"
        answer = client.call("PUT", path, json={"read": wish}) if wish else client.call("GET", path)
        read = answer["read"]
        return ("Unread", "More", "Read Until"), (read["unread"], read["more"], read["until"])


class CreateMessage(command.ShowOne):
    """Record a message for a project (service or administrator)"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = super().get_parser(prog_name)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--event-id", metavar="<event-id>", help="A code of the catalog, such as VOLUME_000002")
        what.add_argument("--action", metavar="<action>", help="Name or id of an action; requires --resource-type")
        parser.add_argument("--detail", metavar="<detail>", help="With --action: name or id of what became of it")
        parser.add_argument("--project", metavar="<id>", help="The project that may read it (default: your own)")
        parser.add_argument("--resource-type", metavar="<type>", type=str.upper, help="Type of the resource")
        parser.add_argument("--resource", metavar="<id>", help="The resource that it is about")
        parser.add_argument("--request-id", metavar="<request-id>", help="The request that failed")
        parser.add_argument(
            "--level", metavar="<level>", type=str.upper, choices=LEVELS, help="Instead of the catalog's"
        )
        parser.add_argument(
            "--parameter",
            metavar="<name=value>",
            dest="parameters",
            action=parseractions.KeyValueAction,
            help="A parameter of the text; may be repeated",
        )
        return parser

    def take_action(self, parsed_args):
        """Records the message."""
        fields = {
            "event_id": parsed_args.event_id,
            "action": parsed_args.action,
            "detail": parsed_args.detail,
            "resource_type": parsed_args.resource_type,
            "resource_uuid": parsed_args.resource,
            "request_id": parsed_args.request_id,
            "message_level": parsed_args.level,
            "parameters": _typed(parsed_args.parameters),
        }
        client = self.app.client_manager.user_message
        body = {"message": {name: value for name, value in fields.items() if value is not None}}
        answer = client.call_for(parsed_args.project or client.project, "POST", "/messages", json=body)
        return _details(answer["message"])


def _wish(parsed_args):
    """Returns what to mark as the API has it; nothing to only ask."""
    if parsed_args.all:
        return {"all": True}
    if parsed_args.until:
        return {"until": parsed_args.until}
    return {"messages": parsed_args.messages} if parsed_args.messages else None


def _typed(parameters):
    """Returns whole numbers as such: the catalog has parameters of that type."""
    return parameters and {name: int(text) if text.isdecimal() else text for name, text in parameters.items()}


def _details(message):
    columns = [column for column in message if column != "links"]
    return titles(columns), tuple(message[column] for column in columns)
