"""The recorder's options for oslo.config, in the group `[tidings]`.

It also holds the options of keystoneauth1: `auth_type`, `auth_url`, `username`, `cafile` and so on; `auth_section` may
name another group for the login. Without an `auth_type`, messages are sent to a server without an identity service.
"""

from keystoneauth1 import loading
from oslo_config import cfg

from .recorder import Recorder

GROUP = "tidings"
OPTIONS = [
    cfg.URIOpt(
        "endpoint_override",
        schemes=["http", "https"],
        help="The server. Without it, the service catalog is asked for user-message, then for block storage; without "
        "an auth_type, it is http://127.0.0.1:8790.",
    ),
    cfg.StrOpt("user", default="tidings", help="The name to record under without an auth_type."),
    cfg.StrOpt("region_name", help="The region of the endpoint in the service catalog."),
    cfg.StrOpt("interface", default="internal", help="The interface of the endpoint in the service catalog."),
    cfg.StrOpt("spool", help="The directory for messages while the server is down. Without it, they wait in memory."),
    cfg.IntOpt("spool_bytes", default=64 << 20, min=0, help="The most bytes that each process keeps in the spool."),
    cfg.IntOpt("queue", default=10_000, min=1, help="The most messages in memory."),
    cfg.FloatOpt("request_timeout", default=10.0, min=0.1, help="Seconds to wait for a connection or an answer."),
    cfg.FloatOpt("shutdown_timeout", default=2.0, min=0, help="Seconds to send what is left when the process ends."),
]
LOCAL = "http://127.0.0.1:8790"


def register(conf, group=GROUP):
    """Registers the options. Registering them again changes nothing."""
    conf.register_opts(OPTIONS, group=group)
    loading.register_session_conf_options(conf, group)
    loading.register_auth_conf_options(conf, group)


def recorder(conf, group=GROUP):
    """Makes a recorder from a configuration."""
    register(conf, group)
    options = conf[group]
    section = _auth_section(conf, group)
    return Recorder(
        options.endpoint_override or (None if conf[section].auth_type else LOCAL),
        session=lambda: _session(conf, group, section),
        **{option.name: options[option.name] for option in OPTIONS[1:]},
    )


def list_opts():
    """Returns the options for oslo-config-generator."""
    authentication = loading.get_auth_common_conf_options() + loading.get_session_conf_options()
    return [(GROUP, OPTIONS + authentication)]


def _auth_section(conf, group):
    """Returns the section that holds the options of the login: `auth_section` may name another one."""
    section = conf[group].auth_section or group
    loading.register_auth_conf_options(conf, section)
    return section


def _session(conf, group, section):
    auth = loading.load_auth_from_conf_options(conf, section) if conf[section].auth_type else None
    return loading.load_session_from_conf_options(conf, group, auth=auth)
