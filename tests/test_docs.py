"""What the documents promise is what is there; no file names a registry or somebody's machine."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from vap_meet.__main__ import parser
from vap_meet.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def table_rows(document):
    """Map the code in each table row's first cell to its other cells."""
    rows = {}
    for line in (ROOT / document).read_text().splitlines():
        if match := re.fullmatch(r"\| `([^`|]+)` \|(.*)\|", line):
            assert match[1] not in rows, f"{match[1]} is in {document} twice"
            rows[match[1]] = [cell.strip() for cell in match[2].split(" | ")]
    return rows


def as_documented(default):
    if default in (None, (), "") or isinstance(default, SecretStr):
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_setting_is_documented_with_its_default_and_a_sentence():
    documented = table_rows("docs/settings.md")
    assert set(documented) == {f"VAP_{name}".upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default, sentence = documented[f"VAP_{name}".upper()]
        assert field.default is not PydanticUndefined, f"{name} has no default"
        assert default == as_documented(field.default), name
        assert re.match(r"[A-Z].{20,}\.$", sentence), name
        assert field.description, name


def commands(parser, prefix=""):
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        return [prefix.strip()]
    return [
        name
        for group in groups
        for word, child in group.choices.items()
        for name in commands(child, f"{prefix} {word}")
    ]


@pytest.mark.parametrize("command", commands(parser()))
def test_every_command_is_in_the_readme(command):
    assert f"vap-meet {command}" in (ROOT / "README.md").read_text()


def make_targets():
    return re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("target", [target for target in make_targets() if target != "help"])
def test_every_make_target_is_in_the_readme(target):
    assert f"make {target}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("target", make_targets())
def test_make_knows_every_target_without_running_it(target):
    plan = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert plan.returncode == 0, plan.stderr


def declared_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        lines += [line for line in group if isinstance(line, str)]
    python = {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in lines}
    node = json.loads((ROOT / "package.json").read_text())
    return python | set(node.get("dependencies", {})) | set(node["devDependencies"])


def test_every_dependency_has_a_line_that_says_why():
    documented = table_rows("docs/dependencies.md")
    assert set(documented) == declared_dependencies()
    for name, (kept, why) in documented.items():
        assert kept in {"active", "steady"}, name
        assert re.match(r"[A-Z].{15,}\.$", why), name


@pytest.mark.parametrize("lock", ["requirements/runtime.txt", "requirements/dev.txt"])
def test_lock_files_pin_every_package_by_hash(lock):
    text = (ROOT / lock).read_text()
    pinned = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==\S+", text, re.MULTILINE)
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(pinned) == len(entries) > 20
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def pinned_versions(lock):
    found = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE)
    return dict(found)


def test_the_locks_hold_the_versions_that_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    dev = [line for line in project["dependency-groups"]["dev"] if isinstance(line, str)]
    for lock, lines in (
        ("requirements/runtime.txt", project["project"]["dependencies"]),
        ("requirements/dev.txt", project["project"]["dependencies"] + dev),
    ):
        pinned = pinned_versions(lock)
        wanted = map(Requirement, lines)
        assert [f"{each}" for each in wanted if not each.specifier.contains(pinned[each.name])] == [], lock


def test_whoever_only_runs_it_installs_no_tool_of_the_tests():
    runtime, dev = pinned_versions("requirements/runtime.txt"), pinned_versions("requirements/dev.txt")
    assert not {"pytest", "playwright", "mypy"} & set(runtime)
    assert runtime.items() <= dev.items(), "the tests must run on the versions that run"


# Written in two halves, so that this file passes its own test.
REGISTRY_HOSTS = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry.npmjs" + ".org",
    "registry.yarnpkg" + ".com",
    "deb.debian" + ".org",
    "playwright.azureedge" + ".net",
]
MACHINE_PATHS = [
    r"/wor" + r"k/",
    r"/roo" + r"t/",
    r"/tm" + r"p/",
    r"/home/\w",
    r"/Users/\w",
    r"/opt/whee" + "ls",
]
BINARY = {".woff2", ".png", ".ico", ".jpg", ".webp"}


def repository_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize(
    ("what", "patterns"),
    [("a registry", list(map(re.escape, REGISTRY_HOSTS))), ("a machine's path", MACHINE_PATHS)],
)
def test_no_file_names(what, patterns):
    pattern = re.compile("|".join(rf"(?<![\w.]){part}" for part in patterns))
    named = [
        f"{path.relative_to(ROOT)}:{number}: {found[0]}"
        for path in repository_files()
        if path.suffix not in BINARY and path.is_file()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (found := pattern.search(line))
    ]
    assert named == [], f"a file names {what}"
