"""The catalogue as a file: what hands and spreadsheets make of it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain.catalogue import Fault, FaultyService, NameOrigin, Phase, Service
from vap_meet.domain.catalogue_csv import (
    COLUMNS,
    MAX_FAULTS,
    UnreadableFile,
    cells_of,
    read,
    read_cells,
    write,
)
from vap_meet.services.catalogue import shipped_file

NEEDED = "id,name_ar,name_en,area_id,area_ar,area_en,phase"
ROW = "trees,الأشجار,Trees,green,الزراعة,Green,1"
TREES = Service(
    id="trees", name_ar="الأشجار", name_en="Trees", area_id="green", area_ar="الزراعة", area_en="Green"
)


def file(*rows, header=NEEDED, encoding="utf-8"):
    return "\n".join((header, *rows)).encode(encoding)


def faults(data):
    with pytest.raises(FaultyService) as refused:
        read(data)
    return [(each.row, each.field, each.fault) for each in refused.value.faults]


def test_what_ships_is_complete_neutral_and_honest():
    services = read(shipped_file())
    assert [sum(each.phase is phase for each in services) for phase in Phase] == [65, 15]
    assert len({each.area_id for each in services}) == 16
    examples = [each for each in services if each.example]
    assert len(examples) == 3
    for each in services:
        assert each.arabic_name in set(NameOrigin)
        assert each.aliases_ar, each.id
        assert each.aliases_en, each.id
        filled = bool(each.documents_ar and each.steps_ar and each.minutes and each.apply_url)
        assert filled is each.example, each.id
    shown = shipped_file().decode().lower()
    assert not [name for name in ("dubai", "دبي", "بلدية", "municipality", "http://") if name in shown]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_needs_only_its_required_columns(encoding):
    assert read(file(ROW, encoding=encoding)) == (TREES,)


def test_columns_may_stand_in_any_order_and_case_and_lines_may_be_empty():
    header = "Phase,ID,name_en,name_ar,area_en,area_ar,area_id"
    rows = ("", "later,trees,Trees,الأشجار,Green,الزراعة,green", ",,,", "")
    assert read("\r\n".join((header, *rows)).encode()) == (replace(TREES, phase=Phase.LATER, virtual=False),)


def test_lists_are_split_as_people_write_them():
    data = file(f'{ROW},"شجر؛ نخل ;شجر","One\nTwo\n\n"', header=f"{NEEDED},aliases_ar,steps_en")
    [service] = read(data)
    assert service.aliases_ar == ("شجر", "نخل")
    assert service.steps_en == ("One", "Two")


def test_what_is_written_is_read_back_whole():
    service = replace(
        TREES,
        minutes=20,
        aliases_en=("trees", "palm, date"),
        documents_ar=("خارطة; أو رسم", '"صورة"'),
        note="=SUM(A1)\nsecond line",
        channel_en="+971 call",
        arabic_name=NameOrigin.FOUND,
        example=True,
        apply_url="https://example.org/a?b=c",
    )
    assert read(write([service])) == (service,)
    assert write([service]).startswith(b"\xef\xbb\xbf"), "spreadsheets need the mark"


def test_no_cell_is_a_formula_to_a_spreadsheet():
    data = write([replace(TREES, note="=HYPERLINK(1)", name_en="@SUM", channel_ar="-1")])
    cells = next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [cells[name][0] for name in ("note", "name_en", "channel_ar")] == ["'", "'", "'"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (NEEDED.encode(), "empty"),
        (file(ROW, encoding="utf-16"), "encoding"),
        (file(ROW, encoding="cp1256"), "encoding"),
        (b"\xff" + file(ROW), "encoding"),
        (file(ROW).replace(b",", b";"), "separator"),
        (file(ROW).replace(b",", b"\t"), "separator"),
        (file(f"{ROW},x", header=f"{NEEDED},id"), "repeated_column"),
        (file('trees,"open'), "not_csv"),
        (file('tr"ees,"a"b'), "not_csv"),
        (file(ROW + "\0"), "not_csv"),
        (b"x" * (1024 * 1024 + 1), "too_large"),
        (file(*(ROW.replace("trees", f"t{n}") for n in range(2001))), "too_many"),
    ],
)
def test_a_file_that_is_none_says_what_it_is(data, kind):
    with pytest.raises(UnreadableFile) as refused:
        read(data)
    assert refused.value.kind == kind
    assert refused.value.fields["file"]


def test_a_wrong_encoding_is_named_by_its_line():
    with pytest.raises(UnreadableFile, match="Line 3"):
        read(file(ROW) + "\nx,رخصة".encode("cp1256"))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([ROW.replace(",1", ",2")], [(2, "phase", Fault.NOT_A_CHOICE)]),
        ([ROW.replace(",1", ",")], [(2, "phase", Fault.MISSING)]),
        ([ROW.replace("Trees", " ")], [(2, "name_en", Fault.MISSING)]),
        ([ROW.replace("trees", "Trees!")], [(2, "id", Fault.NOT_AN_ID)]),
        ([ROW, ROW], [(3, "id", Fault.REPEATED)]),
        (
            [ROW, ROW.replace("trees", "b").replace("Green", "Greens")],
            [(3, "area_en", Fault.OTHER_AREA_NAME)],
        ),
        ([ROW + ",more"], [(2, "-", Fault.EXTRA_CELLS)]),
        (["a"], [(2, name, Fault.MISSING) for name in NEEDED.split(",")[1:6]]),
        (
            [ROW, "", ROW.replace("trees", "B"), ROW.replace(",1", ",x").replace("trees", "c")],
            [(4, "id", Fault.NOT_AN_ID), (5, "phase", Fault.NOT_A_CHOICE)],
        ),
    ],
)
def test_every_fault_has_its_row_and_column(rows, expected):
    assert faults(file(*rows)) == expected


@pytest.mark.parametrize(
    ("column", "cell", "fault"),
    [
        ("minutes", "soon", Fault.NOT_MINUTES),
        ("minutes", "4", Fault.NOT_MINUTES),
        ("minutes", "121", Fault.NOT_MINUTES),
        ("minutes", "1e1", Fault.NOT_MINUTES),
        ("virtual", "perhaps", Fault.NOT_A_CHOICE),
        ("arabic_name", "guessed", Fault.NOT_A_CHOICE),
        ("apply_url", "http://example.org", Fault.NOT_A_LINK),
        ("apply_url", "javascript:alert(1)", Fault.NOT_A_LINK),
        ("apply_url", "https://user:pass@example.org", Fault.NOT_A_LINK),
        ("apply_url", "https://[", Fault.NOT_A_LINK),
        ("apply_url", "https://localhost", Fault.NOT_A_LINK),
        ("name_en", "x" * 201, Fault.TOO_LONG),
        ("name_en", "a\u2028b", Fault.NOT_A_LINE),
        ("audience_en", ";".join(f"a{n}" for n in range(41)), Fault.TOO_MANY),
    ],
)
def test_a_cell_that_can_not_be_is_named(column, cell, fault):
    _, found = read_cells({**cells_of(TREES), column: cell})
    assert [(each.field, each.fault) for each in found] == [(column, fault)]


def test_columns_that_are_unknown_or_absent_are_named_in_the_header():
    assert faults(file(ROW, header=NEEDED.replace("phase", "fase"))) == [
        (1, "fase", Fault.UNKNOWN_COLUMN),
        (1, "phase", Fault.MISSING_COLUMN),
    ]


def test_no_more_faults_are_listed_than_anyone_reads():
    assert len(faults(file(*["x"] * 200))) == MAX_FAULTS


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused_with_a_reason(data):
    try:
        read(data)
    except (UnreadableFile, FaultyService) as refused:
        assert refused.fields  # noqa: PT017 - a property


@given(st.lists(st.text(max_size=20), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_any_cells_are_taken_whole_or_refused_by_column(cells):
    service, found = read_cells(dict(zip(COLUMNS, cells, strict=True)))
    assert found or read(write([service])) == (service,)
    assert {each.field for each in found} <= set(COLUMNS)
