#!/usr/bin/env python3
"""Runs the commands in the documents, and compares their output with the documented one.

    check.py TIDINGS README.md docs          TIDINGS: the program; then Markdown files, or folders of them

Every block of commands is run: a block without a language, or in one of COMMANDS, needs a mark in the
line right before it. Blocks without commands are `text`.

    <!-- run -->            here; see below
    <!-- run with: NAME=VALUE .. -->   with a server that has these variables
    <!-- host -->           on a separate host, see host.py: an installation, lines of cron, stops and starts of the server
    <!-- file: PATH -->     a file of that host for its commands
    <!-- tested: NAME -->   by a test that extracts the block from the document, see TAKEN
    <!-- as in English -->  a translation: the same as in the original, which has one of the other marks

An example of a block to run:

    <!-- run -->
    ```console
    $ curl -s http://127.0.0.1:8790/healthcheck
    OK
    $ tidings message list
    ...
    ```

- A line with `$ ` begins a command, a line with `> ` continues it. The lines up to the next command are its output,
  including standard error; in a block without output none is compared.
- `...` in an expected line stands for any text within the line; a line of only `...` for any number of lines.
- Every command must succeed.
- All blocks of a file run in order in one bash and one new directory, so later commands see the variables and files of
  earlier ones. `tidings` is on the PATH.
- A server with the defaults, or with the variables of the mark, runs in that directory. The documented address
  127.0.0.1:8790 stands for its real port in commands and output.

Exits with 0 if all agree, 1 if something differs or lacks a mark, 77 if no block is marked.
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
# Languages of blocks with commands or configuration.
COMMANDS = {'', 'console', 'sh', 'bash', 'sql', 'rust', 'python'}
AS_IN_ENGLISH = '<!-- as in English -->'
KNOWN = re.compile(r'<!-- (run|run with: .+|host|file: .+|tested: (?P<name>.+)) -->')
TESTS = [path.read_text(encoding='utf-8') for path in pathlib.Path('tests').rglob('*')
         if '.state' not in path.parts and path.is_file() and path.suffix in {'', '.py', '.rs', '.sh'}]
# How a test extracts a block: `document.py FILE NAME`, or the corresponding call.
TAKEN = r"""\bdocument\b.*{document}['", ]+{name}(?![\w-])"""


def is_taken(document, name):
    """Whether a test extracts this block from the document and runs it."""
    taken = re.compile(TAKEN.format(document=re.escape(str(document)), name=re.escape(name)))
    return any(taken.search(test) for test in TESTS)


def blocks(document):
    """Returns (line number, language, line before, text) of every fenced block of a document."""
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
    """Returns the faults in the marks of a document."""
    wrong = []
    for number, language, mark, lines in blocks(document):
        if mark == AS_IN_ENGLISH:
            english = document.parent.parent / document.name
            # For the README that is the directory of the repository.
            english = pathlib.Path('README.md') if document.name == 'README.md' else english
            if not any(lines == known for _, _, _, known in blocks(english)):
                wrong.append(f'{document}:{number}: {english} has another block')
        elif language in COMMANDS and not (known := KNOWN.fullmatch(mark)):
            wrong.append(f'{document}:{number}: this block is not run')
        elif language in COMMANDS and known['name'] and not is_taken(document, known['name']):
            wrong.append(f'{document}:{number}: no test takes the block {known["name"]} out of the document')
    return wrong


def commands(document):
    """Returns (line number, command, expected lines) of every command to run, by the variables of their server."""
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
    """Whether the lines match the expected ones with their wildcards. Blank space at the ends does not count."""
    pattern = ''
    for line in expected:
        if line.strip() == '...':
            pattern += r'(?:.*\n)*'
        else:
            pattern += '.*'.join(re.escape(part) for part in line.rstrip().split('...')) + r'[ \t]*\n'
    return re.fullmatch(pattern, ''.join(line.rstrip() + '\n' for line in printed)) is not None


def run_all(script, directory, path):
    """Runs the commands in one bash, and returns the status and output lines of each."""
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
    """Runs the commands of one document; returns their number and the faults."""
    count, wrong = 0, []
    for variables, cases in commands(document).items():
        count += len(cases)
        wrong += check_with(variables, cases, document, tidings, path)
    return count, wrong


def check_with(variables, cases, document, tidings, path):
    """Runs the commands that share a server; returns the faults."""
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
