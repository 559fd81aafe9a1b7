"""Prints the options of [keystone_authtoken], including older names, as the packages define them.

tests/fixtures/keystone_authtoken_options.txt is its output. tests/it/config/keystone.rs compares the code and the
documents with that list, and the step keystone compares the list with the packages.
"""

from keystoneauth1 import loading
from keystonemiddleware import opts

PLUGINS = ('password', 'v3password', 'v3applicationcredential')


def names():
    for _, options in opts.list_auth_token_opts():
        for option in options:
            yield option.dest
            yield from (older.name for older in option.deprecated_opts)
    for plugin in PLUGINS:
        for option in loading.get_plugin_loader(plugin).get_options():
            yield option.dest
            yield from (older.name for older in option.deprecated)


print('\n'.join(sorted({name.replace('-', '_') for name in names()})))
