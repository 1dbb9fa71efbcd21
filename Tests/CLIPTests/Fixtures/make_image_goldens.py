"""Makes image/: small pictures, preprocessing descriptions, and what the peers make of them.

Peers: Pillow 13.0.0 (decoding, conversion, resizing), transformers 5.23.0 (CLIPImageProcessorPil),
open_clip 3.3.0 with torchvision 0.28.0 (image_transform_v2), pillow-heif 1.8.1 (HEIC). Their versions are written into the goldens.

    python make_image_goldens.py                  # rewrites image/
    python make_image_goldens.py --photos FOLDER  # rewrites image/photos.json from the folder of real data
"""

import io
import json
import pathlib
import struct
import sys
import warnings
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent / "image"
RESAMPLING = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}


def crc(array):
    return f"{zlib.crc32(np.ascontiguousarray(array).tobytes()):08x}"


def noise(height, width, seed):
    """SplitMix64, as Tests/TestSupport/Fuzzing.swift has it: the top byte of each number."""
    with np.errstate(over="ignore"):
        steps = np.arange(1, height * width * 3 + 1, dtype=np.uint64)
        z = np.uint64(seed) + steps * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(56)).astype(np.uint8).reshape(height, width, 3)


def scene(height, width, seed=0, grain=24):
    """A colourful picture with edges, ramps and a little grain."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = [
        127 + 120 * np.sin(x / 17 + y / 31 + seed),
        127 + 120 * np.cos(x / 41 - y / 11 + 2 * seed),
        255 * ((x // 24 + y // 16 + seed) % 2),
    ]
    grains = (noise(height, width, seed).astype(np.float64) - 128) * grain / 128
    return np.clip(np.stack(planes, axis=-1) + grains, 0, 255).astype(np.uint8)


def resize_cases():
    shapes = [
        (1, 1, 224, 224), (1, 1000, 3, 224), (1000, 1, 224, 1), (2, 3, 7, 11), (3, 2, 2, 3), (224, 224, 224, 224),
        (223, 225, 224, 226), (225, 223, 224, 222), (48, 64, 224, 298), (375, 500, 224, 298), (500, 375, 298, 224),
        (30, 400, 224, 2986), (400, 30, 2986, 224), (480, 640, 224, 298), (97, 131, 224, 302), (331, 257, 288, 224),
        (61, 67, 13, 5), (5, 1200, 5, 7), (1200, 5, 7, 5), (224, 300, 224, 100), (300, 224, 100, 224),
        (17, 9, 1, 1), (200, 150, 100, 100), (200, 149, 100, 100), (200, 151, 100, 100), (1000, 300, 746, 224),
        (41, 90, 40, 140), (40, 10, 41, 90), (300, 40, 30, 90), (63, 31, 60, 30), (62, 31, 60, 30), (336, 336, 224, 224), (112, 112, 336, 336),
    ]
    cases = []
    for number, (height, width, new_height, new_width) in enumerate(shapes):
        image = Image.fromarray(noise(height, width, number))
        for name, code in RESAMPLING.items():
            result = np.asarray(image.resize((new_width, new_height), code))
            cases.append({
                "seed": number, "height": height, "width": width, "filter": name,
                "newHeight": new_height, "newWidth": new_width,
                "crc": crc(result), "first": result.reshape(-1)[:6].tolist(),
            })
    return cases


# ---- PNG, written here because Pillow writes neither all depths nor interlaced ones

ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def png(samples, depth, color_type, palette=None, transparency=None, interlaced=False, extra=b""):
    """`samples` is (height, width, channels), values below 2^depth."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def rows(part):
        out = b""
        for row in part:
            flat = row.reshape(-1)
            if depth == 16:
                packed = flat.astype(">u2").tobytes()
            elif depth == 8:
                packed = flat.astype(np.uint8).tobytes()
            else:
                bits = np.unpackbits(flat.astype(np.uint8)[:, None], axis=1)[:, 8 - depth:]
                packed = np.packbits(bits.reshape(-1)).tobytes()
            out += b"\0" + packed
        return out

    height, width, _ = samples.shape
    if interlaced:
        parts = [samples[top::down, left::across] for top, left, down, across in ADAM7]
        raw = b"".join(rows(part) for part in parts if part.size)
    else:
        raw = rows(samples)
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, int(interlaced))
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    if palette is not None:
        file += chunk(b"PLTE", palette)
    if transparency is not None:
        file += chunk(b"tRNS", transparency)
    if extra:
        file += chunk(b"eXIf", extra)
    return file + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def exif(orientation, big_endian=False):
    mark = ">" if big_endian else "<"
    head = b"MM\0*" if big_endian else b"II*\0"
    entry = struct.pack(mark + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return head + struct.pack(mark + "I", 8) + struct.pack(mark + "H", 1) + entry + struct.pack(mark + "I", 0)


def save(name, image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    (HERE / name).write_bytes(buffer.getvalue())


def make_jpegs():
    photo = Image.fromarray(scene(75, 101))
    save("baseline_420.jpg", photo, "JPEG", quality=85)
    save("baseline_422.jpg", photo, "JPEG", quality=90, subsampling=1)
    save("baseline_444.jpg", photo, "JPEG", quality=95, subsampling=0)
    save("quality_1.jpg", photo, "JPEG", quality=1)
    save("progressive.jpg", photo, "JPEG", quality=80, progressive=True)
    save("progressive_444.jpg", photo, "JPEG", quality=60, progressive=True, subsampling=0)
    save("restart_markers.jpg", photo, "JPEG", quality=70, restart_marker_rows=1)
    save("gray.jpg", photo.convert("L"), "JPEG", quality=85)
    save("gray_progressive.jpg", photo.convert("L"), "JPEG", quality=85, progressive=True)
    save("rgb_stored.jpg", photo, "JPEG", quality=85, keep_rgb=True)
    save("1x1.jpg", Image.fromarray(scene(1, 1)), "JPEG")
    save("9x17.jpg", Image.fromarray(scene(17, 9)), "JPEG", quality=75)
    inks = Image.fromarray(np.concatenate([scene(40, 56), scene(40, 56, 3)[..., :1]], axis=-1), "CMYK")
    save("cmyk.jpg", inks, "JPEG", quality=85)
    file = bytearray((HERE / "cmyk.jpg").read_bytes())
    adobe = file.index(b"Adobe")
    file[adobe + 11] = 2  # the same coefficients, declared as YCCK
    (HERE / "ycck.jpg").write_bytes(bytes(file))
    file[adobe:adobe + 5] = b"xxxxx"  # no Adobe marker: plain CMYK, which Pillow inverts all the same
    (HERE / "cmyk_without_adobe.jpg").write_bytes(bytes(file))
    whole = (HERE / "baseline_420.jpg").read_bytes()
    (HERE / "trailing_bytes.jpg").write_bytes(whole + b"\0\x01trailing")
    for orientation in range(1, 9):
        save(f"exif_{orientation}.jpg", Image.fromarray(scene(16, 24)), "JPEG", quality=90,
             exif=b"Exif\0\0" + exif(orientation, orientation % 2 == 0))


def make_pngs():
    height, width = 21, 19
    base = scene(height, width)
    wide = base.astype(np.uint16) * 257 ^ np.uint16(0x2B)
    wide[0, :, :] = np.arange(width, dtype=np.uint16)[:, None] * 40  # around 255, where greys clip
    alpha = noise(height, width, 5)
    files = {}
    for depth in (1, 2, 4, 8):
        gray = base[..., :1] >> (8 - depth)
        files[f"gray_{depth}"] = (gray, depth, 0)
        files[f"gray_{depth}_transparent"] = (gray, depth, 0, None, struct.pack(">H", int(gray[3, 3, 0])))
        colors = noise(1, 1 << depth, depth).tobytes()
        files[f"palette_{depth}"] = (gray, depth, 3, colors)
        files[f"palette_{depth}_alphas"] = (gray, depth, 3, colors, bytes([0, 90, 200, 255][:1 << depth]))
    files["palette_short"] = (base[..., :1], 8, 3, noise(1, 40, 9).tobytes())
    files["palette_one_transparent"] = (base[..., :1] & 15, 8, 3, noise(1, 16, 9).tobytes(), b"\xff\xff\x00\xff")
    files["gray_16"] = (wide[..., :1], 16, 0)
    files["gray_16_transparent"] = (wide[..., :1], 16, 0, None, struct.pack(">H", 120))
    files["rgb_8"] = (base, 8, 2)
    files["rgb_8_transparent"] = (base, 8, 2, None, struct.pack(">HHH", *base[3, 3].tolist()))
    files["rgb_16"] = (wide, 16, 2)
    files["gray_alpha_8"] = (np.stack([base[..., 0], alpha[..., 0]], -1), 8, 4)
    files["gray_alpha_16"] = (np.stack([wide[..., 0], wide[..., 1]], -1), 16, 4)
    files["rgb_alpha_8"] = (np.concatenate([base, alpha[..., :1]], -1), 8, 6)
    files["rgb_alpha_16"] = (np.concatenate([wide, alpha[..., :1].astype(np.uint16) * 257], -1), 16, 6)
    for name, arguments in files.items():
        (HERE / f"{name}.png").write_bytes(png(*arguments))
    for name in ("gray_1", "gray_4", "palette_2_alphas", "gray_16", "rgb_8", "rgb_16", "rgb_alpha_8"):
        (HERE / f"{name}_interlaced.png").write_bytes(png(*files[name], interlaced=True))
    (HERE / "1x1_interlaced.png").write_bytes(png(scene(1, 1), 8, 2, interlaced=True))
    (HERE / "exif_6.png").write_bytes(png(base, 8, 2, extra=exif(6)))
    save("filtered.png", Image.fromarray(scene(64, 48)), "PNG", optimize=True)


def make_webps():
    photo = Image.fromarray(scene(50, 67))
    clear = Image.fromarray(np.concatenate([scene(50, 67), noise(50, 67, 4)[..., :1]], -1), "RGBA")
    save("lossy.webp", photo, "WEBP", quality=80)
    save("lossless.webp", photo, "WEBP", lossless=True)
    save("lossy_alpha.webp", clear, "WEBP", quality=80)
    save("lossless_alpha.webp", clear, "WEBP", lossless=True, exact=True)
    save("1x1.webp", Image.fromarray(scene(1, 1)), "WEBP")
    save("exif_8.webp", photo, "WEBP", quality=80, exif=b"Exif\0\0" + exif(8))
    frames = [Image.fromarray(scene(30, 40, seed)) for seed in range(3)]
    save("animated.webp", frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=40)
    frames = [Image.fromarray(np.concatenate([scene(30, 40, s), noise(30, 40, s)[..., :1]], -1), "RGBA")
              for s in range(2)]
    save("animated_alpha.webp", frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=40,
         lossless=True)


def make_shapes():
    """Pictures of odd shapes for the whole preparation."""
    save("shape_1x1000.png", Image.fromarray(noise(1, 1000, 1)), "PNG")
    save("shape_3x2.png", Image.fromarray(noise(3, 2, 2)), "PNG")
    save("shape_1x1.png", Image.fromarray(noise(1, 1, 3)), "PNG")
    for height, width in ((224, 224), (223, 225), (480, 640), (30, 1500), (900, 31), (375, 500), (101, 100), (336, 337)):
        save(f"shape_{height}x{width}.jpg", Image.fromarray(scene(height, width, 1, grain=6)), "JPEG", quality=70)


def bitmap(width, height, bits, data, compression=0, palette=b"", masks=(), header=40, colors=0):
    """A Windows bitmap; Pillow writes few kinds of them."""
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 0, 0, colors, 0)
    rest = b"".join(struct.pack("<I", mask) for mask in masks)
    info += rest.ljust(header - 40, b"\0") if header > 40 else rest
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + palette + data


def make_bitmaps():
    photo = Image.fromarray(scene(31, 42))
    save("rgb.bmp", photo, "BMP")
    save("gray.bmp", photo.convert("L"), "BMP")
    save("bilevel.bmp", photo.convert("1"), "BMP")
    save("palette.bmp", photo.quantize(50), "BMP")
    clear = Image.fromarray(np.concatenate([scene(31, 42), noise(31, 42, 4)[..., :1]], -1), "RGBA")
    save("rgba.bmp", clear, "BMP")
    values = noise(9, 10, 3)[..., :2].copy().view("<u2")[..., 0]
    (HERE / "rgb_555.bmp").write_bytes(bitmap(10, 9, 16, values.tobytes()))
    (HERE / "rgb_565.bmp").write_bytes(bitmap(10, -9, 16, values.tobytes(), 3, masks=(0xF800, 0x7E0, 0x1F)))
    pixels = noise(7, 5, 8).tobytes() + bytes(35)
    (HERE / "rgbx_32.bmp").write_bytes(bitmap(5, 7, 32, pixels))
    (HERE / "bgra_masks.bmp").write_bytes(
        bitmap(5, 7, 32, pixels, 3, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000), header=56))
    colors = noise(1, 16, 6)[0]
    palette = np.concatenate([colors, np.zeros((16, 1), np.uint8)], -1).tobytes()
    (HERE / "palette_4.bmp").write_bytes(bitmap(9, 4, 4, noise(4, 8, 2)[..., 0].tobytes(), palette=palette))
    runs = bytes([5, 1, 0, 3, 7, 2, 9, 0, 0, 0, 4, 3, 0, 2, 2, 1, 2, 4, 8, 5, 0, 0, 8, 6, 0, 1])
    (HERE / "runs_8.bmp").write_bytes(bitmap(8, 4, 8, runs, 1, palette=palette, colors=16))
    runs = bytes([5, 0x12, 0, 3, 0x7A, 0x30, 0, 0, 8, 0x4F, 0, 1])
    (HERE / "runs_4.bmp").write_bytes(bitmap(8, 2, 4, runs, 2, palette=palette))


