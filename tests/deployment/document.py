"""Extracts a block from a document, so that the documented configuration is tested.

    document.py FILE NAME [FOUND=REPLACEMENT ..]     the block after the line <!-- tested: NAME -->, to stdout

Each FOUND must occur in the block, so that a changed document fails its test.
"""
import pathlib
import re
import sys
import textwrap


def block(document, name, replacements=()):
    """Returns the text of a block, with documented names and addresses replaced by those of the test."""
    text = pathlib.Path(document).read_text(encoding='utf-8')
    found = re.findall(rf'^ *<!-- tested: {re.escape(name)} -->\n *```\w*\n(.*?)^ *```$', text, re.MULTILINE | re.DOTALL)
    if len(found) != 1:
        sys.exit(f'{document}: there are {len(found)} blocks <!-- tested: {name} -->')
    result = textwrap.dedent(found[0])
    for old, new in replacements:
        if old not in result:
            sys.exit(f'{document}: {old} does not stand in the block {name}')
        result = result.replace(old, new)
    return result


if __name__ == '__main__':
    print(block(sys.argv[1], sys.argv[2], [pair.split('=', 1) for pair in sys.argv[3:]]), end='')
