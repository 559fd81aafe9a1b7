#!/usr/bin/env python3
"""Writes the constants of src/tidings_client/catalog from the catalog's TOML files.

    generate.py                      writes the files of this package
    generate.py --check              exits with 1 if they are out of date
    generate.py -o FOLDER FILE ..    writes the constants of a site's own catalog files

A constant cannot be misspelt, and an editor completes it. The numbers come from the files that the server is built
from, so both always agree.
"""

import argparse
import pathlib
import sys

try:
    import tomllib
except ImportError:  # before Python 3.11
    import tomli as tomllib

HERE = pathlib.Path(__file__).resolve().parent
CATALOG = HERE.parent.parent / "catalog"
TARGET = HERE / "src" / "tidings_client" / "catalog"
HEAD = '"""What the {service} service can tell its users. Written by generate.py from catalog/{service}.toml."""'


def module(service, catalog):
    """Returns the Python source for one catalog file."""
    prefix = catalog["prefix"]
    parts = [f'{HEAD.format(service=service)}\n\nPREFIX = "{prefix}"\n']
    messages = {name: f"{prefix}_{entry['id']}" for name, entry in catalog.get("messages", {}).items()}
    parts.append(constants("Message", "Whole messages: the values of `event_id`.", messages))
    resources = {name: name for name in catalog.get("resources", {})}
    parts.append(constants("Resource", "What a message is about: the values of `resource_type`.", resources))
    details = catalog.get("details", {})
    if details:
        meaning = "What was being done: (id, text)."
        parts.append(constants("Action", meaning, pairs(catalog.get("actions", {})), everything=True))
        parts.append(constants("Detail", "What became of it: (id, text).", pairs(details), everything=True))
        parts.append(exceptions(details))
    return "\n\n".join(part for part in parts if part)


def pairs(entries):
    return {name: (entry["id"], entry["text"]) for name, entry in entries.items()}


def constants(name, meaning, values, everything=False):
    """Returns a class with one constant a line; nothing if there are none."""
    if not values:
        return ""
    lines = [f"class {name}:", f'    """{meaning}"""', ""]
    lines += [f"    {constant} = {literal(value)}" for constant, value in values.items()]
    if everything:
        lines += ["", "    ALL = ("] + [f"        {constant}," for constant in values] + ["    )"]
    return "\n".join(lines) + "\n"


def exceptions(details):
    """Returns the table from the name of an exception to its detail."""
    lines = ["# The detail that follows from an exception, by the name of its class.", "EXCEPTIONS = {"]
    for name, entry in details.items():
        lines += [f'    "{exception}": Detail.{name},' for exception in entry.get("exceptions", ())]
    return "\n".join([*lines, "}", ""])


def literal(value):
    """Returns a string or a pair of strings with double quotes, which `repr` uses only if it must."""
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))})"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def sources(files):
    """Returns the text of each module, by its file name."""
    written = {}
    for file in files:
        catalog = tomllib.loads(file.read_text(encoding="utf-8"))
        if "prefix" in catalog:
            written[f"{file.stem}.py"] = module(file.stem, catalog)
    return written


def main():
    parser = argparse.ArgumentParser(description="Writes constants from catalog files.")
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=TARGET, help="the folder to write to")
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="catalog files (default: those of Tidings)")
    arguments = parser.parse_args()
    outdated = []
    for name, text in sources(arguments.files or sorted(CATALOG.glob("*.toml"))).items():
        path = arguments.output / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            outdated.append(name)
            if not arguments.check:
                path.write_text(text, encoding="utf-8")
    if arguments.check and outdated:
        sys.exit(f"out of date: {', '.join(outdated)}; run generate.py")


if __name__ == "__main__":
    main()
