# SPDX-License-Identifier: Apache-2.0
"""typed.py COMMAND [PROMPT ANSWER]...: run it on a terminal of its own, type each answer when its prompt stands there. Prints what
the terminal showed, and ends with the command's exit status."""
import os
import pty
import select
import shlex
import sys

command, dialogue = shlex.split(sys.argv[1]), list(zip(sys.argv[2::2], sys.argv[3::2]))
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown, after = "", 0  # a prompt is looked for behind the one before
while select.select([terminal], [], [], 30)[0]:
    try:
        shown += os.read(terminal, 4096).decode()
    except OSError:  # the command has ended
        break
    if dialogue and dialogue[0][0] in shown[after:]:
        after = len(shown)
        os.write(terminal, dialogue.pop(0)[1].encode() + b"\n")
print(shown)
if dialogue:
    sys.exit(f"never asked: {dialogue[0][0]}")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
