"""Ctrl-C that arrives, wherever it falls."""

from __future__ import annotations

import _thread
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any


class Interrupted(KeyboardInterrupt):
    """What is raised in place of KeyboardInterrupt itself, which `python -m` remembers once it has passed through `exec` of a text (a dataclass
    being made, for one): the process then ends by the signal, whatever exit code it asked for.
    """


AGAIN = 0.5  # seconds until an interrupt that nothing came of is raised again


@contextlib.contextmanager
def heeded() -> Iterator[None]:
    """Inside, one SIGINT ends the work even where Python loses it.

    A KeyboardInterrupt that is raised in a finaliser or a weak reference's callback is printed and dropped
    (https://docs.python.org/3/library/signal.html#note-on-signal-handlers-and-exceptions), and code in C may turn it into another
    error, which is then handled. So it is raised again until it has come through, but not while it unwinds the stack: what
    is being cleaned up is left to finish. A second Ctrl-C is raised at once. Does nothing where interrupts are ignored or
    handled by somebody else.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return
    left, ours = threading.Event(), threading.Event()

    def remind() -> None:
        while not left.wait(AGAIN):
            ours.set()
            _thread.interrupt_main()

    reminder = threading.Thread(target=remind, daemon=True)

    def interrupt(number: int, frame: Any) -> None:
        reminded = ours.is_set()
        ours.clear()
        if left.is_set() or (reminded and _unwinding()):
            return
        if not reminder.ident:
            reminder.start()
        raise Interrupted

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        left.set()
        if reminder.ident:
            reminder.join()  # one that it sends on its way out still meets this handler, which does nothing any more
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _unwinding() -> bool:
    """Whether the main thread, which runs signal handlers, is handling a KeyboardInterrupt or an error that came of one."""
    error = sys.exc_info()[1]
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__context__
    return False
