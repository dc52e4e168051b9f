"""What may be attached: told by its first bytes, named so that no name does harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vap_meet.domain.attachment import MAX_NAME_CHARS, FileKind, clean_name, kind_of


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"%PDF-1.7", FileKind.PDF),
        (b"\xff\xd8\xff\xe0", FileKind.JPEG),
        (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
        (b"RIFF....WEBP", FileKind.WEBP),
        (b"....ftypheic", FileKind.HEIC),
        (b"....ftypmif1", FileKind.HEIC),
    ],
)
def test_the_first_bytes_say_what_a_file_is(start, kind):
    assert kind_of(start.ljust(40, b".")) is kind


@pytest.mark.parametrize(
    "start",
    [
        b"<html><script>",
        b"<svg xmlns=",
        b"MZ\x90",
        b"PK\x03\x04",
        b"GIF89a",
        b"RIFF....WAVE",
        b"....ftypqt  ",
        b" %PDF-1.7",
    ],
)
def test_anything_else_is_nothing_to_keep(start):
    assert kind_of(start.ljust(40, b".")) is None


def test_less_than_the_mark_says_nothing():
    assert kind_of(b"") is None
    assert kind_of(b"%PDF-1.7...") is None


@pytest.mark.parametrize(
    ("given_name", "kind", "kept"),
    [
        ("passport.JPG", FileKind.JPEG, "passport.jpg"),
        ("photo.jpeg", FileKind.JPEG, "photo.jpeg"),
        ("خريطة المبنى.pdf", FileKind.PDF, "خريطة المبنى.pdf"),
        ("plan.exe", FileKind.PDF, "plan.exe.pdf"),
        ("../../etc/passwd", FileKind.PNG, "passwd.png"),
        ("C:\\Users\\me\\plan.pdf", FileKind.PDF, "plan.pdf"),
        ("plan\u202efdp.exe", FileKind.PDF, "planfdp.exe.pdf"),
        ("a\0b\r\nc.pdf", FileKind.PDF, "abc.pdf"),
        ("..", FileKind.PNG, "file.png"),
        ("", FileKind.WEBP, "file.webp"),
        (".htaccess", FileKind.PNG, "htaccess.png"),
        ('a  "quoted" <b>.png', FileKind.PNG, "a quoted b.png"),
    ],
)
def test_a_name_loses_what_could_do_harm(given_name, kind, kept):
    assert clean_name(given_name, kind) == kept


@given(st.text(), st.sampled_from(FileKind))
def test_every_name_becomes_one_that_can_be_kept(name, kind):
    kept = clean_name(name, kind)
    assert 0 < len(kept) <= MAX_NAME_CHARS
    assert kept.isprintable()
    assert not set(kept) & set('/\\<>:"|?*')
    assert clean_name(kept, kind) == kept
