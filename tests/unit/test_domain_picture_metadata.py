"""What a picture keeps of its making: nothing that says where, when or with what."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import av
import pytest

from vap_meet.domain.attachment import FileKind, PictureError, kind_of
from vap_meet.domain.picture_metadata import without_metadata

PLACE = b"25.2048N 55.2708E"
MAKER = b"Phone 1"


def drawn(codec, container, options=None):
    """Encode a small picture."""
    frame = av.VideoFrame(64, 48, "yuvj420p" if codec == "mjpeg" else "rgb24")
    for number, plane in enumerate(frame.planes):
        plane.update(bytes((x * (number + 1)) % 251 for x in range(plane.buffer_size)))
    out = BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=1, options=options or {})
        stream.width, stream.height, stream.pix_fmt = 64, 48, frame.format.name
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def seen(content):
    """Decode a picture: what somebody sees of it."""
    with av.open(BytesIO(content)) as file:
        frame = next(file.decode(video=0))
        return frame.width, frame.height, [bytes(plane) for plane in frame.planes]


def segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(orientation=None, order=">"):
    """Return an Exif segment with a maker, a place and maybe how the picture lies."""
    entries = [(0x010F, 2, len(MAKER), 0), (0x8825, 4, 1, 100)]
    if orientation is not None:
        value = orientation << 16 if order == ">" else orientation
        entries.insert(1, (0x0112, 3, 1, value))
    tiff = struct.pack(f"{order}2sHI", b"MM" if order == ">" else b"II", 42, 8)
    tiff += struct.pack(f"{order}H", len(entries))
    tiff += b"".join(struct.pack(f"{order}HHII", *entry) for entry in entries)
    return segment(0xE1, b"Exif\0\0" + tiff.ljust(100, b"\0") + PLACE + MAKER)


@pytest.fixture(scope="module")
def jpeg():
    return drawn("mjpeg", "image2pipe")


def with_segments(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def test_a_jpeg_loses_its_place_and_shows_the_same(jpeg):
    xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<exif:GPSLatitude>" + PLACE)
    iptc = segment(0xED, b"Photoshop 3.0\0" + MAKER)
    comment = segment(0xFE, b"taken by " + MAKER)
    profile = segment(0xE2, b"ICC_PROFILE\0\1\1 colours")
    taken = with_segments(jpeg, exif(), xmp, iptc, comment, profile) + b"a film: " + PLACE
    kept = without_metadata(taken, FileKind.JPEG)
    assert PLACE not in kept
    assert MAKER not in kept
    assert b"colours" in kept
    assert kept.endswith(b"\xff\xd9")
    assert seen(kept) == seen(taken)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_jpeg_still_lies_as_it_did(jpeg, order, orientation):
    kept = without_metadata(with_segments(jpeg, exif(orientation, order)), FileKind.JPEG)
    assert PLACE not in kept
    assert b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0" + bytes([orientation]) in kept


def test_a_jpeg_without_metadata_stays_as_it_is_but_for_its_comments(jpeg):
    once = without_metadata(jpeg, FileKind.JPEG)
    assert without_metadata(once, FileKind.JPEG) == once
    assert seen(once) == seen(jpeg)


@pytest.mark.parametrize("orientation", [0, 1, 9, 65_535])
def test_a_jpeg_that_lies_as_it_should_says_nothing(jpeg, orientation):
    assert b"Exif" not in without_metadata(with_segments(jpeg, exif(orientation)), FileKind.JPEG)


@pytest.mark.parametrize(
    "tiff", [b"", b"MM", b"XX\0*\0\0\0\x08", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"]
)
def test_broken_metadata_goes_like_any_other(jpeg, tiff):
    broken = with_segments(jpeg, segment(0xE1, b"Exif\0\0" + tiff + PLACE))
    assert PLACE not in without_metadata(broken, FileKind.JPEG)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def test_a_png_loses_its_texts_and_shows_the_same():
    png = drawn("png", "image2pipe")
    at = 8 + 25  # behind IHDR
    said = chunk(b"eXIf", b"MM" + PLACE) + chunk(b"tEXt", b"Author\0" + MAKER) + chunk(b"tIME", b"2026...")
    kept = without_metadata(png[:at] + said + png[at:] + PLACE, FileKind.PNG)
    assert PLACE not in kept
    assert MAKER not in kept
    assert b"tIME" not in kept
    assert seen(kept) == seen(png)


def webp_chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_a_webp_loses_its_exif_and_its_flags_say_so():
    shown = webp_chunk(b"VP8L", b"the picture")
    extended = webp_chunk(b"VP8X", bytes([0b0010_1100, 0, 0, 0]) + b"\1\0\0\1\0\0")
    taken = webp(extended, shown, webp_chunk(b"EXIF", PLACE), webp_chunk(b"XMP ", MAKER)) + PLACE
    without = webp(webp_chunk(b"VP8X", bytes([0b0010_0000, 0, 0, 0]) + b"\1\0\0\1\0\0"), shown)
    assert without_metadata(taken, FileKind.WEBP) == without


def box(name, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, name) + body


def heic(*, version=1, construction=0):
    """Return a HEIC of three items: the picture, its Exif, its XMP; the last two may lie in the `idat`."""

    def built(offsets):
        infos = [
            box(b"infe", struct.pack(">B3xHH4s", 2, number, 0, kind), b"\0")
            for number, kind in ((1, b"hvc1"), (2, b"Exif"), (3, b"mime"))
        ]
        places = struct.pack(">BBH", 0x44, 0x00, 3)
        for number, (offset, length) in enumerate(offsets, 1):
            where = construction if number > 1 else 0
            places += struct.pack(">H", number) + (struct.pack(">H", where) if version else b"")
            places += struct.pack(">HHII", 0, 1, offset, length)
        stored = PLACE + MAKER if construction else b""
        meta = box(
            b"meta",
            bytes(4),
            box(b"iinf", bytes(4), struct.pack(">H", 3), *infos),
            box(b"iloc", struct.pack(">B3x", version), places),
            box(b"idat", stored),
        )
        head = box(b"ftyp", b"heic", bytes(4)) + meta
        film = box(b"mpvd", b"a film: " + PLACE)
        data = b"the picture" + (b"" if construction else PLACE + MAKER)
        return head + box(b"mdat", data) + film, len(head) + 8

    _, at = built([(0, 0)] * 3)
    inside = 0 if construction else at + 11
    offsets = [(at, 11), (inside, len(PLACE)), (inside + len(PLACE), len(MAKER))]
    return built(offsets)[0]


@pytest.mark.parametrize(("version", "construction"), [(0, 0), (1, 0), (1, 1)])
def test_a_heic_keeps_its_length_and_its_picture_and_loses_the_rest(version, construction):
    taken = heic(version=version, construction=construction)
    assert kind_of(taken) is FileKind.HEIC
    kept = without_metadata(taken, FileKind.HEIC)
    assert (PLACE in taken, MAKER in taken) == (True, True)
    assert (PLACE in kept, MAKER in kept, b"a film" in kept) == (False, False, False)
    assert (len(kept), b"the picture" in kept) == (len(taken), True)


def test_a_heic_whose_parts_lie_in_one_another_is_not_taken():
    with pytest.raises(PictureError):
        without_metadata(heic(construction=2), FileKind.HEIC)


def test_a_pdf_is_left_as_it_is():
    assert without_metadata(b"%PDF-1.7 " + PLACE, FileKind.PDF) == b"%PDF-1.7 " + PLACE


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (FileKind.JPEG, b"\xff\xd8\xff\xe1\x00"),
        (FileKind.JPEG, b"\xff\xd8\xff\xe1\xff\xffcut off"),
        (FileKind.JPEG, b"\xff\xd8\xff\xe1\x00\x01"),
        (FileKind.JPEG, b"\xff\xd8\xff\xe0\x00\x02no marker"),
        (FileKind.JPEG, b"\xff\xd8\xff\xda\x00\x02without an end"),
        (FileKind.JPEG, b"\xff\xd8\xff\xff"),
        (FileKind.PNG, b"\x89PNG\r\n\x1a\n"),
        (FileKind.PNG, b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR"),
        (FileKind.WEBP, b"RIFF\xff\xff\xff\x7fWEBPVP8 "),
        (FileKind.WEBP, b"RIFF\x0c\x00\x00\x00WEBPVP8 \xff\xff\xff\x7f"),
        (FileKind.HEIC, b"\0\0\0\x0cftypheic"),
        (FileKind.HEIC, b"\0\0\0\x0cftypheic\0\0\0\1meta"),
        (FileKind.HEIC, b"\0\0\0\x0cftypheic\0\0\0\x04meta"),
        (FileKind.HEIC, b"\0\0\0\x0cftypheic\0\0\xff\xffmeta"),
    ],
)
def test_what_is_not_whole_is_refused(kind, content):
    with pytest.raises(PictureError):
        without_metadata(content, kind)


def test_every_cut_of_a_picture_is_refused_or_clean(jpeg):
    pictures = [
        (FileKind.JPEG, with_segments(jpeg, exif(6))),
        (FileKind.HEIC, heic()),
        (FileKind.WEBP, webp(webp_chunk(b"VP8L", b"the picture"), webp_chunk(b"EXIF", PLACE))),
    ]
    for kind, whole in pictures:
        for length in range(12, len(whole)):
            try:
                kept = without_metadata(whole[:length], kind)
            except PictureError:
                continue
            assert PLACE not in kept