def make_gifs():
    photo = Image.fromarray(scene(29, 37))
    save("palette.gif", photo.quantize(60), "GIF")
    save("gray.gif", photo.convert("L"), "GIF")
    save("interlaced.gif", photo.quantize(200), "GIF", interlace=1)
    save("transparent.gif", photo.quantize(16), "GIF", transparency=3)
    frames = [Image.fromarray(scene(29, 37, seed)).quantize(32) for seed in range(3)]
    save("animated.gif", frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40)
    # A frame that leaves a part of its canvas free, and one that is larger than it.
    whole = bytearray((HERE / "palette.gif").read_bytes())
    whole[6:10] = struct.pack("<HH", 45, 33)
    (HERE / "small_frame.gif").write_bytes(whole)
    whole[6:10] = struct.pack("<HH", 20, 10)
    (HERE / "large_frame.gif").write_bytes(whole)


def tiff_tags(**tags):
    from PIL.TiffImagePlugin import ImageFileDirectory_v2
    directory = ImageFileDirectory_v2()
    for tag, value in tags.items():
        directory[int(tag[1:])] = value
    return directory


def make_tiffs():
    photo = Image.fromarray(scene(43, 37))
    clear = Image.fromarray(np.concatenate([scene(43, 37), noise(43, 37, 4)[..., :1]], -1), "RGBA")
    save("rgb_raw.tif", photo.resize((20, 13)), "TIFF")
    save("rgb_lzw.tif", photo, "TIFF", compression="tiff_lzw")
    save("rgb_deflate_strips.tif", photo, "TIFF", compression="tiff_adobe_deflate", tiffinfo=tiff_tags(t278=8))
    save("rgb_packbits.tif", photo.resize((20, 13)), "TIFF", compression="packbits")
    save("ycbcr_jpeg.tif", photo, "TIFF", compression="jpeg", quality=80)
    save("rgb_jpeg.tif", photo, "TIFF", compression="jpeg", quality=80, tiffinfo=tiff_tags(t262=2))
    save("rgba_lzw.tif", clear, "TIFF", compression="tiff_lzw")
    save("rgba_premultiplied.tif", clear, "TIFF", compression="tiff_lzw", tiffinfo=tiff_tags(t338=1))
    save("gray.tif", photo.convert("L"), "TIFF", compression="tiff_lzw")
    save("gray_white_is_zero.tif", photo.convert("L"), "TIFF", compression="tiff_lzw", tiffinfo=tiff_tags(t262=0))
    save("bilevel_group4.tif", photo.convert("1"), "TIFF", compression="group4")
    save("bilevel_raw.tif", photo.convert("1"), "TIFF")
    save("palette.tif", photo.quantize(40), "TIFF", compression="tiff_lzw")
    save("gray_alpha.tif", clear.convert("LA"), "TIFF", compression="tiff_lzw")
    save("palette_alpha.tif", clear.convert("LA").convert("PA"), "TIFF", compression="tiff_lzw")
    wide = Image.fromarray((scene(43, 37)[..., 0].astype(np.uint16) * 3))
    save("gray_16.tif", wide, "TIFF", compression="tiff_lzw")
    inks = Image.fromarray(np.concatenate([scene(43, 37), scene(43, 37, 3)[..., :1]], axis=-1), "CMYK")
    save("cmyk.tif", inks, "TIFF", compression="tiff_lzw")
    save("orientation_6.tif", photo.resize((20, 13)), "TIFF", tiffinfo=tiff_tags(t274=6))
    save("pages.tif", photo.resize((20, 13)), "TIFF", save_all=True, append_images=[photo], compression="tiff_lzw")


