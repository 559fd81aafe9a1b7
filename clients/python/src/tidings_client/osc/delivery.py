"""`openstack event listener test | delivery list | delivery show | redeliver | dismiss`: what became of events."""

from itertools import islice

from osc_lib.command import command

from .arguments import positive, time
from .listener import details, find, listener_argument
from .message import titles

STATES = ("waiting", "delivered", "dead", "dismissed")
COLUMNS = ("event_id", "event_type", "state", "attempts_made", "next_attempt_at", "created_at")


class TestListener(command.ShowOne):
    """Send an event listener a test event"""

    def get_parser(self, prog_name):
        """Adds the options."""
        return listener_argument(super().get_parser(prog_name))

    def take_action(self, parsed_args):
        """Sends the event."""
        client = self.app.client_manager.user_message
        return details(client.call("POST", f"{find(client, parsed_args.listener)}/test")["delivery"])


class ListDeliveries(command.Lister):
    """List the deliveries of an event listener, the newest event first"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = listener_argument(super().get_parser(prog_name))
        parser.add_argument("--state", choices=STATES, help="Only deliveries in this state")
        parser.add_argument("--limit", metavar="<n>", type=positive, default=50, help="The most to list (default: 50)")
        return parser

    def take_action(self, parsed_args):
        """Lists the deliveries."""
        client = self.app.client_manager.user_message
        query = {"state": parsed_args.state} if parsed_args.state else {}
        found = client.pages(f"{find(client, parsed_args.listener)}/deliveries", "deliveries", **query)
        rows = (tuple(delivery.get(column) for column in COLUMNS) for delivery in islice(found, parsed_args.limit))
        return titles(COLUMNS), rows


class ShowDelivery(command.ShowOne):
    """Show a delivery with its attempts"""

    def get_parser(self, prog_name):
        """Adds the options."""
        return _event_argument(listener_argument(super().get_parser(prog_name)))

    def take_action(self, parsed_args):
        """Shows the delivery."""
        client = self.app.client_manager.user_message
        path = f"{find(client, parsed_args.listener)}/deliveries/{parsed_args.event}"
        return details(client.call("GET", path)["delivery"])


class Redeliver(command.ShowOne):
    """Deliver an event to a listener again, or the events of a time"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = listener_argument(super().get_parser(prog_name))
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--event", metavar="<event>", help="This event (ID)")
        what.add_argument("--since", metavar="<time>", type=time, help="Events since this time, or so long ago: 2h, 7d")
        parser.add_argument("--until", metavar="<time>", type=time, help="With --since: until then (default: now)")
        parser.add_argument(
            "--state", choices=STATES, help="With --since: only deliveries in this state (default: dead)"
        )
        return parser

    def take_action(self, parsed_args):
        """Makes the deliveries due."""
        client = self.app.client_manager.user_message
        path = find(client, parsed_args.listener)
        if parsed_args.event:
            return details(client.call("POST", f"{path}/deliveries/{parsed_args.event}/redeliver")["delivery"])
        wish = {"since": parsed_args.since, "until": parsed_args.until, "state": parsed_args.state}
        wish, count = {name: value for name, value in wish.items() if value is not None}, 0
        while True:
            answer = client.call("POST", f"{path}/redeliver", json=wish)["redelivery"]
            count += answer["count"]
            if not answer.get("marker"):
                return ("Count",), (count,)
            wish["marker"] = answer["marker"]


class Dismiss(command.ShowOne):
    """Close a dead letter with a reason"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = _event_argument(listener_argument(super().get_parser(prog_name)))
        parser.add_argument("--reason", metavar="<text>", required=True, help="Why it need not be delivered")
        return parser

    def take_action(self, parsed_args):
        """Dismisses the delivery."""
        client = self.app.client_manager.user_message
        path = f"{find(client, parsed_args.listener)}/deliveries/{parsed_args.event}/dismiss"
        return details(client.call("POST", path, json={"reason": parsed_args.reason})["delivery"])


def _event_argument(parser):
    parser.add_argument("event", metavar="<event>", help="Event that was to be delivered (ID)")
    return parser
