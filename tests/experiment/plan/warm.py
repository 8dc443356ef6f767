"""`python -m emojit` without the seconds of its start: a server has imported everything, and each call is a fork of it.

What runs is the real command line. `python warm.py serve SOCKET` says "ready" and serves until it is killed; `python warm.py call SOCKET ARGUMENT…` does what
`python -m emojit ARGUMENT…` does, and when it is killed, so is what it called.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path

IMPORTED = (
    "emojit.cli.app", "emojit.student.artefacts", "emojit.student.trainer", "matplotlib.backends.backend_agg", "matplotlib.figure",
    "pyarrow.parquet", "sentencepiece",
)  # fmt: skip


def serve(path: str) -> None:
    import torch

    for module in IMPORTED:
        importlib.import_module(module)
    torch.set_num_threads(1)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)  # noqa: T201
    while True:
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            handle(connection)
            os._exit(0)
        connection.close()


def handle(connection: socket.socket) -> None:
    message, files, _, _ = socket.recv_fds(connection, 1 << 20, 2)
    call = json.loads(message)
    child = os.fork()
    if not child:
        connection.close()
        for number, file in enumerate(files, start=1):
            os.dup2(file, number)
            os.close(file)
        os.chdir(call["cwd"])
        os.environ.update(call["env"])
        sys.argv = ["emojit", *call["arguments"]]
        from emojit.cli.app import main

        main()
    for file in files:
        os.close(file)
    while not select.select([connection], [], [], 0.01)[0]:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            connection.send(bytes([os.waitstatus_to_exitcode(status) % 256]))
            return
    os.kill(child, signal.SIGKILL)  # the caller was


def call(path: str, arguments: list[str]) -> int:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        message = {"arguments": arguments, "cwd": str(Path.cwd()), "env": dict(os.environ)}
        socket.send_fds(server, [json.dumps(message).encode()], [1, 2])
        with contextlib.suppress(ConnectionResetError):
            if answer := server.recv(1):
                return answer[0]
    return 255


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    sys.exit(call(sys.argv[2], sys.argv[3:]))
