"""Plays a Reply to one reader in process: the bytes it asks for, the waits between them, the end.

The reader pulls, as a client does: what it doesn't ask for isn't made.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from fakeapi.adapters.clock import Clock
from fakeapi.wire import Cut, Effect, Reply, Send, Wait

_NOTHING_CAME = "Server disconnected without sending a response."
_BROKE_OFF = "peer closed connection without sending complete message body"
_TOO_LATE = "The read operation timed out"


def _untold(_: bytes) -> None:
    """Nobody wants to know what went out."""


class Playback:
    """One reply on its way to its reader.

    `patience` is how many seconds the reader waits for more bytes, None for ever; `errors` is the module (httpx2 or
    httpx) whose RemoteProtocolError and ReadTimeout are raised, in the words of its real transports; `over` is told
    the outcome, once: `completed`, `cut` or `client left`; `sent` is told the bytes that went out.
    """

    def __init__(
        self,
        reply: Reply,
        clock: Clock,
        patience: float | None,
        errors: Any,
        over: Callable[[str], None],
        sent: Callable[[bytes], None] = _untold,
    ) -> None:
        self.status = reply.status
        self.headers = list(reply.headers)
        self._effects = iter(reply.effects)
        self._expected = next((int(value) for name, value in reply.headers if name.lower() == b"content-length"), None)
        self._clock = clock
        self._patience = inf if patience is None else patience
        self._errors = errors
        self._sent = sent
        self._over: Callable[[str], None] | None = over
        self._received = 0
        self._due = clock()
        self._gives_up_at = inf

    def read(self) -> bytes:
        """The next bytes, never empty before the end; b"" at the end. Raises the errors of a broken connection."""
        try:
            self._gives_up_at = self._clock() + self._patience
            while not isinstance(turn := self._turn(), bytes):
                self._clock.wait_until(turn)
            return turn
        except BaseException as fault:
            self._end(_fault_of(fault))
            raise

    async def read_async(self) -> bytes:
        """The same, for a reader in an event loop."""
        try:
            self._gives_up_at = self._clock() + self._patience
            while not isinstance(turn := self._turn(), bytes):
                await self._clock.wait_until_async(turn)
            return turn
        except BaseException as fault:
            self._end(_fault_of(fault))
            raise

    def leave(self) -> None:
        """The reader reads no more; whoever has had everything did not leave."""
        if self._over is not None:
            self._end("client left" if any(map(_matters, self._effects)) else "completed")

    def _turn(self) -> bytes | float:
        """What comes next: bytes to hand over, or a moment to wait for."""
        if self._due > self._gives_up_at:
            self._end("client left")
            raise self._errors.ReadTimeout(_TOO_LATE)
        for effect in self._effects if self._over is not None else ():
            if isinstance(effect, Wait):
                self._due += effect.seconds
                return min(self._due, self._gives_up_at)
            if isinstance(effect, Cut):
                return self._cut()
            if effect.data:
                self._received += len(effect.data)
                self._sent(effect.data)
                return effect.data
        return self._end("completed")

    def _cut(self) -> bytes:
        """A connection that is dropped after the last byte that was announced has done no harm."""
        self._end("cut")
        if self._expected is not None and self._received >= self._expected > 0:
            return b""
        raise self._errors.RemoteProtocolError(self._what_happened())

    def _what_happened(self) -> str:
        if not self._received:
            return _NOTHING_CAME
        if self._expected is None:
            return f"{_BROKE_OFF} (incomplete chunked read)"
        return f"{_BROKE_OFF} (received {self._received} bytes, expected {self._expected})"

    def _end(self, outcome: str) -> bytes:
        """Stop the making of the reply, and tell its outcome if that isn't known yet."""
        over, self._over = self._over, None
        if over is not None:
            close = getattr(self._effects, "close", None)
            if close is not None:
                close()
            over(outcome)
        return b""


def _matters(effect: Effect) -> bool:
    """Whether a reader who has left before this effect has missed something."""
    return isinstance(effect, Cut) or (isinstance(effect, Send) and bool(effect.data))


def _fault_of(fault: BaseException) -> str:
    """Whose fault it is that the reply ends here: a reader that is cancelled or interrupted leaves."""
    return "cut" if isinstance(fault, Exception) else "client left"
