"""Runs app-preflight: bounded in time and output, heard live, and never left behind."""

import json
import os
import selectors
import shutil
import signal
import subprocess
import time
from typing import Callable, List, NamedTuple

from app_preflight_gate.text import clean

PROGRAM = 'app-preflight'
FALLBACK = '/usr/bin/app-preflight'
OUTPUT_LIMIT = 16 * 1024 * 1024
LINE_BYTES = 4096
LINES_TOLD = 5000
GRACE_SECONDS = 6.0
DRAIN_SECONDS = 2.0
TICK_SECONDS = 0.2
CHUNK = 65536


class Unfinished(Exception):
    """The child was ended, or could not be started; the text is a sentence's end."""


class TimedOut(Unfinished):
    """It took longer than it was given."""


class Ending(NamedTuple):
    """How the child ended: its code (negative: the signal), all of stdout, the last line of stderr."""

    code: int
    output: bytes
    last_line: str

    def document(self) -> object:
        """Return the JSON document on stdout, or None when there is none."""
        try:
            return json.loads(self.output.decode('utf-8'))
        except (ValueError, RecursionError):
            return None


class _Lines:
    """Cuts a stream into harmless lines and hands each on as it comes."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.last = ''
        self._tell = tell
        self._told = 0
        self._rest = b''

    def feed(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).replace(b'\r', b'\n').split(b'\n')
        self._rest = rest[:LINE_BYTES]  # what is beyond is lost, so that an endless line costs nothing
        for line in lines:
            self._hand_on(line)

    def close(self) -> None:
        self._hand_on(self._rest)
        self._rest = b''

    def _hand_on(self, line: bytes) -> None:
        text = clean(line[:LINE_BYTES].decode('utf-8', 'replace'))
        if not text:
            return
        self.last = text
        self._told += 1
        if self._told <= LINES_TOLD:
            self._tell(text)
        elif self._told == LINES_TOLD + 1:
            self._tell('(further lines are left out)')


class _Output:
    """Keeps what comes, up to a limit."""

    def __init__(self) -> None:
        self.data = bytearray()

    def feed(self, data: bytes) -> None:
        self.data += data
        if len(self.data) > OUTPUT_LIMIT:
            raise Unfinished('printed more than %d MiB and was ended' % (OUTPUT_LIMIT >> 20))


def run(arguments: List[str], seconds: float, tell: Callable[[str], None]) -> Ending:
    """Run app-preflight with `arguments` and return how it ended.

    `tell` gets each line of stderr while the child runs. Raises Unfinished when it does not start, takes longer than
    `seconds` or prints too much. Whatever is raised, KeyboardInterrupt included: the child's process group is gone then.
    """
    program = shutil.which(PROGRAM) or FALLBACK
    try:
        child = subprocess.Popen(
            [program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            close_fds=True, start_new_session=True)  # a session: Ctrl-C reaches this process alone, which ends the group
    except OSError as exc:
        raise Unfinished('could not be started: %s' % clean(exc)) from exc
    output, lines = _Output(), _Lines(tell)
    try:
        _listen(child, time.monotonic() + seconds, seconds, {child.stdout: output.feed, child.stderr: lines.feed})
        lines.close()
    finally:
        _end(child)
    return Ending(child.returncode, bytes(output.data), lines.last)


def _listen(child: subprocess.Popen, deadline: float, seconds: float, feeds: dict) -> None:
    """Feed what the child writes until it has ended. A grandchild that keeps the pipes open is not waited for."""
    ended_at = None
    with selectors.DefaultSelector() as selector:
        for stream, feed in feeds.items():
            selector.register(stream, selectors.EVENT_READ, feed)
        while ended_at is None or (selector.get_map() and time.monotonic() < ended_at + DRAIN_SECONDS):
            if ended_at is None and time.monotonic() >= deadline:
                raise TimedOut('did not end within %d seconds and was ended' % seconds)
            _feed_once(selector)
            if ended_at is None and _has_ended(child):
                ended_at = time.monotonic()


def _feed_once(selector: selectors.BaseSelector) -> None:
    if not selector.get_map():
        time.sleep(0.02)
        return
    for key, _ in selector.select(TICK_SECONDS):
        data = os.read(key.fd, CHUNK)
        if data:
            key.data(data)
        else:
            selector.unregister(key.fileobj)


def _has_ended(child: subprocess.Popen) -> bool:
    """Look without reaping: as long as the child is a zombie its number, and its group's, is not given away."""
    try:
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _end(child: subprocess.Popen) -> None:
    """SIGTERM, a grace, SIGKILL: for the whole group, whether its leader has ended or not."""
    try:
        if not _has_ended(child):
            _signal(child, signal.SIGTERM)
            patience = time.monotonic() + GRACE_SECONDS
            while not _has_ended(child) and time.monotonic() < patience:
                time.sleep(0.05)
    finally:
        _signal(child, signal.SIGKILL)
        child.stdout.close()
        child.stderr.close()
        _reap(child)


def _reap(child: subprocess.Popen) -> None:
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:  # stuck in the kernel: nothing more can be done, and nobody shall wait for it
        pass


def _signal(child: subprocess.Popen, number: int) -> None:
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        pass
