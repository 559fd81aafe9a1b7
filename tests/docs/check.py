#!/usr/bin/env python3
"""Runs the commands that the documents show, and compares what they print with what is written there.

    check.py TIDINGS README.md docs          TIDINGS: the program; then Markdown files, or folders of them

Every block of commands is run: a block without a language, or in one of COMMANDS, needs a mark in the
line right before it. What is no command is `text`.

    <!-- run -->            here; see below
    <!-- run with: NAME=VALUE .. -->   with a server that has these variables
    <!-- host -->           on a host of its own, see host.py: an installation, lines of cron, what stops and starts the server
    <!-- file: PATH -->     the file of that host, which its commands find there
    <!-- tested: NAME -->   by a test that takes the block out of the document, see TAKEN
    <!-- as in English -->  a translation: the same as in the original, which has a mark

A block that is run looks so:

    <!-- run -->
    ```console
    $ curl -s http://127.0.0.1:8790/healthcheck
    OK
    $ tidings message list
    ...
    ```

- A line that begins with `$ ` is a command, one with `> ` continues it. The lines up to the next command are what it
  prints, standard error included; a block without any shows no output, and none is compared.
- `...` in an expected line stands for any text within the line; a line of only `...` for any number of lines.
- Every command must succeed.
- All the blocks of a file run in order, in one bash and one new directory, so a later command sees the variables and
  files of the earlier ones. `tidings` is on the PATH.
- A server with the defaults, or with the variables of the mark, runs in that directory. Documents write its address as 127.0.0.1:8790; in the commands and
  in what they print, its real port takes that place.

Ends with 0 when all agree, 1 when something differs or is not marked, 77 when no block is marked.
"""

import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import host

ADDRESS = '127.0.0.1:8790'
MARK = r'<!-- run(?: with: (.+))? -->'
BLOCK = re.compile(rf'^{MARK}\n```console\n(.*?)^```$', re.MULTILINE | re.DOTALL)
# Languages of blocks that change a system, or a program.
COMMANDS = {'', 'console', 'sh', 'bash', 'sql', 'rust', 'python'}
AS_IN_ENGLISH = '<!-- as in English -->'
KNOWN = re.compile(r'<!-- (run|run with: .+|host|file: .+|tested: (?P<name>.+)) -->')
TESTS = [path.read_text(encoding='utf-8') for path in pathlib.Path('tests').rglob('*')
         if '.state' not in path.parts and path.is_file() and path.suffix in {'', '.py', '.rs', '.sh'}]
# How a test takes a block out of its document: `document.py FILE NAME`, or the same words as a call.
TAKEN = r"""\bdocument\b.*{document}['", ]+{name}(?![\w-])"""


def is_taken(document, name):
    """Whether a test takes this block out of the document, to run what is written there."""
    taken = re.compile(TAKEN.format(document=re.escape(str(document)), name=re.escape(name)))
    return any(taken.search(test) for test in TESTS)


def blocks(document):
    """(line number, language, line before, text) of every fenced block of a document."""
    found, is_inside, before = [], False, ''
    for number, line in enumerate(document.read_text(encoding='utf-8').splitlines(), 1):
        if line.lstrip().startswith('```'):
            is_inside = not is_inside
            if is_inside:
                found.append((number, line.strip()[3:], before.strip(), []))
        elif is_inside:
            found[-1][3].append(line)
        before = line
    return found


def unmarked(document):
    """What is wrong with the marks of a document."""
    wrong = []
    for number, language, mark, lines in blocks(document):
        if mark == AS_IN_ENGLISH:
            english = document.parent.parent / document.name
            # Of the overview that is the one of the repository.
            english = pathlib.Path('README.md') if document.name == 'README.md' else english
            if not any(lines == known for _, _, _, known in blocks(english)):
                wrong.append(f'{document}:{number}: {english} has another block')
        elif language in COMMANDS and not (known := KNOWN.fullmatch(mark)):
            wrong.append(f'{document}:{number}: this block is not run')
        elif language in COMMANDS and known['name'] and not is_taken(document, known['name']):
            wrong.append(f'{document}:{number}: no test takes the block {known["name"]} out of the document')
    return wrong


