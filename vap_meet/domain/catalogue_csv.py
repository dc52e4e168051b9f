"""The catalogue as a CSV file (RFC 4180) in UTF-8, with or without a byte order mark.

One row a service, under a header; the order of columns is free and only the required ones must be there.
Entries of short lists stand apart by semicolons, those of long ones by line breaks within the cell. `read`
takes all of a file or nothing; rows are counted as spreadsheets count them, the header being row 1.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from vap_meet.domain.catalogue import (
    LONG_LISTS,
    REQUIRED,
    SHORT_LISTS,
    Fault,
    Faulty,
    FaultyService,
    NameOrigin,
    Phase,
    Service,
    faults_of,
)
from vap_meet.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COLUMNS = (
    *("id", "name_ar", "name_en", "aliases_ar", "aliases_en", "area_id", "area_ar", "area_en"),
    *("audience_ar", "audience_en", "phase", "virtual", "minutes"),
    *("documents_ar", "documents_en", "steps_ar", "steps_en"),
    *("apply_label_ar", "apply_label_en", "apply_url", "channel_ar", "channel_en"),
    *("example", "arabic_name", "note"),
)
NEEDED_COLUMNS = (*REQUIRED, "phase")
MAX_BYTES = 1024 * 1024
MAX_SERVICES = 2_000
MAX_FAULTS = 50
"""More than these are not listed: whoever mends them sends the file again anyway."""

_YES_NO = {"yes": True, "no": False}
_FORMULA = ("=", "+", "-", "@", "\t")
_SPLIT_SHORT = re.compile(r"[;؛\r\n]")


class UnreadableFile(InvalidRequest):
    """The file as a whole can't be read; `kind` names why: pages have words for it."""

    def __init__(self, kind: str, sentence: str, *, detail: str = "") -> None:
        super().__init__(sentence, fields={"file": sentence})
        self.kind = kind
        self.detail = detail


def write(services: Iterable[Service]) -> bytes:
    """Return the file of services: with a byte order mark, without which spreadsheets misread Arabic."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for service in services:
        writer.writerow([_guarded(cell) for cell in cells_of(service).values()])
    return text.getvalue().encode("utf-8-sig")


def read(data: bytes) -> tuple[Service, ...]:
    """Return the services of a file, each with revision 1.

    Raises `UnreadableFile` if it is no such file, `FaultyService` with the row and column of every fault.
    """
    rows = list(_rows(data))
    if not rows:
        raise UnreadableFile("empty", "The file is empty.")
    header = [cell.strip().lower() for cell in rows[0][1]]
    body = [(row, cells) for row, cells in rows[1:] if any(cell.strip() for cell in cells)]
    _refuse_header(header)
    if not body:
        raise UnreadableFile("empty", "The file has no services.")
    if len(body) > MAX_SERVICES:
        raise UnreadableFile(
            "too_many", f"A file may have {MAX_SERVICES} services.", detail=str(MAX_SERVICES)
        )
    faults: list[Faulty] = []
    placed: list[_Placed] = []
    for row, cells in body:
        if any(cell.strip() for cell in cells[len(header) :]):
            faults.append(Faulty("-", Fault.EXTRA_CELLS, row=row))
        service, found = read_cells(dict(zip(header, cells, strict=False)))
        faults += [Faulty(each.field, each.fault, each.detail, row) for each in found]
        placed.append(_Placed(row, service))
    faults += _between_rows(placed)
    if faults:
        faults.sort(
            key=lambda each: (each.row or 0, COLUMNS.index(each.field) if each.field in COLUMNS else -1)
        )
        raise FaultyService("The file can't be taken: nothing was changed.", faults[:MAX_FAULTS])
    return tuple(each.service for each in placed)


def _in_reading_order(faulty: Faulty) -> tuple[int, int]:
    return faulty.row or 0, COLUMNS.index(faulty.field) if faulty.field in COLUMNS else -1


@dataclass(frozen=True, slots=True)
class _Placed:
    row: int
    service: Service


def _rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its number. Raises `UnreadableFile`."""
    if len(data) > MAX_BYTES:
        raise UnreadableFile("too_large", f"A file may have {MAX_BYTES} bytes.", detail="1 MiB")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile("encoding", "The file is UTF-16: save it as CSV in UTF-8.", detail="1")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            "encoding", f"Line {line} is not UTF-8: save the file as CSV in UTF-8.", detail=str(line)
        ) from error
    if "\0" in text:
        raise UnreadableFile("not_csv", "The file is no CSV file.")
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1)
    except csv.Error as error:
        raise UnreadableFile("not_csv", f"The file is no CSV file: {error}.") from error


