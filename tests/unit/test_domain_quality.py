"""What the numbers of a call mean: the thresholds, the order, and a camera that is off."""

from __future__ import annotations

import msgspec
import pytest

from vap_meet.domain.device_check import DeviceKind, Level, Way
from vap_meet.domain.quality import (
    THRESHOLDS,
    Measured,
    QualityVerdict,
    Trouble,
    judge,
    worse,
)


def measured(**numbers):
    return Measured(device=DeviceKind.PHONE, path=Way.DIRECT, **numbers)


@pytest.mark.parametrize(
    ("numbers", "level", "reason"),
    [
        ({}, Level.GOOD, Trouble.NONE),
        (
            {"rtt_ms": 250, "loss_percent": 3, "jitter_ms": 20, "frames_per_second": 12},
            Level.GOOD,
            Trouble.NONE,
        ),
        ({"rtt_ms": 251}, Level.FAIR, Trouble.SLOW),
        ({"rtt_ms": 500}, Level.FAIR, Trouble.SLOW),
        ({"rtt_ms": 501}, Level.POOR, Trouble.SLOW),
        ({"loss_percent": 10}, Level.FAIR, Trouble.LOSSY),
        ({"loss_percent": 10.1}, Level.POOR, Trouble.LOSSY),
        ({"jitter_ms": 30}, Level.FAIR, Trouble.UNSTEADY),
        ({"jitter_ms": 30.1}, Level.POOR, Trouble.UNSTEADY),
        ({"frames_per_second": 7}, Level.FAIR, Trouble.FEW_FRAMES),
        ({"frames_per_second": 6.9}, Level.POOR, Trouble.FEW_FRAMES),
        ({"frames_per_second": None}, Level.GOOD, Trouble.NONE),
        ({"rtt_ms": 600, "loss_percent": 11}, Level.POOR, Trouble.LOSSY),
        ({"rtt_ms": 600, "loss_percent": 5}, Level.POOR, Trouble.SLOW),
    ],
)
def test_the_worst_number_decides(numbers, level, reason):
    assert judge(measured(**numbers)) == QualityVerdict(level=level, reason=reason)


def test_every_trouble_has_its_threshold():
    assert set(THRESHOLDS) == set(Trouble) - {Trouble.NONE}


def test_the_worse_of_two_sides_counts():
    good = QualityVerdict(level=Level.GOOD, reason=Trouble.NONE)
    poor = QualityVerdict(level=Level.POOR, reason=Trouble.SLOW)
    assert worse([good, poor]) == worse([poor, good]) == poor


@pytest.mark.parametrize(
    "body",
    [
        {"device": "phone"},
        {"device": "phone", "path": "wire"},
        {"device": "phone", "path": "direct", "rtt_ms": -1},
        {"device": "phone", "path": "direct", "loss_percent": 101},
        {"device": "phone", "path": "direct", "codec": "<script>"},
        {"device": "phone", "path": "direct", "freezes": 1.5},
    ],
)
def test_numbers_out_of_their_bounds_are_refused(body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, Measured)
