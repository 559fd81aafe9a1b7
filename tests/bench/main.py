"""The benchmarks: chooses the cases, measures them and prints the tables. Started by tests/bench/run."""

import argparse
import pathlib
import sys

sys.dont_write_bytecode = True

import failures  # noqa: E402
import measure  # noqa: E402
import overview  # noqa: E402
import report  # noqa: E402
from cases import CASES, OTHERS  # noqa: E402
from server import Program  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog='tests/bench/run', description='Measures the server against baselines of the same run.')
    parser.add_argument('cases', nargs='*', metavar='CASE', help='only these; default: all')
    parser.add_argument('--quick', action='store_true', help='short rounds, and no purge of five million rows')
    parser.add_argument('--list', action='store_true', help='print the cases')
    parser.add_argument('--database', choices=['sqlite', 'postgresql', 'mariadb'], default='sqlite',
                        help='where the messages are; starts a server for it')
    parser.add_argument('--messages', type=int, default=1_000_000, help='in the database, a thousand of each project (1000000)')
    parser.add_argument('--rounds', type=int, help='of each case with a baseline (7; quick: 5)')
    parser.add_argument('--check', action='store_true', help=argparse.SUPPRESS)
    for internal in ('--program', '--store', '--ingest', '--publisher', '--webhooks', '--state', '--work'):
        parser.add_argument(internal, help=argparse.SUPPRESS)
    given = parser.parse_args()
    known = [case.name for case in CASES] + list(OTHERS)
    for name in given.cases:
        if name not in known:
            parser.error(f"no case is called '{name}'; --list names them")
    if given.database == 'sqlite' and 'inserts' in given.cases:
        parser.error('inserts is for --database postgresql or mariadb')
    if given.list:
        for case in CASES:
            print(f'{case.name:18} {case.title}, {case.clients} client{"s" * (case.clients > 1)}')
        for name, title in OTHERS.items():
            print(f'{name:18} {title}')
    if given.check:
        print(*wanted(given))
    if given.list or given.check:
        sys.exit()
    return given


def wanted(given):
    """Returns the names of the measurements to run."""
    left_out = {'purge'} if given.quick else set()
    # Cases that do not depend on the database are measured with SQLite.
    left_out |= {'inserts'} if given.database == 'sqlite' else {'start', 'memory', 'access-log', 'ingest', 'events'}
    return given.cases or [name for name in [*(case.name for case in CASES), *OTHERS] if name not in left_out]


def main():
    given = arguments()
    program = Program(given.program, given.state, given.work, given.database, given.store, given.messages, given.ingest,
                      given.publisher, given.webhooks)
    try:
        sys.exit(run(program, given))
    finally:
        program.databases.close()


def run(program, given):
    names = wanted(given)
    rounds, seconds = given.rounds or (5 if given.quick else 7), 1 if given.quick else 2
    chosen = [case for case in CASES if case.name in names]
    results = measure.pairs(program, [case for case in chosen if not case.writes], rounds, seconds)
    results |= measure.pairs(program, [case for case in chosen if case.writes], rounds, seconds)
    figures = []
    for name, work in [
        ('start', lambda: measure.start(program)),
        ('memory', lambda: measure.memory(program)),
        ('access-log', lambda: measure.access_log(program, rounds, seconds)),
        ('purge', lambda: measure.purge(program)),
        ('inserts', lambda: measure.inserts(program, rounds, seconds)),
        ('ingest', lambda: measure.ingest(program, rounds)),
        ('events', lambda: measure.events(program, rounds, seconds)),
        ('webhooks', lambda: measure.webhooks(program, rounds)),
        ('failures-post-64', lambda: failures.posts(program, rounds, seconds)),
        ('failures-list-1000', lambda: failures.lists(program, rounds, seconds)),
        ('failures-window', lambda: failures.window(program, rounds, seconds)),
        ('overview', lambda: overview.measure(program, rounds, seconds)),
    ]:
        if name in names:
            print(f'{name}: {OTHERS[name]}', flush=True)
            figures += work()
    return finish(program, chosen, results, figures)


def finish(program, wanted, results, figures):
    """Prints and saves the tables, and returns the exit status."""
    tables, faults = [], []
    writes = [case for case in wanted if case.writes]
    for rows, (lines, wrong) in [
        (wanted, report.pairs_table(wanted, results, program.kind)),
        (writes, report.writes_table(writes, results, program.kind, program.databases.bound)),
        (figures, report.figures_table(figures)),
    ]:
        if rows:
            tables.append('\n'.join(lines))
            faults += wrong
    text = '\n\n'.join(tables) + '\n'
    name = 'result.md' if program.kind == 'sqlite' else f'result-{program.kind}.md'
    pathlib.Path(program.state, name).write_text(text)
    print(f'\n{text}')
    for fault in faults:
        print(f'MISSED: {fault}')
    return 1 if faults else 0


main()
