#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pty.py COLUMNS [KEYS] -- COMMAND...: runs a command on a terminal of so many columns, types KEYS, and prints what the
terminal was sent, lines ending in a newline alone. Its exit status is that of the command.
"""
import fcntl
import os
import pty
import struct
import sys
import termios


def main():
    at = sys.argv.index("--")
    columns, keys = int(sys.argv[1]), "".join(sys.argv[2:at])
    pid, fd = pty.fork()
    if pid == 0:
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        os.execvp(sys.argv[at + 1], sys.argv[at + 1 :])
    if keys:
        os.write(fd, keys.encode())
    said = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        said += piece
    sys.stdout.buffer.write(said.replace(b"\r\n", b"\n"))
    sys.stdout.flush()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)


main()
