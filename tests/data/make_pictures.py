"""Makes pictures/ and pictures.txt, the pictures that picture_test.cc decodes and the pixels that Pillow has for them.

    python3 -m venv venv && venv/bin/pip install numpy pillow && venv/bin/python tests/data/make_pictures.py

Made with Pillow 13.0.0 (libjpeg-turbo 3.2.0, libwebp 1.6.0).  Files that Pillow does not write, such as interlaced PNG,
are written here byte by byte; their pixels are those from which they were made, unless Pillow reads them.

A line of pictures.txt is: file, height, width, channels and mode of the options, height, width and channels of the
result, and its bytes in hexadecimal.
"""
import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).parent
FOLDER = HERE / "pictures"
BACKGROUND = (200, 100, 50)
lines = []


def content(height=7, width=11, channels=3):
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    return ((40 * np.sin(0.9 * x + c) + 50 * np.cos(1.1 * y - c) + 8 * x + 5 * y + 60 + 10 * c).clip(0, 255)).astype(np.uint8)


def expect(name, pixels, channels=0, height=0, width=0, mode="stretch"):
    pixels = np.asarray(pixels)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    assert pixels.dtype == np.uint8
    lines.append(" ".join(map(str, [name, height, width, channels, mode, *pixels.shape, pixels.tobytes().hex()])))


def write(name, data):
    (FOLDER / name).write_bytes(data)


def over_background(image):
    image = image.convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, BACKGROUND + (255,)), image).convert("RGB"))


def save(name, image, **options):
    buffer = io.BytesIO()
    image.save(buffer, name.split(".")[-1].replace("jpg", "jpeg"), **options)
    write(name, buffer.getvalue())
    return Image.open(io.BytesIO(buffer.getvalue()))


# ---- PNG ------------------------------------------------------------------------------------------------------------
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def png(samples, colour_type, bits=8, interlaced=False, extra=b""):
    """A PNG file of samples [height, width, channels] of 8 or 16 bits."""
    height, width = samples.shape[:2]
    big_endian = samples.astype(">u2" if bits == 16 else "u1")
    passes = [big_endian[y::dy, x::dx] for y, x, dy, dx in ADAM7] if interlaced else [big_endian]
    raw = b"".join(b"\0" + row.tobytes() for part in passes if part.size for row in part)
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw, 9)) +
            chunk(b"IEND", b""))