def commands(document):
    """By the variables of their server, (line number, command, expected lines) of every command in the marked blocks."""
    text = document.read_text(encoding='utf-8')
    if len(BLOCK.findall(text)) != len(re.findall(MARK, text)):
        sys.exit(f'{document}: a line <!-- run --> has no ```console block right after it')
    servers = {}
    for block in BLOCK.finditer(text):
        found = servers.setdefault(block.group(1) or '', [])
        first = text.count('\n', 0, block.start(2)) + 1
        for number, line in enumerate(block.group(2).splitlines(), first):
            if line.startswith('$ '):
                found.append((number, [line[2:]], []))
            elif line.startswith('> ') and found and not found[-1][2]:
                found[-1][1].append(line[2:])
            elif line != '' or (found and found[-1][2]):
                found[-1][2].append(line)
    return {
        variables: [(number, '\n'.join(lines), expected) for number, lines, expected in found]
        for variables, found in servers.items()
    }


def agrees(expected, printed):
    """Whether the lines are the expected ones, with the wildcards filled in. Blank space at the ends does not count."""
    pattern = ''
    for line in expected:
        if line.strip() == '...':
            pattern += r'(?:.*\n)*'
        else:
            pattern += '.*'.join(re.escape(part) for part in line.rstrip().split('...')) + r'[ \t]*\n'
    return re.fullmatch(pattern, ''.join(line.rstrip() + '\n' for line in printed)) is not None


def run_all(script, directory, path):
    """Runs the commands in one bash, and returns for each its status and the lines that it printed."""
    mark = '=~= end of command'
    steps = [f'{command}\nprintf "\\n{mark} %d\\n" $?\n' for command in script]
    done = subprocess.run(
        ['bash', '-c', ''.join(steps)], cwd=directory, text=True, timeout=300, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={'PATH': path, 'HOME': directory, 'LC_ALL': 'C.UTF-8'},
    )
    parts = re.split(rf'\n?{mark} (\d+)\n', done.stdout)
    return [(int(status), text.splitlines()) for text, status in zip(parts[::2], parts[1::2])]


def start_server(tidings, directory, variables):
    """Starts a server with these variables in the directory, and returns it with its address once it answers.

    What it logs shows among the output of the step.
    """
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        address = '127.0.0.1:%d' % probe.getsockname()[1]
    environment = os.environ | dict(pair.split('=', 1) for pair in variables.split())
    server = subprocess.Popen([tidings, 'serve', '--bind', address], cwd=directory, env=environment)
    for _ in range(100):
        try:
            urllib.request.urlopen(f'http://{address}/healthcheck', timeout=2).close()
            return server, address
        except OSError:
            time.sleep(0.1)
    server.kill()
    sys.exit('the server did not come up')


def check(document, tidings, path):
    """Runs one document's commands; returns how many there are, and what is wrong."""
    count, wrong = 0, []
    for variables, cases in commands(document).items():
        count += len(cases)
        wrong += check_with(variables, cases, document, tidings, path)
    return count, wrong


def check_with(variables, cases, document, tidings, path):
    """Runs those of them that share a server; returns what is wrong."""
    with tempfile.TemporaryDirectory(prefix='tidings-docs.') as directory:
        server, address = start_server(tidings, directory, variables)
        try:
            ran = run_all([command.replace(ADDRESS, address) for _, command, _ in cases], directory, path)
        finally:
            server.terminate()
            server.wait(20)
    wrong = []
    for (number, command, expected), (status, printed) in zip(cases, ran):
        expected = [line.replace(ADDRESS, address) for line in expected]
        if status != 0 or (expected and not agrees(expected, printed)):
            wrong.append('\n'.join(
                [f'{document}:{number}: $ {command}', f'status {status}, expected:', *expected, 'printed:', *printed]
            ))
    if len(ran) < len(cases):
        wrong.append(f'{document}:{cases[len(ran)][0]}: the commands ended before this one')
    return wrong


def main():
    tidings = str(pathlib.Path(sys.argv[1]).resolve())
    documents = []
    for name in map(pathlib.Path, sys.argv[2:]):
        documents += sorted(name.rglob('*.md')) if name.is_dir() else [name] if name.exists() else []
    total, wrong = 0, []
    with tempfile.TemporaryDirectory(prefix='tidings-bin.') as programs:
        pathlib.Path(programs, 'tidings').symlink_to(tidings)
        for document in documents:
            wrong += unmarked(document)
            count, faults = check(document, tidings, f'{programs}:/usr/local/bin:/usr/bin:/bin')
            total, wrong = total + count, wrong + faults
            count, faults = host.check(document, tidings)
            total, wrong = total + count, wrong + faults
    for fault in wrong:
        print(fault, end='\n\n')
    print(f'{total} commands in {len(documents)} documents, {len(wrong)} differ')
    sys.exit(1 if wrong else 0 if total else 77)


main()