def make_high_efficiency():
    import pillow_heif
    photo = Image.fromarray(scene(48, 64, grain=0))
    save("quality_100_444.avif", photo, "AVIF", quality=100, subsampling="4:4:4")
    save("lossy_420.avif", photo, "AVIF", quality=85)
    pillow_heif.from_pillow(photo).save(HERE / "lossy.heic", quality=85)


def make_modes():
    """Pictures larger than most models', one of every mode of Pillow that a file can have."""
    photo = Image.fromarray(scene(110, 150, grain=0))
    alpha = Image.fromarray(scene(110, 150, 5, grain=0)[..., 1])
    clear = photo.copy()
    clear.putalpha(alpha)
    save("mode_1.png", photo.convert("1"), "PNG")
    save("mode_P.png", photo.quantize(64), "PNG")
    save("mode_P_transparent.png", photo.quantize(16), "PNG", transparency=3)
    save("mode_LA.png", clear.convert("LA"), "PNG")
    save("mode_RGBA.png", clear.quantize(200).convert("RGBA"), "PNG")
    save("mode_RGBA.webp", clear, "WEBP", quality=60)
    wide = scene(110, 150, grain=0)[..., 0].astype(np.uint16) * 4
    save("mode_I;16.png".replace(";", "_"), Image.fromarray(wide), "PNG")
    save("mode_PA.tif", clear.convert("LA").convert("PA"), "TIFF", compression="tiff_adobe_deflate")
    save("mode_CMYK.tif", photo.resize((90, 70)).convert("CMYK"), "TIFF", compression="tiff_adobe_deflate")