def _refuse_header(header: list[str]) -> None:
    if len(header) == 1 and any(separator in header[0] for separator in ";\t"):
        raise UnreadableFile("separator", "The columns have to be separated by commas.")
    repeated = [name for name, times in Counter(header).items() if times > 1 and name]
    if repeated:
        raise UnreadableFile(
            "repeated_column", f"The column {repeated[0]} is there twice.", detail=repeated[0][:40]
        )
    faults = [Faulty(name[:40] or "-", Fault.UNKNOWN_COLUMN, row=1) for name in header if name not in COLUMNS]
    faults += [Faulty(name, Fault.MISSING_COLUMN, row=1) for name in NEEDED_COLUMNS if name not in header]
    if faults:
        raise FaultyService("The file's columns can't be taken: nothing was changed.", faults[:MAX_FAULTS])


def read_cells(cells: Mapping[str, str]) -> tuple[Service, tuple[Faulty, ...]]:
    """Return a row's cells, by column, as a service, and everything wrong with it.

    A cell that can't be read leaves the default of its field.
    """
    faults: list[Faulty] = []
    values: dict[str, Any] = {}
    for column, cell in cells.items():
        try:
            values |= _value(column, _plain(cell))
        except _NotThisError as error:
            faults.append(Faulty(column, error.fault, error.detail))
    if "virtual" not in values:
        values["virtual"] = values.get("phase", Phase.FIRST) is Phase.FIRST
    empty: dict[str, Any] = dict.fromkeys(REQUIRED, "")
    service = Service(**(empty | values))
    return service, (*faults, *faults_of(service))


def cells_of(service: Service) -> dict[str, str]:
    """Return a service as a row's cells, by column."""
    return {column: _cell(column, getattr(service, column)) for column in COLUMNS}


class _NotThisError(ValueError):
    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.detail = detail


def _value(column: str, text: str) -> dict[str, Any]:
    """Return a cell as the field of its name, nothing if the cell is empty and the field may be."""
    if column in SHORT_LISTS:
        return {column: _entries(_SPLIT_SHORT.split(text))}
    if column in LONG_LISTS:
        return {column: _entries(text.splitlines())}
    if column == "phase" and not text:
        raise _NotThisError(Fault.MISSING)
    if column not in {"phase", "arabic_name", "virtual", "example", "minutes"}:
        return {column: text.replace("\r\n", "\n")}
    if not text:
        return {}
    if column == "minutes":
        if not (text.isascii() and text.isdigit() and len(text) <= 3):  # noqa: PLR2004 - digits of 120
            raise _NotThisError(Fault.NOT_MINUTES)
        return {column: int(text)}
    choices: dict[str, Any] = {"phase": Phase, "arabic_name": NameOrigin}
    known = {str(one): one for one in choices[column]} if column in choices else _YES_NO
    if text.lower() not in known:
        raise _NotThisError(Fault.NOT_A_CHOICE, ", ".join(known))
    return {column: known[text.lower()]}


def _between_rows(placed: list[_Placed]) -> list[Faulty]:
    """Return what rows are at odds about: an id twice, an area under two names."""
    faults: list[Faulty] = []
    seen: dict[str, int] = {}
    named: dict[str, _Placed] = {}
    for each in placed:
        service = each.service
        first = seen.setdefault(service.id, each.row)
        if service.id and first != each.row:
            faults.append(Faulty("id", Fault.REPEATED, str(first), each.row))
        area = named.setdefault(service.area_id, each)
        faults += [
            Faulty(field, Fault.OTHER_AREA_NAME, str(area.row), each.row)
            for field in ("area_ar", "area_en")
            if service.area_id and getattr(service, field) != getattr(area.service, field)
        ]
    return faults


def _entries(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _cell(column: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ("; " if column in SHORT_LISTS else "\n").join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _guarded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; `_plain` takes the guard away again."""
    return "'" + text if text.startswith(_FORMULA) else text


def _plain(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


assert set(COLUMNS) == {field.name for field in fields(Service)} - {"revision"}
