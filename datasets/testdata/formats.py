"""Small pictures in the formats of users' files, and what PIL reads from them, for datasets/formats_test.go.

    python3 datasets/testdata/formats.py

writes into formats/ beside itself files of every format, and for each NAME.SUFFIX its pixels on white as
NAME.SUFFIX.png, as PIL (pillow 13.0 with libwebp 1.6) decodes them.
"""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

OUT = Path(__file__).parent / "formats"
OUT.mkdir(exist_ok=True)
for old in OUT.iterdir():
    old.unlink()

HEIGHT, WIDTH = 23, 37  # odd, so that chroma has an edge of its own
y, x, c = np.meshgrid(np.arange(HEIGHT), np.arange(WIDTH), np.arange(3), indexing="ij")
pixels = (128 + 120 * np.sin(x * (c + 2) / 9 + y * (3 - c) / 7)).round().astype(np.uint8)
pixels[4:9, 5:15] = (255, 0, 0)
pixels[12:20, 20:33] = (0, 0, 255)
rgb = Image.fromarray(pixels)
grey = rgb.convert("L")
alpha = rgb.copy()
alpha.putalpha(Image.fromarray((x[..., 0] * 255 // (WIDTH - 1)).astype(np.uint8)))


def saved(picture, format, **options):
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def keep(name, data):
    """Writes a file, and what PIL reads from it."""
    (OUT / name).write_bytes(data)
    picture = ImageOps.exif_transpose(Image.open(OUT / name))
    if picture.mode in ("RGBA", "P", "PA", "LA"):
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    golden = saved(picture.convert("RGB"), "PNG", optimize=True)
    (OUT / f"{name}.png").write_bytes(golden)


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def u24(value):
    return struct.pack("<I", value)[:3]


def without(data, *segments):
    """A JPEG file without some of its segments, by their second byte."""
    out, at = data[:2], 2
    while data[at + 1] != 0xDA:
        size = 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if data[at + 1] not in segments:
            out += data[at : at + size]
        at += size
    return out + data[at:]


# WebP: limited-range colours, transparency, animations.
halves = np.zeros((16, 32, 3), np.uint8)
halves[:, 16:] = 255
keep("halves.webp", saved(Image.fromarray(halves), "WEBP", quality=90))
lossy = saved(rgb, "WEBP", quality=80)
keep("lossy.webp", lossy)
keep("lossless.webp", saved(rgb, "WEBP", lossless=True))
keep("even.webp", saved(rgb.crop((0, 0, 36, 22)), "WEBP", quality=60))
keep("alpha.webp", saved(alpha, "WEBP", quality=80))
keep("alpha-lossless.webp", saved(alpha, "WEBP", lossless=True))
second = Image.fromarray(255 - pixels)
keep("animated.webp", saved(rgb, "WEBP", save_all=True, append_images=[second], quality=80, duration=50))
keep("animated-lossless.webp", saved(alpha, "WEBP", save_all=True, append_images=[second], lossless=True, duration=50))
still = lossy[12:]  # the one chunk of a simple file
frame = u24(1) + u24(2) + u24(WIDTH - 1) + u24(HEIGHT - 1) + u24(50) + b"\0"  # at column 2, row 4
head = bytes([0b10010, 0, 0, 0]) + u24(WIDTH + 5) + u24(HEIGHT + 6)
keep("small-frame.webp", riff(chunk(b"VP8X", head), chunk(b"ANIM", b"\0" * 6), chunk(b"ANMF", frame + still)))
# An alpha flag and no alpha, and a chunk that nobody knows.
head = bytes([0b10000, 0, 0, 0]) + u24(WIDTH - 1) + u24(HEIGHT - 1)
keep("no-alpha.webp", riff(chunk(b"VP8X", head), chunk(b"odd ", b"abc"), still))

# JPEG: four colours with and without Adobe's mark, and none of the usual segments.
cmyk = rgb.convert("CMYK")
inks = np.asarray(cmyk).copy()
inks[..., 3] = np.minimum(inks[..., 3].astype(int) + y[..., 0] * 5, 255)
jpeg = saved(Image.fromarray(inks, "CMYK"), "JPEG", quality=95, subsampling=0)
keep("cmyk.jpg", jpeg)
keep("cmyk-no-adobe.jpg", without(jpeg, 0xEE))
keep("bare.jfif", without(saved(rgb, "JPEG", quality=95, subsampling=0), 0xE0))
keep("grey.jpe", saved(grey, "JPEG", quality=95))

# PNG without its end, and with half of it.
png = saved(rgb, "PNG", optimize=True)
keep("no-end.png", png[:-12])
keep("half-an-end.png", png[:-5])

# GIF: the first frame, one that covers a part, transparency.
keep("animated.gif", saved(rgb, "GIF", save_all=True, append_images=[second], duration=50))
gif = bytearray(saved(rgb.quantize(16), "GIF"))
gif[6:10] = struct.pack("<HH", WIDTH + 6, HEIGHT + 5)
descriptor = gif.index(b"," + struct.pack("<HHHH", 0, 0, WIDTH, HEIGHT))
gif[descriptor + 1 : descriptor + 5] = struct.pack("<HH", 2, 3)
keep("transparent.gif", saved(rgb.quantize(16), "GIF", transparency=3))
(OUT / "small-frame.gif").write_bytes(gif)  # PIL fills the rest with a colour; here it is paper
board = Image.new("RGB", (WIDTH + 6, HEIGHT + 5), "white")
board.paste(rgb.quantize(16).convert("RGB"), (2, 3))
board.save(OUT / "small-frame.gif.png", optimize=True)

# TIFF: how pixels are packed, kinds of colours, and stored lying on its side.
keep("none.tif", saved(rgb, "TIFF"))
for packing in ["tiff_lzw", "tiff_adobe_deflate", "packbits"]:
    keep(f"{packing}.tiff", saved(rgb, "TIFF", compression=packing))
keep("grey.tif", saved(grey, "TIFF"))
bits = grey.convert("1")
keep("bits.tif", saved(bits, "TIFF"))
keep("fax3.tif", saved(bits, "TIFF", compression="group3"))
keep("fax4.tif", saved(bits, "TIFF", compression="group4"))
keep("fax4-white-is-zero.tif", saved(bits, "TIFF", compression="group4", tiffinfo={0x0106: 0}))
keep("palette.tif", saved(rgb.quantize(16), "TIFF"))
keep("alpha.tif", saved(alpha, "TIFF"))
keep("lying.tif", saved(rgb.transpose(Image.Transpose.ROTATE_90), "TIFF", tiffinfo={0x0112: 6}))

# Netpbm: text and bytes, bits, grey and colour, and a suffix that says something else.
rows = np.asarray(grey)
size = f"{WIDTH} {HEIGHT}"
text = lambda values: " ".join(map(str, values.ravel())).encode()
keep("grey.ppm", saved(grey, "PPM"))
keep("grey.pgm", f"P5 {size} 15\n".encode() + (rows // 17).astype(np.uint8).tobytes())
keep("text.pgm", f"P2\n# text\n{size}\n255\n".encode() + text(rows))
keep("rgb.ppm", f"P6\n{size}\n255\n".encode() + pixels.tobytes())
keep("wide.ppm", f"P6\n{size}\n65535\n".encode() + (pixels.astype(np.uint16) * 257).astype(">u2").tobytes())
keep("text.pnm", f"P3 {size} 255 ".encode() + text(pixels))
keep("bits.pbm", saved(bits, "PPM"))
keep("text.pbm", f"P1 {size}\n".encode() + "".join(map(str, (rows < 100).astype(int).ravel())).encode())

print(f"{len(list(OUT.iterdir()))} files, {sum(f.stat().st_size for f in OUT.iterdir())} bytes")
