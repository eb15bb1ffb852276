"""The terminal while the debugger has it: bytes that are no text, and signals that end us.

TERM, HUP, QUIT, INT     the terminal is given back, and then the signal does what it does
Ctrl+Z, TSTP             as above, until somebody lets us go on
a byte that is no UTF-8  is the character U+FFFD, which no key is
"""

from __future__ import annotations

import os
import signal
from codecs import getincrementaldecoder
from functools import partial
from typing import Any

from textual.drivers import linux_driver

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)


def _lenient_decoder(encoding: str) -> Any:
    return partial(getincrementaldecoder(encoding), errors="replace")


class TerminalDriver(linux_driver.LinuxDriver):
    """Textual's own, which gives the terminal back on every signal that ends the program."""

    def start_application_mode(self) -> None:
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a script's `&`
                self._loop.add_signal_handler(number, self._end_by, number)
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Write all that is left to be written, and only then let signals do what they do: one
        that comes before would leave the terminal half given back."""
        super().close()
        for number in ENDING:
            if self._loop.remove_signal_handler(number):
                # An exception in the midst of leaving would leave nothing but a traceback.
                signal.signal(number, signal.SIG_DFL)

    def run_input_thread(self) -> None:
        # The one name that it takes its decoder from; a strict one ends the program at any byte.
        setattr(linux_driver, "getincrementaldecoder", _lenient_decoder)  # noqa: B010
        super().run_input_thread()

    def _end_by(self, number: signal.Signals) -> None:
        self.stop_application_mode()
        self.close()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
