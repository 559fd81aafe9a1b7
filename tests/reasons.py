#!/usr/bin/env python3
"""Prints the lines of a log that say what failed and why, from the end of it: reasons.py LOG LINES

These are the names of failed tests, panics and errors with what follows them, and the last lines, in their order.
"""

import pathlib
import re
import sys

NAME = re.compile(r'^test .+ \.\.\. FAILED|^(FAIL|ERROR): |^FAILED |^ *✖ ')
WHY = re.compile(r'panicked at |^E  |^[\w.]*(Error|Exception)\b|^error|^ +File ".*/tests/|^more than |^warning: ')
FOLLOWING = 3
LAST = 4
WIDTH = 180


def reasons(lines, limit):
    lines = [line.rstrip() for line in lines if line.strip()]
    names = [place for place, line in enumerate(lines) if NAME.search(line)]
    why = [place + more for place, line in enumerate(lines) if WHY.search(line) for more in range(FOLLOWING)]
    end = range(max(0, len(lines) - LAST), len(lines))
    # A third for the names, so that many of them do not hide why.
    chosen = set(end) | set(names[:limit // 3])
    for place in reversed(why if why else range(len(lines))):
        if len(chosen) >= limit:
            break
        if place < len(lines):
            chosen.add(place)
    return [lines[place][:WIDTH] for place in sorted(chosen)]


if __name__ == '__main__':
    log = pathlib.Path(sys.argv[1]).read_text(errors='replace').splitlines()
    print('\n'.join(reasons(log, int(sys.argv[2]))))
