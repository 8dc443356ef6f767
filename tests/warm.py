"""`python -m emojit` without the seconds of its start: a server has imported everything, and each call is a fork of it.

What runs is the real command line. `python warm.py serve SOCKET` says "ready" and serves until it is killed; `python warm.py call SOCKET ARGUMENT…` does what
`python -m emojit ARGUMENT…` does, and when it is killed, so is what it called. A test that has no use for a program in between calls `Warm.start`.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NoReturn

IMPORTED = (
    "dulwich.pack", "dulwich.repo", "emojit.cli.app", "emojit.localhub.audit.collect", "emojit.student.artefacts", "emojit.student.decoding", "emojit.student.domain", "emojit.student.domain.trainer", "emojit.student.stream",
    "emojit.student.trainer", "google.protobuf", "matplotlib.backends.backend_agg", "matplotlib.figure", "pyarrow.parquet", "sentencepiece",
    "transformers.models.bert.modeling_bert", "transformers.models.t5.modeling_t5", "transformers.models.t5.tokenization_t5",
)  # fmt: skip
NUMBER = struct.Struct("i")


class Started:
    """A command that runs, with what a test asks of a `subprocess.Popen`."""

    def __init__(self, connection: socket.socket, output: list[IO[bytes]]) -> None:
        self._connection, self._output = connection, output
        self.pid = NUMBER.unpack(connection.recv(NUMBER.size))[0]
        """Of the command itself."""
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.returncode = NUMBER.unpack(self._connection.recv(NUMBER.size))[0]
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def communicate(self, timeout: float = 240) -> tuple[str, str]:
        """Wait for its end; return what it wrote to stdout and to stderr."""
        if self.returncode is None and not select.select([self._connection], [], [], timeout)[0]:
            self.send_signal(signal.SIGKILL)
            raise TimeoutError(f"process {self.pid} has not ended in {timeout} s")
        self.poll()
        said = []
        for file in self._output:
            file.seek(0)
            said.append(file.read().decode("utf-8"))
            file.close()
        return said[0], said[1]


class Warm:
    """The server, and commands that are forks of it."""

    def __init__(self, address: str, *, root: Path) -> None:
        self.call = (sys.executable, "-S", "-E", __file__, "call", address)
        """What stands in place of `python -m emojit` where a program is to be named."""
        self._address = address
        self._server = subprocess.Popen(
            [sys.executable, __file__, "serve", address],
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._server.pid
        """Of the server; what it runs descends from it."""
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == "ready\n"

    def start(
        self, *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, before: str | None = None
    ) -> Started:
        """Start `emojit ARGUMENT…` in a folder; `before` is a program that its process runs first."""
        output: list[IO[bytes]] = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]  # noqa: SIM115
        files = [file.fileno() for file in output]
        return Started(ask(self._address, arguments, files, cwd=cwd, env=env or os.environ, before=before), output)

    def close(self) -> None:
        """End the server."""
        self._server.kill()
        self._server.communicate()


def ask(
    address: str,
    arguments: tuple[str, ...],
    files: list[int],
    *,
    cwd: Path,
    env: Mapping[str, str],
    before: str | None = None,
) -> socket.socket:
    """Give the server a command; on the connection it answers with the process id, and with the exit code when it has ended."""
    server = socket.socket(socket.AF_UNIX)
    server.connect(address)
    message = {"arguments": arguments, "cwd": str(cwd), "env": dict(env), "before": before}
    socket.send_fds(server, [json.dumps(message).encode()], files)
    return server


def serve(address: str) -> None:
    import torch

    for module in IMPORTED:
        importlib.import_module(module)
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # a fork that collects garbage would copy every page
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    signal.signal(signal.SIGCHLD, reap)
    print("ready", flush=True)  # noqa: T201
    while True:
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            handle(connection)
            os._exit(0)
        connection.close()


def reap(*_: object) -> None:
    """Wait for the forks that have ended: only then is their time counted as this server's, and so as the tests'."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


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
        os.environ.clear()
        os.environ.update(call["env"])
        sys.argv = ["emojit", *call["arguments"]]
        from emojit.cli.app import main

        try:
            if call["before"] is not None:
                exec(call["before"], {})
            main()
        except SystemExit as end:
            leave(end.code)
    for file in files:
        os.close(file)
    with contextlib.suppress(BrokenPipeError):
        connection.send(NUMBER.pack(child))
    while not select.select([connection], [], [], 0.01)[0]:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            connection.send(NUMBER.pack(os.waitstatus_to_exitcode(status)))
            return
    os.kill(child, signal.SIGKILL)  # the caller was


def leave(code: object) -> NoReturn:
    """Do what the end of Python does, but leave the memory to the system: taking every module apart would copy the half gigabyte that the fork shares."""
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)  # noqa: T201
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


def call(address: str, arguments: tuple[str, ...]) -> int:
    with (
        ask(address, arguments, [1, 2], cwd=Path.cwd(), env=os.environ) as server,
        contextlib.suppress(ConnectionResetError),
    ):
        server.recv(NUMBER.size)
        if answer := server.recv(NUMBER.size):
            return int(NUMBER.unpack(answer)[0]) % 256
    return 255


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    sys.exit(call(sys.argv[2], tuple(sys.argv[3:])))