def orientations():
    """What Pillow makes of an orientation that is stored as another type than SHORT."""
    codes = {1: "B", 2: "c", 3: "H", 4: "I", 5: "I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "i", 11: "f", 12: "d",
             13: "I", 16: "Q", 17: "q", 18: "Q", 99: "I"}
    plain = (HERE / "9x17.jpg").read_bytes()
    result = []
    for order in "<>":
        for kind, code in codes.items():
            for count in (0, 1, 2):
                value = b"6" if code == "c" else 6
                one = struct.pack(order + code, value) + (struct.pack(order + code, 1) if kind in (5, 10) else b"")
                data = one * count
                inline = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack(order + "I", 26)
                block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 1)
                block += struct.pack(order + "HHI", 0x0112, kind, count) + inline + struct.pack(order + "I", 0)
                block += data if len(data) > 4 else b""
                marker = b"Exif\0\0" + block
                file = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(marker) + 2) + marker + plain[2:]
                upright = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
                result.append({"exif": block.hex(), "type": kind, "width": upright.width, "crc": crc(np.asarray(upright))})
    return result


def to_rgb_over_white(image):
    import transformers.image_transforms
    return transformers.image_transforms.convert_to_rgb(image, return_numpy=True)


def decoded():
    result = []
    for path in sorted(HERE.iterdir()):
        if path.suffix not in (".jpg", ".png", ".webp", ".bmp", ".gif", ".tif"):
            continue
        pixels = np.asarray(Image.open(path).convert("RGB"))
        upright = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
        result.append({
            "file": path.name, "height": pixels.shape[0], "width": pixels.shape[1], "crc": crc(pixels),
            "first": pixels.reshape(-1)[:6].tolist(), "overWhite": crc(to_rgb_over_white(Image.open(path))),
            "upright": crc(upright), "uprightHeight": upright.shape[0],
        })
    return result


