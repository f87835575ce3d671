"""READMEの画像。MAMORITE_SCREENSHOTS=1 のときだけ docs/images に書く。"""

import os
import shutil
import struct
import subprocess
import zlib

import pytest
from program import ROOT

WIDE, PHONE = (1280, 900), (390, 844)
SHOTS = [
    ("signin", lambda hospital: "/sign-in", WIDE), ("home", lambda hospital: "/", WIDE),
    ("assessment", lambda hospital: hospital.item("3-1"), WIDE),
    ("report", lambda hospital: hospital.report, WIDE),
    ("home-390", lambda hospital: "/", PHONE),
]


def tighten(file):
    """Packs a PNG again as tightly as zlib can: programs write them in haste."""
    content, place, chunks = file.read_bytes(), 8, []
    while place < len(content):
        length = struct.unpack(">I", content[place:place + 4])[0]
        chunks.append((content[place + 4:place + 8], content[place + 8:place + 8 + length]))
        place += length + 12
    pixels = zlib.compress(zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT")), 9)
    packed = content[:8]
    for kind, data in [chunks[0], (b"IDAT", pixels), (b"IEND", b"")]:
        packed += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    file.write_bytes(packed)
    assert len(packed) < 300_000


@pytest.fixture
def folder(tmp_path):
    return ROOT / "docs" / "images" if os.environ.get("MAMORITE_SCREENSHOTS") == "1" else tmp_path


@pytest.mark.parametrize(("name", "where", "size"), SHOTS, ids=[shot[0] for shot in SHOTS])
def test_screenshot(visit, hospital, folder, name, where, size):
    """画面の画像は300KBより小さい。"""
    page = visit(cookie=None if name == "signin" else hospital.cookie, width=size[0], height=size[1])
    page.goto(where(hospital))
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")
    tighten(folder / f"{name}.png")


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="needs pdftoppm (poppler-utils)")
def test_pdf_screenshot(page, hospital, folder, tmp_path):
    """報告のPDFの一枚目。"""
    (tmp_path / "report.pdf").write_bytes(page.request.get(f"{hospital.report}/management.pdf").body())
    folder.mkdir(exist_ok=True)
    command = ["pdftoppm", "-png", "-r", "80", "-f", "1", "-l", "1", "-singlefile", tmp_path / "report.pdf", folder / "report-pdf"]
    subprocess.run(command, check=True, timeout=60)
    tighten(folder / "report-pdf.png")
