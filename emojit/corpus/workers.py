"""Child processes that scan batches beside this one: batches go out and results come back over pipes, to each child in the order in which it was asked.

They are plain interpreters and no children of `multiprocessing` or an executor. Those import the caller's script once more, which then has to keep all
it does under `if __name__ == "__main__"`; and the threads of an executor take turns with the work of this process, which cost a tenth of the speed.

A child imports nothing but this room and ends when its input does: when it is told to, and when the parent is gone, however that ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.spawn import get_executable
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Generic, TypeVar

from emojit.corpus.packed import pack, unpack
from emojit.corpus.records import ScannedRow
from emojit.errors import CorpusError

_PROGRAM = "import sys; sys.path[:] = {path!r}; from emojit.corpus.workers import serve; serve()"

_PIPE_BYTES = 2**20
"""Room of a pipe, so that neither side waits until the other has read: what Linux allows everybody (/proc/sys/fs/pipe-max-size), for about three batches."""

_END_S = 10.0
"""How long a child that was told to end may take before it is killed (s)."""

T = TypeVar("T")

Work = Callable[[Sequence[T]], list[ScannedRow]]
"""What is done with a batch: a pure function that can be pickled."""


class Reply:
    """The place for the result of one batch; `rows` is None until it is there."""

    __slots__ = ("rows",)

    def __init__(self, rows: list[ScannedRow] | None = None) -> None:
        self.rows = rows


class Team(Generic[T]):
    """Children for one kind of work; a context manager that ends them."""

    def __init__(self, work: Work[T], size: int) -> None:
        """Start them.

        Args:
            work: what is done with every batch.
            size: how many children (count).

        Raises:
            CorpusError: the system starts no further process.
        """
        self._members: list[_Member[T]] = []
        try:
            for _ in range(size):
                self._members.append(_Member(work))
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Team[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def ask(self, batch: Sequence[T], queued: int) -> Reply | None:
        """Hand a batch to the child with the least to do; None where each has `queued` batches already."""
        member = min(self._members, key=lambda member: len(member.replies))
        return member.ask(batch) if len(member.replies) < queued else None

    def collect(self, seconds: float | None = 0.0) -> None:
        """Take the results that have come.

        Args:
            seconds: how long to wait for the first of them; None waits without end.

        Raises:
            CorpusError: a child died.
        """
        owing = {member.results: member for member in self._members if member.replies}
        for ready in wait(list(owing), seconds):
            if isinstance(ready, Connection):
                owing[ready].take()

    def _end(self) -> None:
        for member in self._members:
            member.tasks.close()
        for member in self._members:
            member.end()


class _Member(Generic[T]):
    """One child.

    Attributes:
        tasks: batches go in here.
        results: come out here.
        replies: to what it was asked and has not answered, oldest first.
    """

    def __init__(self, work: Work[T]) -> None:
        theirs_in, self.tasks = Pipe(duplex=False)
        self.results, theirs_out = Pipe(duplex=False)
        self.replies: deque[Reply] = deque()
        for pipe in (self.tasks, self.results):
            _widen(pipe)
        program = _PROGRAM.format(path=sys.path)
        # The child inherits what is blocked: such a signal often reaches the whole group, and the parent alone decides.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            self._process = subprocess.Popen(
                [os.fsdecode(get_executable()), "-c", program], stdin=theirs_in.fileno(), stdout=theirs_out.fileno()
            )
        except OSError as exc:
            raise CorpusError(
                f"cannot start a process that reads the corpus ({exc.strerror})",
                hint="run it with fewer: --set corpus.processes=1",
            ) from exc
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            theirs_in.close()
            theirs_out.close()
        self._send(pickle.dumps(work))

    def ask(self, batch: Sequence[T]) -> Reply:
        self._send(pickle.dumps(batch, pickle.HIGHEST_PROTOCOL))
        reply = Reply()
        self.replies.append(reply)
        return reply

    def take(self) -> None:
        try:
            message = self.results.recv_bytes()
        except (EOFError, OSError) as exc:
            raise self._died() from exc
        self.replies.popleft().rows = unpack(message)

    def end(self) -> None:
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.results.close()

    def _send(self, message: bytes) -> None:
        try:
            self.tasks.send_bytes(message)
        except OSError as exc:
            raise self._died() from exc

    def _died(self) -> CorpusError:
        self._process.kill()
        code = self._process.wait()
        how = f"signal {-code}, perhaps for want of memory" if code < 0 else f"exit {code}, see above"
        return CorpusError(
            f"a process that reads the corpus died ({how})",
            hint="run it with fewer: --set corpus.processes=1, in Python CorpusConfig(processes=1)",
        )


def serve() -> None:
    """Work in a child process: read batches from standard input, write results to standard output, end with the input."""
    tasks = Connection(os.dup(0), writable=False)
    results = Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # what anybody prints must not run into the results
    gc.set_threshold(100_000)  # a scan makes many objects and no cycles: looking for them costs 3 %
    batches: SimpleQueue[bytes] = SimpleQueue()
    try:
        work: Work[Any] = pickle.loads(tasks.recv_bytes())
        threading.Thread(target=_listen, args=(tasks, batches), daemon=True).start()
        while True:
            results.send_bytes(pack(work(pickle.loads(batches.get()))))
    except (EOFError, BrokenPipeError):  # the parent is gone
        os._exit(1)


def _listen(tasks: Connection, batches: SimpleQueue[bytes]) -> None:
    """Take batches in while others are worked on, so that the parent never waits for a full pipe; end the process with its input."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            batches.put(tasks.recv_bytes())
    os._exit(0)


def _widen(pipe: Connection) -> None:
    """Give a pipe more room where the system can; it works with less, with more waiting."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
