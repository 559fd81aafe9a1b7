"""What openstackclient loads: the name of the plugin, its client and its options."""

from .client import Client

API_NAME = "user_message"
API_VERSION_OPTION = "os_user_message_api_version"
API_VERSIONS = {"3": "tidings_client.osc.client.Client"}
DEFAULT_API_VERSION = "3"


def make_client(instance):
    """Returns the client for the cloud that the command line names."""
    return Client.for_cloud(instance)


def build_option_parser(parser):
    """Adds the plugin's global options: none but the version, which openstackclient asks for."""
    parser.add_argument(
        "--os-user-message-api-version",
        metavar="<user-message-api-version>",
        default=DEFAULT_API_VERSION,
        help=f"User message API version (default: {DEFAULT_API_VERSION})",
    )
    return parser
