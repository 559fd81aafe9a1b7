"""`openstack message catalog list | show`: every text that users may be shown."""

from osc_lib import exceptions
from osc_lib.command import command

from .message import titles

KINDS = {"messages": "message", "actions": "action", "details": "detail"}
COLUMNS = ("code", "name", "level", "text")


class ListCatalog(command.Lister):
    """List the messages that services can record, with their texts"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument("--service", metavar="<name>", help="Only this service, such as volume")
        parser.add_argument("--long", action="store_true", help="List all columns")
        return parser

    def take_action(self, parsed_args):
        """Lists whole messages, actions and details."""
        wanted = parsed_args.service
        services = self.app.client_manager.user_message.catalog()
        if wanted and wanted not in {service["name"] for service in services}:
            raise exceptions.CommandError(f"The services are: {', '.join(service['name'] for service in services)}")
        columns = ("service", "kind", *COLUMNS) + (("remedy", "retryable") if parsed_args.long else ())
        entries = [entry for service in services if wanted in (None, service["name"]) for entry in _entries(service)]
        return titles(columns), (tuple(entry.get(column) for column in columns) for entry in entries)


class ShowCatalog(command.ShowOne):
    """Show what a code says"""

    def get_parser(self, prog_name):
        """Adds the options."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "code", metavar="<code>", help="A code, such as VOLUME_000002 or VOLUME_VOLUME_SNAPSHOT_009_006"
        )
        return parser

    def take_action(self, parsed_args):
        """Looks the code up: a whole message, or the action and the detail of a composed one."""
        for service in self.app.client_manager.user_message.catalog():
            found = _find(service, parsed_args.code.upper())
            if found:
                return titles(found), tuple(found.values())
        raise exceptions.CommandError(f"{parsed_args.code} is not in the catalog.")


def _entries(service):
    for member, kind in KINDS.items():
        for entry in service.get(member, ()):
            yield {"service": service["name"], "kind": kind, "code": entry["id"], **entry}


def _find(service, code):
    for entry in service["messages"]:
        if entry["code"] == code:
            shown = ("code", "name", "text", "remedy", "level", "retryable", "since", "retired")
            return {"service": service["name"], **{name: entry[name] for name in shown}}
    if not code.startswith(f"{service['prefix']}_"):
        return None
    rest, _, detail_id = code[len(service["prefix"]) + 1 :].rpartition("_")
    resource, _, action = rest.rpartition("_")
    resources = {entry["name"] for entry in service["resources"]}
    actions = {entry["id"]: entry for entry in service["actions"]}
    details = {entry["id"]: entry for entry in service["details"]}
    if resource not in resources or action not in actions or detail_id not in details:
        return None
    detail = details[detail_id]
    return {
        "service": service["name"],
        "code": code,
        "resource_type": resource,
        "action": actions[action]["name"],
        "detail": detail["name"],
        "text": f"{actions[action]['text']}:{detail['text']}",
        "remedy": detail["remedy"],
        "level": detail["level"],
        "retryable": detail["retryable"],
    }
