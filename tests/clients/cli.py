"""Runs the command line clients and reads their tables."""

import subprocess


class Failed(Exception):
    """The client exited with a status other than 0; the text is all its output."""


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    if done.returncode != 0:
        raise Failed(done.stdout)
    return done.stdout


def table(text):
    """Returns the rows of a framed table as dictionaries by column title."""
    lines = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in text.splitlines()
        if line.startswith('|')
    ]
    titles, *rows = lines
    return [dict(zip(titles, row, strict=True)) for row in rows]