def close():
    """Pictures whose decoders may differ by a rounding: every 7th byte of them."""
    import pillow_heif
    pillow_heif.register_heif_opener()
    result = []
    for name in ("quality_100_444.avif", "lossy_420.avif", "lossy.heic"):
        pixels = np.asarray(Image.open(HERE / name).convert("RGB"))
        result.append({"file": name, "height": pixels.shape[0], "width": pixels.shape[1],
                       "bytes": pixels.reshape(-1)[::7].tolist()})
    return result


def truncated():
    """What Pillow says to the first part of each file."""
    result = []
    for name in ("baseline_420.jpg", "progressive.jpg", "cmyk.jpg", "gray.jpg", "rgb_8.png", "rgb_8_interlaced.png",
                 "palette_4.png", "filtered.png", "lossy.webp", "lossless.webp", "lossy_alpha.webp", "animated.webp"):
        whole = (HERE / name).read_bytes()
        for length in sorted({3, 8, 12, 20, len(whole) // 4, len(whole) // 2, len(whole) * 9 // 10, len(whole) - 16,
                              len(whole) - 13, len(whole) - 5, len(whole) - 3, len(whole) - 2, len(whole) - 1}):
            try:
                value = crc(np.asarray(Image.open(io.BytesIO(whole[:length])).convert("RGB")))
            except Exception:
                value = None
            result.append({"file": name, "length": length, "crc": value})
    return result


