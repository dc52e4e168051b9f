"""How much one connection may ask for, and how long things may take."""

from __future__ import annotations

from dataclasses import dataclass

from signaling.vocabulary import MAX_FRAME_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a hub. A frame costs one token and one more for every 4 KiB; faulty ones cost five."""

    frame_bytes: int = MAX_FRAME_BYTES
    burst_tokens: int = 200
    tokens_per_s: int = 50
    misbehaved_after_refusals: int = 200  # refused for their rate without a pause
    queue_bytes: int = 256 * 1024  # kept for a client that reads slowly, beside what its transport takes
    queue_frames: int = 512
    hello_timeout_s: float = 10
    idle_timeout_s: float = 75  # clients ping every 25 s
    close_grace_s: float = 5  # from bye to cutting the connection off
    fact_deadline_s: float = 5  # then the command is refused as unavailable, and the fact still retried
    fact_retry_first_s: float = 0.25
    fact_retry_longest_s: float = 5
    pending_facts: int = 200  # a room with more uncommitted facts takes no commands that make facts
    relays_renew_s: float = 60 * 60  # a quarter of the time that their credentials are good for
    linger_s: float = 60  # how long a room without anybody is still followed
    drain_each_ms: float = 2.5  # between the returns of two clients after a restart
    drain_longest_ms: int = 5_000  # and the last one's at the latest
