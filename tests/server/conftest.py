"""What an application of a test does once, and what it may do more lightly than one that people use."""

from __future__ import annotations

from functools import cache, partial

import argon2
import pytest
from jinja2 import Environment

from vap_meet.services import staffing

# Hundreds of applications are built in one process, each with passwords that nobody has to find out.
LIGHT = partial(argon2.PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)


@cache
def compiled(source, filename):
    return compile(source, filename, "exec")


@pytest.fixture(autouse=True, scope="session")
def many_applications_in_one_process():
    """Compile each template's source once, and hash passwords with little effort."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "_compile", lambda _self, source, filename: compiled(source, filename))
        patch.setattr(staffing, "PasswordHasher", LIGHT)
        yield
