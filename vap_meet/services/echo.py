"""The echo of the device check, as the server sees it: a process that it starts when somebody needs it."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from vap_meet.domain.device_check import EchoState

if TYPE_CHECKING:
    from asyncio.subprocess import Process

log = structlog.get_logger(__name__)

ANSWER_WITHIN_S = 8.0
STOPPED_WITHIN_S = 3.0
MAX_LINE_BYTES = 256 * 1024
MAX_ASKED_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoAnswer:
    """The answer to an offer; `sdp` is None unless `state` is DONE.

    `sound` and `picture`: what is played and shown comes back too.

    `id` names the offer for the candidates that follow it.
    """

    state: EchoState
    sdp: str | None = None
    sound: bool = False
    picture: bool = False
    id: str | None = None


class Echo:
    """Asks the echo's process. Never raises: a check without an echo is still a check.

    The process is started by the first check and again after it has died; `close` ends it.
    """

    def __init__(self, *, capacity: int, stun_urls: tuple[str, ...] = ()) -> None:
        """`capacity` is in units, one for each path that is tested at the same time; 0 turns the echo off."""
        self._capacity = capacity
        self._arguments = (
            *("-m", "vap_meet.services.echo_process", "--capacity", str(capacity)),
            *(part for url in stun_urls for part in ("--stun", url)),
        )
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._asked: dict[str, asyncio.Future[dict[str, Any]]] = {}

    @property
    def is_on(self) -> bool:
        """Whether there is an echo at all."""
        return self._capacity > 0

    @property
    def pid(self) -> int | None:
        """Return the process's id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def answer(self, offer: str) -> EchoAnswer:
        """Answer an offer, within a deadline."""
        if not self.is_on:
            return EchoAnswer(state=EchoState.UNAVAILABLE)
        if len(self._asked) >= MAX_ASKED_AT_ONCE:
            return EchoAnswer(state=EchoState.FULL)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                said = await self._ask(offer)
        except (OSError, TimeoutError):
            log.warning("echo_unavailable")
            return EchoAnswer(state=EchoState.UNAVAILABLE)
        if said.get("full"):
            return EchoAnswer(state=EchoState.FULL)
        if "sdp" not in said:
            return EchoAnswer(state=EchoState.UNAVAILABLE)
        return EchoAnswer(
            state=EchoState.DONE,
            sdp=said["sdp"],
            sound=said["sound"],
            picture=said["picture"],
            id=said["id"],
        )

    async def add(self, offer_id: str, candidates: tuple[str, ...]) -> None:
        """Pass on more candidates of an offer that was answered, if it is still there."""
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None:
            return
        with suppress(OSError):
            process.stdin.write(json.dumps({"id": offer_id, "candidates": candidates}).encode() + b"\n")
            await process.stdin.drain()

    async def warm(self) -> None:
        """Start the process ahead of the check that is about to come."""
        if self.is_on:
            await self._running()

    async def _ask(self, offer: str) -> dict[str, Any]:
        process = await self._running()
        assert process.stdin is not None
        name = secrets.token_hex(8)  # nobody else's candidates reach it
        answer = self._asked[name] = asyncio.get_running_loop().create_future()
        try:
            process.stdin.write(json.dumps({"id": name, "sdp": offer}).encode() + b"\n")
            await process.stdin.drain()
            said: dict[str, Any] = await answer
            return said
        finally:
            self._asked.pop(name, None)

    async def _running(self) -> Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *self._arguments,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=MAX_LINE_BYTES,
                )
                self._reader = asyncio.create_task(self._read(self._process), name="echo")
            return self._process

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said = json.loads(line)
            waiting = self._asked.get(said["id"])
            if waiting is not None and not waiting.done():
                waiting.set_result(said)
        await process.wait()
        log.info("echo_process_ended", code=process.returncode)
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the echo's process has ended"))

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(STOPPED_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader is not None:
            await self._reader
