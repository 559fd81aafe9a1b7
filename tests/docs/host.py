"""The host of docs/operation.md: its commands, files and cron, in a separate directory.

Paths that match PATHS are moved into that directory. Short scripts replace the programs of a real host: `systemctl`
starts and stops the server with the documented configuration, `cargo` only checks that the features exist, `apt-get`
that the packages exist, and `tests/bench/run` its arguments. There is only one user. A block whose lines begin with five
time fields is a cron file: each of its commands is run as by cron, with an empty environment.
"""

import datetime
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

BLOCK = re.compile(r'^<!-- (host|file: (\S+)) -->\n```\w*\n(.*?)^```$', re.MULTILINE | re.DOTALL)
PATHS = re.compile(r'(?<![\w.-])/(etc|var|backup|usr/local|usr/share)(?=[/ ])')
CRON = re.compile(r'^(?:[\d*/,-]+ +){5}(\w+) +(.*)$')
DAY = '2026-11-20'
ADDRESS = '127.0.0.1:8790'

PROGRAMS = {
    'apt-get': '[ "$1" = install ] && shift && apt-cache show "$@" >/dev/null',
    'cargo': """
features=$(echo "$* " | sed -n 's/.*--features \\([^ ]*\\) .*/\\1/p')
(cd "$REPOSITORY" && HOME=$OWN_HOME "$CARGO" tree --quiet --locked --offline --depth 0 --features "$features" >/dev/null)
[ -z "${TIDINGS_CATALOG_DIR:-}" ] || tidings catalog check "$TIDINGS_CATALOG_DIR"
case "$*" in
    'build --release'*) mkdir -p target/release && ln -sf "$TIDINGS" target/release/tidings ;;
    'install --path .'*) ;;
    'run --release -- '*) shift 3 && tidings "$@" --help >/dev/null ;;
    *) exit 1 ;;
esac""",
    '../source/tests/run': 'exec "$REPOSITORY/tests/run" --list >/dev/null',
    '../source/tests/bench/run': 'exec python3 "$REPOSITORY/tests/bench/main.py" --check "$@" >/dev/null',
    'useradd': ':',
    'systemctl': """
case "$*" in
    daemon-reload) ;;
    'stop tidings')
        pid=$(cat "$ROOT/pid")
        kill "$pid"
        # It may be an orphan by now, and remain as a zombie.
        while grep -q '^State:.[^Z]' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done ;;
    'start tidings' | 'enable --now tidings')
        cd "$ROOT/var/lib/tidings"
        setsid "$ROOT/usr/local/bin/tidings" serve --config-file "$ROOT/etc/tidings/tidings.conf" </dev/null >/dev/null 2>&1 &
        echo $! >"$ROOT/pid"
        for _ in $(seq 100); do
            curl -sf "http://$OS_API__BIND/healthcheck" >/dev/null && exit
            sleep 0.05
        done
        exit 1 ;;
    *) exit 1 ;;
esac""",
}


class Host:
    """A directory that serves as the root of a host."""

    def __init__(self, root, tidings):
        self.root = pathlib.Path(root)
        # The working directory of the commands.
        self.source = self.root / 'source'
        for folder in ['programs', 'source/docs', 'source/tests/bench', 'etc/tidings', 'etc/systemd/system', 'var/lib/tidings/.tidings',
                       'var/log/tidings', 'backup', 'usr/local/bin', 'usr/share/bash-completion/completions']:
            (self.root / folder).mkdir(parents=True)
        for name, script in PROGRAMS.items():
            program = self.root / 'programs' / name
            program.write_text(f'#!/bin/sh -e\n{script}\n')
            program.chmod(0o755)
        (self.root / 'source/docs/tidings.service').write_bytes(pathlib.Path('docs/tidings.service').read_bytes())
        (self.root / 'usr/local/bin/tidings').symlink_to(tidings)
        # The program reads /etc/tidings only if its user has no configuration.
        (self.root / 'var/lib/tidings/.tidings/tidings.conf').symlink_to(self.root / 'etc/tidings/tidings.conf')
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.address = '127.0.0.1:%d' % probe.getsockname()[1]
        self.environment = {
            'PATH': f'{self.root}/programs:{self.root}/usr/local/bin:/usr/bin:/bin', 'HOME': f'{self.root}/var/lib/tidings',
            'ROOT': str(self.root), 'REPOSITORY': os.getcwd(), 'CARGO': shutil.which('cargo'), 'OWN_HOME': os.environ['HOME'],
            'TIDINGS': tidings, 'LC_ALL': 'C.UTF-8', 'OS_API__BIND': self.address,
        }

    def here(self, text):
        """Returns a text of the document with the paths of this host."""
        text = text.replace('-o tidings -g tidings ', '').replace(DAY, datetime.date.today().isoformat())
        return PATHS.sub(rf'{self.root}/\1', text.replace(ADDRESS, self.address))

    def run(self, script):
        """Runs the commands of a block, each of which must succeed; returns the faults."""
        lines = script.splitlines()
        jobs = [CRON.match(line) for line in lines]
        if lines and all(jobs):
            return ''.join(self.job(job.group(2)) for job in jobs)
        return self.shell(['bash', '-ec', self.here(script)], self.source, self.environment)

    def job(self, command):
        """Runs a cron line as cron does, which mails any output."""
        nothing = {'PATH': '/usr/bin:/bin', 'SHELL': '/bin/sh', 'HOME': self.environment['HOME']}
        command = self.here(command.replace('\\%', '%'))
        return self.shell(['/bin/sh', '-c', command], nothing['HOME'], nothing, is_quiet=True)

    def shell(self, command, directory, environment, is_quiet=False):
        done = subprocess.run(
            command, cwd=directory, env=environment, text=True, timeout=120, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        if done.returncode == 0 and not (is_quiet and done.stdout):
            return ''
        return f'status {done.returncode}: {command[-1]}\n{done.stdout}'

    def close(self):
        if (self.root / 'pid').exists():
            subprocess.run(['sh', '-c', self.here('kill $(cat "$ROOT/pid") 2>/dev/null')], env=self.environment, check=False)


def check(document, tidings):
    """Runs the blocks of a document for a host; returns their number and the faults."""
    text = document.read_text(encoding='utf-8')
    blocks = list(BLOCK.finditer(text))
    wrong = []
    if not blocks:
        return 0, wrong
    with tempfile.TemporaryDirectory(prefix='tidings-host.') as root:
        host = Host(root, tidings)
        os.chmod(root, 0o755)
        try:
            for block in blocks:
                if path := block.group(2):
                    file = host.source / host.here(path)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(host.here(block.group(3)), encoding='utf-8')
                elif fault := host.run(block.group(3)):
                    wrong.append(f'{document}:{text.count(chr(10), 0, block.start(3))}: {fault}')
        finally:
            host.close()
    return len(blocks), wrong