def make_png():
    rgb, grey = content(), content(channels=1)[:, :, 0]
    alpha = (content(channels=1)[:, :, 0].astype(int) * 3 % 256).astype(np.uint8)
    save("rgb.png", Image.fromarray(rgb))
    expect("rgb.png", rgb)
    expect("rgb.png", Image.fromarray(rgb).convert("L"), channels=1)
    save("grey.png", Image.fromarray(grey))
    expect("grey.png", grey)
    expect("grey.png", np.repeat(grey[:, :, None], 3, 2), channels=3)
    for bits in (1, 2, 4):
        levels = grey >> (8 - bits)
        rows = [np.packbits(np.unpackbits(row[:, None], axis=1)[:, 8 - bits:].ravel()) for row in levels]
        header = struct.pack(">IIBBBBB", 11, 7, bits, 0, 0, 0, 0)
        raw = b"".join(b"\0" + row.tobytes() for row in rows)
        write(f"grey{bits}.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) +
              chunk(b"IEND", b""))
        expect(f"grey{bits}.png", (levels * (255 // ((1 << bits) - 1))).astype(np.uint8))
    wide = rgb.astype(int) * 257 + np.arange(rgb.size).reshape(rgb.shape) * 7 % 200 - 100
    wide = wide.clip(0, 65535)
    write("rgb16.png", png(wide, 2, 16))
    expect("rgb16.png", np.round(wide / 257).astype(np.uint8))
    write("grey16.png", png(wide[:, :, :1], 0, 16))
    expect("grey16.png", np.round(wide[:, :, 0] / 257).astype(np.uint8))
    palette = Image.fromarray(rgb).quantize(13)
    expect("palette.png", save("palette.png", palette).convert("RGB"))
    expect("clear_palette.png", over_background(save("clear_palette.png", palette, transparency=bytes([0, 90, 255, 30]))))
    rgba = Image.fromarray(np.dstack([rgb, alpha]))
    expect("rgba.png", over_background(save("rgba.png", rgba)))
    expect("rgba.png", Image.fromarray(over_background(rgba)).convert("L"), channels=1)
    expect("grey_alpha.png", over_background(save("grey_alpha.png", Image.fromarray(np.dstack([grey, alpha])))), channels=3)
    # A colour that stands for a transparent pixel.
    expect("clear_colour.png", over_background(save("clear_colour.png", Image.fromarray(rgb), transparency=tuple(map(int, rgb[2, 3])))))
    write("interlaced.png", png(rgb, 2, interlaced=True))
    assert (np.asarray(Image.open(FOLDER / "interlaced.png")) == rgb).all()
    expect("interlaced.png", rgb)
    exif = Image.Exif()
    exif[0x112] = 6
    expect("turned.png", np.asarray(ImageOps.exif_transpose(save("turned.png", Image.fromarray(rgb), exif=exif))))


# ---- JPEG -----------------------------------------------------------------------------------------------------------
def make_jpeg():
    picture, grey = Image.fromarray(content()), Image.fromarray(content(channels=1)[:, :, 0])
    expect("420.jpg", save("420.jpg", picture, quality=90))
    expect("444.jpg", save("444.jpg", picture, quality=90, subsampling=0))
    expect("progressive.jpg", save("progressive.jpg", picture, progressive=True, quality=80))
    expect("grey.jpg", save("grey.jpg", grey))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = orientation
        name = f"orientation{orientation}.jpg"
        expect(name, ImageOps.exif_transpose(save(name, picture, exif=exif, quality=90, subsampling=0)))
    big_endian = (FOLDER / "orientation6.jpg").read_bytes()
    at = big_endian.index(b"Exif\0\0") + 6
    assert big_endian[at:at + 2] == b"MM"
    little = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x112, 3, 1, 6, 0)
    write("little_endian.jpg", big_endian[:at] + little + big_endian[at + len(little):])
    expect("little_endian.jpg", ImageOps.exif_transpose(Image.open(FOLDER / "little_endian.jpg")))
    inks = Image.fromarray(np.dstack([content(), content(channels=1) // 2]), "CMYK")
    expect("cmyk.jpg", save("cmyk.jpg", inks, quality=90).convert("RGB"))
    adobe = (FOLDER / "cmyk.jpg").read_bytes()
    at = adobe.index(b"Adobe")
    write("ycck.jpg", adobe[:at + 11] + b"\2" + adobe[at + 12:])  # another transformation of the same numbers
    expect("ycck.jpg", Image.open(FOLDER / "ycck.jpg").convert("RGB"))
    write("plain_cmyk.jpg", adobe[:at - 4] + adobe[at + 12:])  # without the marker, so that 0 stands for no ink
    stored = 255 - np.asarray(Image.open(FOLDER / "plain_cmyk.jpg")).astype(int)  # Pillow inverts all such files
    expect("plain_cmyk.jpg", np.round((255 - stored[:, :, :3]) * (255 - stored[:, :, 3:]) / 255).astype(np.uint8))
    # Large enough that the decoder makes it smaller itself.
    save("smooth.jpg", Image.fromarray((np.add.outer(np.arange(96), np.arange(128))[:, :, None] + np.arange(0, 30, 10)).astype(np.uint8)), quality=95)


# ---- WebP -----------------------------------------------------------------------------------------------------------
def make_webp():
    picture = Image.fromarray(content())
    alpha = Image.fromarray((content(channels=1)[:, :, 0].astype(int) * 3 % 256).astype(np.uint8))
    expect("lossy.webp", save("lossy.webp", picture, quality=90))
    expect("lossless.webp", save("lossless.webp", picture, lossless=True))
    clear = picture.copy()
    clear.putalpha(alpha)
    expect("alpha.webp", over_background(save("alpha.webp", clear, lossless=True, exact=True)))
    exif = Image.Exif()
    exif[0x112] = 8
    expect("turned.webp", ImageOps.exif_transpose(save("turned.webp", picture, lossless=True, exif=exif)))
    save("animation.webp", picture, save_all=True, append_images=[Image.fromarray(content()[::-1].copy())])


# ---- BMP ------------------------------------------------------------------------------------------------------------
def bmp(rows, width, height, bits, compression=0, size=40, palette=b"", masks=()):
    """A BMP file of rows as they are stored; a negative height means that the first one is the top one."""
    data = b"".join(row + b"\0" * (-len(row) % 4) for row in rows)
    if size == 12:
        header = struct.pack("<IHHHH", size, width, height, 1, bits)
    else:
        header = struct.pack("<IiiHHIIiiII", size, width, height, 1, bits, compression, len(data), 0, 0, len(palette) // 4, 0)
        header += b"".join(struct.pack("<I", mask) for mask in masks)
        header += b"\0" * (size - len(header)) if size > 40 else b""
    offset = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + header + palette + data


def make_bmp():
    rgb = content()
    bgr = rgb[:, :, ::-1]
    expect("24.bmp", save("24.bmp", Image.fromarray(rgb)))
    write("top_down.bmp", bmp([row.tobytes() for row in bgr], 11, -7, 24))
    expect("top_down.bmp", rgb)
    write("core.bmp", bmp([row.tobytes() for row in bgr[::-1]], 11, 7, 24, size=12))
    expect("core.bmp", rgb)
    four = np.dstack([bgr, np.full((7, 11), 77, np.uint8)])  # the fourth byte has no meaning
    write("32.bmp", bmp([row.tobytes() for row in four[::-1]], 11, 7, 32))
    expect("32.bmp", rgb)
    alpha = (rgb[:, :, 0].astype(int) * 3 % 256).astype(np.uint8)
    rgba = np.dstack([bgr, alpha])
    write("alpha.bmp", bmp([row.tobytes() for row in rgba[::-1]], 11, 7, 32, 3, 108, masks=(0xff0000, 0xff00, 0xff, 0xff000000)))
    expect("alpha.bmp", over_background(Image.fromarray(np.dstack([rgb, alpha]))))
    for name, widths, compression, masks in (("555.bmp", (5, 5, 5), 0, ()), ("565.bmp", (5, 6, 5), 3, (0xf800, 0x7e0, 0x1f))):
        levels = [rgb[:, :, c].astype(int) >> (8 - widths[c]) for c in range(3)]
        words = (levels[0] << (widths[1] + 5) | levels[1] << 5 | levels[2]).astype("<u2")
        file = bmp([row.tobytes() for row in words[::-1]], 11, 7, 16, compression, masks=masks)
        write(name, file)
        expect(name, np.dstack([np.round(levels[c] * 255 / ((1 << widths[c]) - 1)) for c in range(3)]).astype(np.uint8))
    for bits in (1, 4, 8):
        count = min(1 << bits, 13)
        picture = Image.fromarray(rgb).quantize(count)
        colours = np.asarray(picture.getpalette("RGB"), np.uint8).reshape(-1, 3)[:count]
        numbers = np.asarray(picture)
        rows = [np.packbits(np.unpackbits(row[:, None], axis=1)[:, 8 - bits:].ravel()).tobytes() for row in numbers[::-1]]
        palette = b"".join(bytes(colour[::-1]) + b"\0" for colour in colours)
        write(f"{bits}.bmp", bmp(rows, 11, 7, bits, palette=palette))
        assert (np.asarray(Image.open(FOLDER / f"{bits}.bmp").convert("RGB")) == colours[numbers]).all()
        expect(f"{bits}.bmp", colours[numbers])


# ---- PPM ------------------------------------------------------------------------------------------------------------
def make_ppm():
    rgb, grey = content(), content(channels=1)[:, :, 0]
    expect("p6.ppm", save("p6.ppm", Image.fromarray(rgb)))
    expect("p5.ppm", save("p5.ppm", Image.fromarray(grey)))
    write("p3.ppm", b"P3 # colours\n11 7\n# the largest\n255\n" + " ".join(map(str, rgb.ravel())).encode())
    expect("p3.ppm", rgb)
    write("p2.ppm", b"P2\n11\t7 15\n" + "\n".join(map(str, grey.ravel() // 17)).encode() + b"\n")
    expect("p2.ppm", np.round((grey // 17) * 255.0 / 15).astype(np.uint8))
    wide = rgb.astype(int) * 39 + 11
    write("p6_16.ppm", b"P6 11 7 10000\n" + wide.astype(">u2").tobytes())
    expect("p6_16.ppm", np.round(wide * 255 / 10000).astype(np.uint8))


# ---- sizes ----------------------------------------------------------------------------------------------------------
def make_sizes():
    name = "large.png"
    picture = save(name, Image.fromarray(content(23, 37)), optimize=True)

    def resized(image, height, width, mode):
        if mode == "stretch":
            return image.resize((width, height), Image.BILINEAR)
        if mode == "crop":
            return ImageOps.fit(image, (width, height), Image.BILINEAR)
        scale = min(width / image.width, height / image.height)
        small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.BILINEAR)
        background = Image.new("RGB", (width, height), BACKGROUND).convert(image.mode)
        background.paste(small, ((width - small.width) // 2, (height - small.height) // 2))
        return background

    for height, width in ((8, 8), (5, 9), (23, 12), (30, 50), (1, 1), (12, 4)):
        for mode in ("stretch", "fit", "crop"):
            expect(name, resized(picture, height, width, mode), 3, height, width, mode)
    expect(name, resized(picture.convert("L"), 6, 7, "fit"), 1, 6, 7, "fit")


FOLDER.mkdir(exist_ok=True)
make_png()
make_jpeg()
make_webp()
make_bmp()
make_ppm()
make_sizes()
(HERE / "pictures.txt").write_text("\n".join(lines) + "\n")
