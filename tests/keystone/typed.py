"""Runs a command on a terminal, and types a secret at every password prompt.

    typed.py SECRET COMMAND ARGUMENT..
"""
import os
import pty
import sys

secret, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown = b''
while True:
    try:
        shown += os.read(terminal, 4096)
    except OSError:
        # The command has closed its terminal.
        break
    if shown.rstrip().endswith(b'Password:'):
        os.write(terminal, secret.encode() + b'\n')
        print(shown.decode(), end='')
        shown = b''
print(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
