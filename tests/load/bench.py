"""Measure how fast and how small it is, beside bare twins in the same run.

    python -m tests.load.bench     writes build/bench.json and prints a table

Each measurement is a program of its own that prints one JSON object of numbers, so none shares a process with
another. Ratios and sizes say something on any machine and decide the exit code; seconds are only printed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.net import missing

ROOT = Path(__file__).resolve().parent.parent.parent
RESULT = ROOT / "build/bench.json"
WITHIN_S = 1200

MEASUREMENTS = (
    "tests.load.relay_bench",
    "tests.load.redis_bench",
    "tests.load.first_frame",
    "tests.load.first_frame_turn",
    "tests.load.audio_only",
    "tests.load.net_bench",
    "tests.load.customer_path",
    "tests.load.join_bench",
    "tests.load.resume_bench",
    "tests.load.echo_bench",
    "tests.load.ready",
    "tests.load.record_bench",
    "tests.load.slots_bench",
    "tests.load.webhook_bench",
)


@dataclass(frozen=True)
class Target:
    """A bound for one number; `gates` says whether missing it fails the run.

    `needs_networks`: it can be measured only where a machine may have networks of its own.
    """

    at_least: float | None = None
    at_most: float | None = None
    gates: bool = True
    needs_networks: bool = False

    def met_by(self, value: float) -> bool:
        """Whether the value is within the bound."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )

    def __str__(self) -> str:
        """Show the bound as in the table."""
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


TARGETS: dict[str, Target] = {
    "relay_vs_bare": Target(at_least=0.6),
    "kb_over_bare_per_waiting_participant": Target(at_most=10),
    "redis_relay_ms_p50": Target(at_most=2, gates=False),
    "redis_relay_ms_p99": Target(at_most=10, gates=False),
    "admit_to_first_frame_vs_cold": Target(at_most=0.75),
    "admit_to_first_frame_vs_cold_turn": Target(at_most=0.35, needs_networks=True),
    "cold_first_frame_vs_bare_relay_app": Target(at_most=1.15),
    "path_change_gap_ms": Target(at_most=1500, gates=False, needs_networks=True),
    "restart_gap_ms": Target(at_most=100, gates=False, needs_networks=True),
    "join_path_ms_cpu": Target(at_most=6, gates=False),
    "resume_ms_p95": Target(at_most=1500, gates=False),
    "ready_s": Target(at_most=1.5, gates=False),
    "customer_path_kb_compressed": Target(at_most=55),
    "font_kb": Target(at_most=62),
    "booking_race": Target(at_least=1, at_most=1),
    "slots_ms_p50": Target(at_most=30, gates=False),
    "webhook_lag_ms_p50": Target(at_most=100, gates=False),
    "webhook_drain_per_s": Target(at_least=500, gates=False),
}


def measure(module: str) -> dict[str, float]:
    """Run one measurement and return its numbers, the last line it printed."""
    print(f"{module} ...", file=sys.stderr, flush=True)  # noqa: T201
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=WITHIN_S,
    )
    numbers: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return numbers


def table(numbers: dict[str, float], *, networks: bool = True) -> str:
    """Lay the numbers out, those with a target first; `networks` as for `missed`."""
    width = max(map(len, [*numbers, *TARGETS]))
    lines = [f"{'':{width}}  {'measured':>10}  {'target':>8}"]
    for name, target in TARGETS.items():
        value = numbers.get(name)
        absent = "SKIPPED" if target.needs_networks and not networks else "missing"
        said = absent if value is None else "met" if target.met_by(value) else "MISSED"
        lines.append(f"{name:{width}}  {value if value is not None else '-':>10}  {target!s:>8}  {said}")
    lines += [f"{name:{width}}  {value:>10}" for name, value in numbers.items() if name not in TARGETS]
    return "\n".join(lines)


def missed(numbers: dict[str, float], *, networks: bool = True) -> list[str]:
    """Name the targets that gate and aren't met, or weren't measured.

    `networks` says whether this machine may have networks of its own; what needs them is skipped without.
    """
    return [
        name
        for name, target in TARGETS.items()
        if (name not in numbers and (networks or not target.needs_networks))
        or (name in numbers and target.gates and not target.met_by(numbers[name]))
    ]


def main() -> int:
    """Measure everything; the exit code is 1 when something couldn't be measured or misses its target."""
    numbers: dict[str, float] = {}
    failed: list[str] = []
    for module in MEASUREMENTS:
        try:
            numbers |= measure(module)
        except (subprocess.SubprocessError, json.JSONDecodeError, IndexError) as error:
            failed.append(f"{module} could not be measured: {error}")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(numbers, indent=2, sort_keys=True) + "\n")
    networks = missing() is None
    print(table(numbers, networks=networks), *failed, sep="\n")  # noqa: T201
    return 1 if failed or missed(numbers, networks=networks) else 0


if __name__ == "__main__":
    sys.exit(main())
