"""The schema, the JavaScript types and PROTOCOL.md follow from the protocol."""

from __future__ import annotations

import json
import re
from typing import get_args

import jsonschema
import pytest
from msgspec.structs import fields

from signaling import codegen
from signaling.codec import CLIENT_TYPES, decode_client, decode_server, encode
from signaling.protocol import Bye, ClientMessage, Hello, Offer, ServerMessage
from signaling.shapes import Resume
from signaling.stages import NEEDED_GRANT, STEPS
from signaling.vocabulary import ByeAction, ByeReason, Grant, RefusalCode, Stage
from tests.support.signaling import validator

TEXT = (codegen.ROOT / "signaling/PROTOCOL.md").read_text(encoding="utf-8")


def table(heading: str, nth: int = 0) -> dict[str, list[str]]:
    """Return a table of the document: first cell to the others."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    blocks = [block for block in section.split("\n\n") if block.lstrip().startswith("| ")]
    if not blocks or nth >= len(blocks):
        blocks = [section]
    rows = [
        re.split(r" *\| *", line.strip("| ")) for line in blocks[nth].splitlines() if line.startswith("| `")
    ]
    return {row[0].strip("`"): [cell.strip() for cell in row[1:]] for row in rows}


def said_fields(cell: str) -> dict[str, bool]:
    """Return field names of a cell, each with whether it is required."""
    return {name.rstrip("?"): not name.endswith("?") for name in re.findall(r"`([^`]+)`", cell)}


def test_the_generated_files_are_what_the_protocol_yields():
    assert codegen.main(["--check"]) == 0


def test_a_stale_file_is_named(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(codegen, "ROOT", tmp_path)
    monkeypatch.setattr(codegen, "JS_PATH", tmp_path / "js/messages.js")
    monkeypatch.setattr(codegen, "SCHEMA_PATH", tmp_path / "schema.json")
    assert codegen.main(["--check"]) == 1
    assert "js/messages.js is not what" in capsys.readouterr().err
    assert codegen.main([]) == 0
    assert codegen.main(["--check"]) == 0


def test_the_schema_is_one_and_marks_what_is_sensitive():
    made = codegen.schema()
    jsonschema.Draft202012Validator.check_schema(made)
    assert made["$defs"]["Offer"]["properties"]["sdp"]["sensitive"] is True
    assert made["$defs"]["IceServer"]["properties"]["credential"]["sensitive"] is True


def test_a_message_is_valid_and_one_with_a_wrong_field_is_not():
    client = validator("ClientMessage")
    client.validate(json.loads(encode(Offer("customer", 1, "v=0"))))
    client.validate(json.loads(encode(Hello(resume=Resume("epoch-0001", 3)))))
    assert not client.is_valid({"type": "offer", "to": "customer", "pc": -1, "sdp": "v=0"})
    assert not client.is_valid({"type": "teleport"})


@pytest.mark.parametrize(
    ("heading", "union"), [("Client to server", ClientMessage), ("Server to client", ServerMessage)]
)
def test_every_message_is_documented_with_its_fields(heading, union):
    documented = {name: said_fields(cells[0]) for name, cells in table(heading).items()}
    assert documented == {
        kind.__struct_config__.tag: {field.encode_name: field.required for field in fields(kind)}
        for kind in get_args(union)
    }


def test_the_grants_a_message_needs_are_documented():
    needed = {kind.__struct_config__.tag: grant.value for kind, grant in NEEDED_GRANT.items()}
    assert {name: cells[1] for name, cells in table("Client to server").items() if cells[1]} == needed


@pytest.mark.parametrize(
    ("heading", "nth", "values"),
    [
        ("Refusal codes", 0, RefusalCode),
        ("Bye", 0, ByeAction),
        ("Bye", 1, ByeReason),
        ("Stages", 0, Stage),
        ("Grants", 0, Grant),
    ],
)
def test_every_value_of_an_enum_is_documented(heading, nth, values):
    assert list(table(heading, nth)) == [value.value for value in values]


def test_the_documented_steps_are_those_of_the_table():
    documented = {
        (stage, word, to)
        for stage, cells in table("Stages").items()
        for to, words in re.findall(r"`(\w+)` \(([^)]*)\)", cells[1])
        for word in re.findall(r"prepare|admit|hold|lobby", words)
    }
    assert documented == {
        (stage.value, command.__struct_config__.tag, to.value)
        for (stage, command), to in STEPS.items()
        if to is not Stage.LEFT
    }


def test_types_are_found_by_their_tag():
    assert {kind.__struct_config__.tag for kind in get_args(ClientMessage)} == CLIENT_TYPES
    for kind in (Hello(ref="r"), Offer("customer", 1, "v=0")):
        assert decode_client(encode(kind)) == kind
    bye = Bye(ByeAction.STOP, ByeReason.ENDED)
    assert decode_server(encode(bye)) == bye