HUGGING_FACE = {
    "defaults": {},
    "clip_224_integers": {
        "crop_size": 224, "do_center_crop": True, "do_normalize": True, "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": 224},
    "clip_336_dictionaries": {
        "crop_size": {"height": 336, "width": 336}, "do_center_crop": True, "do_convert_rgb": True,
        "do_normalize": True, "do_rescale": True, "do_resize": True, "image_processor_type": "CLIPImageProcessor",
        "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
        "resample": 3, "rescale_factor": 0.00392156862745098, "size": {"shortest_edge": 336}},
    "squash_bilinear": {
        "do_center_crop": False, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 2,
        "size": {"height": 64, "width": 96}},
    "squash_list": {"do_center_crop": False, "size": [56, 72]},
    "crop_larger_than_picture": {"size": {"shortest_edge": 50}, "crop_size": {"height": 75, "width": 301}},
    "longest_edge": {"do_center_crop": False, "size": {"shortest_edge": 60, "longest_edge": 90}},
    "crop_only": {"do_resize": False, "crop_size": {"height": 97, "width": 98}},
    "rescale_only": {"do_normalize": False, "size": {"shortest_edge": 32}, "crop_size": 32, "resample": 1},
    "normalize_only": {"do_rescale": False, "size": {"shortest_edge": 32}, "crop_size": 31, "resample": 4},
}

OPEN_CLIP = {
    "plain": {"model_cfg": {"embed_dim": 512, "vision_cfg": {"image_size": 224, "layers": 12, "width": 768}},
              "preprocess_cfg": {"mean": [0.48145466, 0.4578275, 0.40821073],
                                 "std": [0.26862954, 0.26130258, 0.27577711]}},
    "model_size_wins": {"model_cfg": {"vision_cfg": {"image_size": 64}}, "preprocess_cfg": {"size": 32}},
    "squash": {"model_cfg": {}, "preprocess_cfg": {
        "size": [56, 72], "mode": "RGB", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
        "interpolation": "bilinear", "resize_mode": "squash", "fill_color": 0}},
    "longest": {"model_cfg": {}, "preprocess_cfg": {
        "size": 91, "interpolation": "bicubic", "resize_mode": "longest", "fill_color": 127}},
    "shortest_bilinear": {"preprocess_cfg": {"size": 65, "interpolation": "bilinear"}},
    "not_square": {"preprocess_cfg": {"size": [60, 81], "interpolation": "bilinear"}},
}


