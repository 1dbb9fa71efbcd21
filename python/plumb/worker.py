"""The process `plumb worker`, which does all the work of this package."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from typing import Any, cast

from . import command as program
from .errors import PlumbError, WorkerDiedError
from .frames import MAX_PAYLOAD, BytesLike, Payload, encode_request

PROTOCOL = 1
"""The version of the protocol that this package speaks."""

Answer = tuple[dict[str, Any], memoryview]


class Worker:
    """A process `plumb worker` that answers one request after the other.

    It starts with the first request, and ends with `close`, with the `with` block, when nothing refers to it any more,
    or when Python ends. Threads may share a worker: their requests wait for each other. After `os.fork` the child
    starts a process of its own. A pickled worker is one with the same settings.

        with plumb.Worker(threads=2) as worker:
            header, payload = worker.request("words", texts=["Two cats, asleep."])

    - threads: the number of CPU threads; all cores where it is None.
    - command: the program, or a list of it and its first arguments; where it is None, `plumb.command.path()`.
    """

    def __init__(
        self,
        threads: int | None = None,
        command: str | os.PathLike[str] | Sequence[str] | None = None,
    ) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"threads is {threads}; it must be at least 1.")
        self.threads = threads
        self.command = command
        self.starts = 0
        """How many processes this worker has started; what a process held is gone with it."""
        self._lock = threading.RLock()
        self._process: _Process | None = None
        self._finalizer: weakref.finalize[Any, Any] | None = None
        _all_workers.add(self)

    def request(self, do: str, payload: Payload = b"", **keys: Any) -> Answer:
        """Sends a request and waits for its answer.

        - do: the name of the request, one of those in docs/worker.md.
        - payload: the bytes behind the header, or a list of them, which are sent in its order without being joined.
        - keys: the keys of the request. Those that are None are not sent.

        Returns the header of the answer, and its payload (writable, and nobody else's).

        Raises `PlumbError` with the worker's sentence where the worker refuses the request, `WorkerDiedError` where the
        process ended, and `ValueError`, before anything is sent, for a text that cannot be encoded and for a request
        over the limits of a frame.
        """
        return self._send(*encode_request(do, payload, keys))

    def _send(self, line: bytes, parts: list[memoryview], start: int | None = None) -> Answer:
        """Sends a frame; with `start` only to the process of that number, whose state the request is about."""
        with self._lock:
            if start is None:
                process = self._started()
            elif self._process is not None and not self._process.has_ended and self.starts == start:
                process = self._process
            else:
                raise WorkerDiedError("The worker process that held this has ended.")
            header, answer = process.exchange(line, parts)
        if not header.get("ok"):
            raise PlumbError(str(header.get("error", "The worker refused the request and gave no reason.")))
        return header, answer

    def close(self) -> None:
        """Ends the process. A later request starts another one."""
        with self._lock:
            if self._process is not None:
                self._process.end()
                self._process = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return Worker, (self.threads, self.command)

    def __repr__(self) -> str:
        state = "not started" if self._process is None else f"process {self._process.pid}"
        return f"<plumb.Worker threads={self.threads or 'all'}, {state}>"

    def _started(self) -> _Process:
        if self._process is None or self._process.has_ended:
            self._process = None
            if sys.is_finalizing():
                # The thread that listens to it would never begin, and whoever starts it waits for that.
                raise PlumbError("Python is ending, and starts no worker any more.")
            if self._finalizer is not None:
                # Closes the pipes of a process that has ended by itself, and lets go of it.
                self._finalizer()
            process = _Process(self._arguments())
            process.check_protocol()
            self._process = process
            self.starts += 1
            # Also runs when Python ends.
            self._finalizer = weakref.finalize(self, process.end)
        return self._process

    def _arguments(self) -> list[str]:
        command = program.path() if self.command is None else self.command
        words = [os.fspath(command)] if isinstance(command, (str, os.PathLike)) else list(command)
        threads = [] if self.threads is None else ["--threads", str(self.threads)]
        return [*words, "worker", "--parent", str(os.getpid()), *threads]

    def _forget_after_fork(self) -> None:
        # A thread of the parent may have held the lock; that thread does not exist here.
        self._lock = threading.RLock()
        if self._process is not None:
            self._process.abandon()
            self._process = None


class _Process:
    """One process `plumb worker` and its pipes. Not safe for threads; `Worker` has the lock."""

    def __init__(self, arguments: list[str]) -> None:
        self._owner = os.getpid()
        self._program = arguments[0]
        self._is_busy = False
        # Unbuffered, so that no bytes wait in this process that a forked child could write a second time.
        self._process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self.pid = self._process.pid
        self._input = self._process.stdin
        self._output = io.BufferedReader(cast(io.RawIOBase, self._process.stdout), 1 << 16)
        self._last_lines: deque[str] = deque(maxlen=20)
        # Read all the time: a worker whose standard error is full would wait forever.
        self._listener = threading.Thread(
            target=_listen, args=(self._process.stderr, self._last_lines), name="plumb-worker-stderr", daemon=True
        )
        self._listener.start()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def check_protocol(self) -> None:
        header, _ = self.exchange(*encode_request("version"))
        if header.get("protocol") != PROTOCOL:
            self.end()
            raise PlumbError(
                f"The program {self._program} speaks version {header.get('protocol')} of the worker's protocol; "
                f"this package speaks {PROTOCOL}. Install versions of both that belong together."
            )

    def exchange(self, line: bytes, parts: list[memoryview]) -> Answer:
        """Writes a request and reads its answer.

        The worker answers only after it has read the whole request, so that writing all of it before reading cannot
        deadlock, however large both are. The one answer that comes earlier is that to a frame that cannot be read: a
        line that fits in the pipe, after which the worker ends.
        """
        if self._is_busy:
            # A finalizer or a signal handler can run in the middle of another request of the same thread.
            raise PlumbError("A request was made while another one of the same thread is being sent.")
        self._is_busy = True
        try:
            try:
                self._write(line)
                for part in parts:
                    self._write(part)
            except BrokenPipeError:
                pass  # The worker has ended; what it said last is still in the pipe.
            answer = self._read()
        except BaseException:
            # Interrupted in the middle of a frame: nobody knows where the next one begins.
            self.kill()
            raise
        finally:
            self._is_busy = False
        if answer is None:
            raise self._died()
        if answer[0].get("fatal"):
            self.end()
        return answer

    def end(self) -> None:
        """Closes the worker's input, on which it ends. Does nothing in a forked child, whose process this is not."""
        if os.getpid() != self._owner:
            return
        self._close_pipe(self._input)
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close_output()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._close_pipe(self._input)
        self._close_output()

    def abandon(self) -> None:
        """In a forked child: closes its copies of the pipes, so that the worker ends when the parent closes its own."""
        # The raw pipes: the reader around standard output has a lock that another thread of the parent may have held.
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            self._close_pipe(pipe)
        # Popen would wait for a process that is not this one's child.
        self._process.returncode = 0

    def _write(self, part: BytesLike) -> None:
        view = memoryview(part)
        while view:
            view = view[self._input.write(view) :]

    def _read(self) -> Answer | None:
        """The next answer, or None where the worker's output ends."""
        line = self._output.readline()
        if not line.endswith(b"\n"):
            return None
        header = self._header(line)
        payload = bytearray(header.get("bytes", 0))
        view = memoryview(payload)
        filled = 0
        while filled < len(payload):
            count = self._output.readinto(view[filled:])
            if not count:
                return None
            filled += count
        return header, view

    def _header(self, line: bytes) -> dict[str, Any]:
        with contextlib.suppress(ValueError):
            header = json.loads(line)
            count = header.get("bytes", 0) if isinstance(header, dict) else None
            if isinstance(count, int) and 0 <= count <= MAX_PAYLOAD:
                return cast("dict[str, Any]", header)
        raise PlumbError(
            f"The program {self._program} answers with {line[:60]!r}, as plumb does not; "
            f"give the path of plumb, as the worker's command or in {program.VARIABLE}."
        )

    def _died(self) -> WorkerDiedError:
        self._close_pipe(self._input)
        try:
            status: object = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.kill()
            status = "unknown; it closed its output"
        self._listener.join(timeout=2)
        self._close_output()
        lines = "".join(f"\n  {line}" for line in self._last_lines)
        return WorkerDiedError(
            f"The worker ended with status {status} and did not answer." + (f" It said last:{lines}" if lines else "")
        )

    def _close_output(self) -> None:
        self._close_pipe(self._output)

    @staticmethod
    def _close_pipe(pipe: Any) -> None:
        with contextlib.suppress(OSError, ValueError):
            pipe.close()


def _listen(pipe: Any, lines: deque[str]) -> None:
    with contextlib.suppress(OSError, ValueError), pipe:
        for line in pipe:
            lines.append(line.decode(errors="replace").rstrip())


_all_workers: weakref.WeakSet[Worker] = weakref.WeakSet()
_default: Worker | None = None
_default_threads: int | None = None
_default_lock = threading.Lock()


def default() -> Worker:
    """The worker that everything in this package shares that was not given one of its own."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Worker(_default_threads)
        return _default


def set_threads(threads: int | None) -> None:
    """Sets the number of CPU threads of the shared worker; None means all cores.

    The shared worker ends; the next request starts another one. Rewards that were opened in it must be made again.
    """
    global _default, _default_threads
    if threads is not None and threads < 1:
        raise ValueError(f"threads is {threads}; it must be at least 1.")
    with _default_lock:
        former, _default, _default_threads = _default, None, threads
    if former is not None:
        former.close()


def _forget_all_after_fork() -> None:
    global _default_lock
    _default_lock = threading.Lock()
    for worker in list(_all_workers):
        worker._forget_after_fork()


os.register_at_fork(after_in_child=_forget_all_after_fork)
