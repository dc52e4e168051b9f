"""Pages packed for the way: in what a client takes, and in nothing that it refuses."""

from __future__ import annotations

import gzip

import brotli
import pytest

from vap_meet.web.packing import offers, packed

PAGE = ("<p>" + "ساعات العمل " * 50 + "</p>").encode()
READ = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("BR;q=0.5, gzip", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("gzip;q=0.0, br; q=0", None),
        ("deflate", None),
        ("identity", None),
        ("", None),
        ("brotli, gzipped", None),
    ],
)
def test_a_page_comes_whole_in_the_best_encoding_that_is_taken(accepted, encoding):
    body, name = packed(PAGE, accepted)
    assert name == encoding
    assert READ[name](body) == PAGE
    assert (len(body) < len(PAGE) / 2) is (encoding is not None)


def test_every_name_of_the_header_is_an_offer_unless_its_weight_is_nothing():
    assert offers("gzip;q=1.0, br ;q=0.001, zstd;q=0.000") == {"gzip", "br"}