def prepared():
    # open_clip resizes pictures in the mode in which they are stored and converts them to RGB at the end; transformers
    # converts first, and lays transparency over white, which is another test's matter.
    import open_clip.transform as open_clip_transform
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    pictures = [path.name for path in sorted(HERE.glob("shape_*"))] + ["gray.jpg", "cmyk.jpg"]
    modes = [path.name for path in sorted(HERE.glob("mode_*"))] + ["gray_alpha_8.png", "palette_4.png", "gray_16.png"]
    result = []

    def add(case, picture, make):
        try:
            values = make(Image.open(HERE / picture))
        except ValueError:  # a side of no pixels
            result.append({"case": case, "file": picture, "height": 0, "width": 0, "crc": None, "first": []})
            return
        result.append({
            "case": case, "file": picture, "height": values.shape[1], "width": values.shape[2],
            "crc": crc(values.astype("<f4")), "first": [float(v) for v in values[:, 0, 0]],
        })

    for case, config in HUGGING_FACE.items():
        folder = HERE / "preprocessing" / case
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "preprocessor_config.json").write_text(json.dumps(config, indent=2) + "\n")
        processor = CLIPImageProcessorPil.from_pretrained(folder)
        for picture in pictures:
            add(case, picture, lambda image: np.asarray(processor(image)["pixel_values"][0]))
    for case, config in OPEN_CLIP.items():
        folder = HERE / "preprocessing" / f"open_clip_{case}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n")
        settings = open_clip_transform.merge_preprocess_dict(
            open_clip_transform.PreprocessCfg(), config["preprocess_cfg"])
        size = config.get("model_cfg", {}).get("vision_cfg", {}).get("image_size")
        if size:
            settings["size"] = size
        transform = open_clip_transform.image_transform_v2(open_clip_transform.PreprocessCfg(**settings), is_train=False)
        for picture in pictures + modes:
            add(f"open_clip_{case}", picture, lambda image: transform(image).numpy())
    return result


def normalization():
    from transformers.image_transforms import normalize, rescale
    import torch
    from torchvision.transforms import Normalize, ToTensor

    mean, std = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
    every = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    last = {"input_data_format": "channels_last"}
    hugging_face = normalize(rescale(every, 1 / 255, **last), mean, std, **last).transpose(2, 0, 1).astype("<f4")
    torchvision = Normalize(mean, std)(ToTensor()(Image.fromarray(every))).numpy()
    assert (hugging_face == torchvision).all()
    return {"crc": crc(hugging_face), "black": [float(v) for v in hugging_face[:, 0, 0]]}


def photos(folder):
    folder = pathlib.Path(folder)
    result = []
    paths = [p for part in ("flickr8k_true_aspect", "tiny_coco", "clip_preprocessing", "clipscore_example")
             for p in sorted((folder / part).rglob("*")) if p.suffix in (".jpg", ".png")]
    for path in paths:
        image = Image.open(path).convert("RGB")
        width, height = image.size
        size = (224, int(224 * height / width)) if width <= height else (int(224 * width / height), 224)
        small = image.resize(size, Image.Resampling.BICUBIC)
        left, top = (size[0] - 224) // 2, (size[1] - 224) // 2
        small = small.crop((left, top, left + 224, top + 224))
        result.append([str(path.relative_to(folder)), crc(np.asarray(image)), crc(np.asarray(small))])
    lines = ",\n".join(json.dumps(row) for row in result)
    (HERE / "photos.json").write_text(f'{{"pillow": "{PIL.__version__}", "photos": [\n{lines}\n]}}\n')


def allow_torchvision_without_operators():
    """The torchvision of PyPI does not load its compiled operators beside a CPU torch; none is needed here."""
    import torch
    original = torch.library.register_fake

    def register(name, *arguments, **keywords):
        if isinstance(name, str) and name.startswith("torchvision::"):
            return lambda function: function
        return original(name, *arguments, **keywords)

    torch.library.register_fake = register


def main():
    if sys.argv[1:2] == ["--photos"]:
        photos(sys.argv[2])
        return
    warnings.simplefilter("ignore")
    HERE.mkdir(exist_ok=True)
    allow_torchvision_without_operators()
    import open_clip
    import torchvision
    import transformers

    for make in (make_jpegs, make_pngs, make_webps, make_shapes, make_bitmaps, make_gifs, make_tiffs,
                 make_high_efficiency, make_modes):
        make()
    golden = {
        "peers": {"pillow": PIL.__version__, "transformers": transformers.__version__,
                  "open_clip": open_clip.__version__, "torchvision": torchvision.__version__},
        "normalization": normalization(), "resized": resize_cases(), "decoded": decoded(),
        "truncated": truncated(), "prepared": prepared(),
        "orientations": orientations(), "close": close(),
    }
    lines = []
    for key, value in golden.items():
        if isinstance(value, list):
            value = "[\n" + ",\n".join(json.dumps(row) for row in value) + "\n]"
        else:
            value = json.dumps(value)
        lines.append(f'"{key}": {value}')
    (HERE / "golden.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
