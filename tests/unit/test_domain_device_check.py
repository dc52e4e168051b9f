"""What a check finds and what it means: the worst decides, a choice is no fault, nor is our own lack."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from vap_meet.domain.device_check import (
    CameraState,
    DeviceKind,
    EchoState,
    Findings,
    Level,
    MicrophoneState,
    PathFound,
    Reason,
    SpeakerState,
    Verdict,
    Way,
    best_path,
    verdict,
)

DIRECT = PathFound(way=Way.DIRECT, connected=True, rtt_ms=40, jitter_ms=3, loss_percent=0)
RELAYED = PathFound(way=Way.UDP, connected=True, rtt_ms=60, jitter_ms=3, loss_percent=0)
CUT_OFF = PathFound(way=Way.DIRECT, connected=False)
FINE = Findings(
    device=DeviceKind.PHONE,
    camera=CameraState.OK,
    microphone=MicrophoneState.HEARD,
    speaker=SpeakerState.HEARD,
    echo=EchoState.DONE,
    paths=(DIRECT, RELAYED),
)


def test_a_device_on_which_everything_works_is_good():
    assert verdict(FINE) == Verdict(level=Level.GOOD, reason=Reason.NONE, way=Way.DIRECT)


@pytest.mark.parametrize(
    ("changes", "level", "reason"),
    [
        ({"microphone": MicrophoneState.FAILED}, Level.POOR, Reason.MICROPHONE_FAILED),
        ({"microphone": MicrophoneState.QUIET}, Level.FAIR, Reason.QUIET),
        ({"camera": CameraState.FAILED}, Level.FAIR, Reason.CAMERA_FAILED),
        ({"camera": CameraState.UNUSED}, Level.GOOD, Reason.NONE),
        ({"speaker": SpeakerState.NOT_HEARD}, Level.FAIR, Reason.SPEAKER),
        ({"speaker": SpeakerState.UNANSWERED}, Level.GOOD, Reason.NONE),
        ({"echo": EchoState.FULL, "paths": ()}, Level.GOOD, Reason.UNTESTED),
        ({"echo": EchoState.UNAVAILABLE, "paths": ()}, Level.GOOD, Reason.UNTESTED),
        ({"paths": (CUT_OFF,)}, Level.POOR, Reason.NO_PATH),
        ({"paths": ()}, Level.POOR, Reason.NO_PATH),
        ({"paths": (CUT_OFF, RELAYED)}, Level.GOOD, Reason.NONE),
    ],
)
def test_each_finding_has_its_meaning(changes, level, reason):
    reached = verdict(replace(FINE, **changes))
    assert (reached.level, reached.reason) == (level, reason)


@pytest.mark.parametrize(
    ("numbers", "level", "reason"),
    [
        ({"rtt_ms": 250}, Level.GOOD, Reason.NONE),
        ({"rtt_ms": 251}, Level.FAIR, Reason.SLOW),
        ({"rtt_ms": 501}, Level.POOR, Reason.SLOW),
        ({"loss_percent": 3.1}, Level.FAIR, Reason.LOSSY),
        ({"loss_percent": 10.1}, Level.POOR, Reason.LOSSY),
        ({"jitter_ms": 16}, Level.FAIR, Reason.UNSTEADY),
        ({"jitter_ms": 31}, Level.POOR, Reason.UNSTEADY),
        ({"frames_per_second": 12}, Level.GOOD, Reason.NONE),
        ({"frames_per_second": 11}, Level.FAIR, Reason.FEW_FRAMES),
        ({"frames_per_second": 6.9}, Level.POOR, Reason.FEW_FRAMES),
        ({"sound_back": True}, Level.GOOD, Reason.NONE),
        ({"sound_back": False, "rtt_ms": 600}, Level.POOR, Reason.NO_SOUND),
        ({"sound_back": True, "sound_loss_percent": 3.1}, Level.FAIR, Reason.LOSSY),
        ({"sound_back": True, "sound_loss_percent": 10.1}, Level.POOR, Reason.LOSSY),
        ({"sound_back": True, "sound_jitter_ms": 31}, Level.POOR, Reason.UNSTEADY),
        ({"sound_back": True, "sound_jitter_ms": 1, "jitter_ms": 16}, Level.FAIR, Reason.UNSTEADY),
        ({"rtt_ms": None, "jitter_ms": None, "loss_percent": None}, Level.GOOD, Reason.NONE),
    ],
)
def test_the_numbers_of_the_path_decide_at_their_thresholds(numbers, level, reason):
    reached = verdict(replace(FINE, paths=(replace(DIRECT, **numbers),)))
    assert (reached.level, reached.reason, reached.way) == (level, reason, Way.DIRECT)


def test_what_stops_a_call_counts_more_than_what_spoils_it():
    found = replace(FINE, camera=CameraState.FAILED, microphone=MicrophoneState.FAILED, paths=(CUT_OFF,))
    assert verdict(found).reason is Reason.MICROPHONE_FAILED
    lossy = replace(DIRECT, loss_percent=20, rtt_ms=300)
    assert verdict(replace(FINE, camera=CameraState.FAILED, paths=(lossy,))).reason is Reason.LOSSY


def test_media_goes_straight_where_it_can_else_over_the_quickest_relay():
    slow = replace(RELAYED, way=Way.TCP, rtt_ms=200)
    assert best_path((slow, RELAYED, DIRECT)) is DIRECT
    assert best_path((CUT_OFF, slow, RELAYED)) is RELAYED
    assert best_path((CUT_OFF,)) is None


def test_findings_are_read_from_json_within_their_bounds():
    assert msgspec.json.decode(msgspec.json.encode(FINE), type=Findings) == FINE
    for wrong in (
        b'{"device":"watch","camera":"ok","microphone":"heard","speaker":"heard","echo":"done"}',
        msgspec.json.encode(replace(FINE, paths=(DIRECT,) * 9)),
        msgspec.json.encode(replace(FINE, paths=(replace(DIRECT, rtt_ms=-1),))),
        msgspec.json.encode(replace(FINE, paths=(replace(DIRECT, loss_percent=101),))),
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(wrong, type=Findings)
