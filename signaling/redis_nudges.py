"""Nudges over Redis: a channel a topic, and each message no more than the name of the node that sent it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.nudges import Listeners

if TYPE_CHECKING:
    from signaling.nudges import OnNudge
    from signaling.redis_line import RedisLine


class RedisNudges:
    """The `Nudges` of one of several processes, on a `RedisLine` whose owner runs and closes it."""

    def __init__(self, line: RedisLine, *, node: str) -> None:
        self._line = line
        self._node = node.encode()
        self._here = Listeners()
        self._unsent: set[str] = set()
        line.each_return(self._returned)

    def send(self, topic: str) -> None:
        """Nudge this node now and the others in the loop's next turn, once for all that this turn sends."""
        self._here.send(topic)
        if not self._unsent:
            self._line.spawn(self._publish())
        self._unsent.add(topic)

    def listen(self, topic: str, on_nudge: OnNudge) -> None:
        """Listen here, and to the others from the line's next connection on."""
        self._here.listen(topic, on_nudge)
        self._line.listen_always(self._channel(topic), lambda sender: self._hear(topic, sender))

    def _hear(self, topic: str, sender: bytes) -> None:
        if sender != self._node:  # this node's own nudge has been given already
            self._here.send(topic)

    async def _publish(self) -> None:
        """Tell the others. Raises `LogUnavailable`; they poll."""
        unsent, self._unsent = self._unsent, set()
        await self._line.call_all([("PUBLISH", self._channel(topic), self._node) for topic in unsent])

    async def _returned(self) -> None:
        self._here.send_all()

    def _channel(self, topic: str) -> str:
        return f"{self._line.prefix}:nudge:{topic}"
