from __future__ import annotations

import io
import os

import numpy as np
import pytest
from conftest import EXAMPLE, TINY_CLIP, needs_plumb

import plumb
from plumb.images import item, items, pack

Image = pytest.importorskip("PIL.Image")
random = np.random.default_rng(0)


def decoded(data):
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (64, 33)])
def test_an_array_is_what_pillow_reads_of_its_png(channels, size):
    pixels = random.integers(0, 256, (*size, channels), np.uint8)
    assert np.array_equal(decoded(item(pixels)).reshape(pixels.shape), pixels)


def test_a_large_array_is_what_pillow_reads_of_its_png():
    pixels = random.integers(0, 256, (1200, 1600, 3), np.uint8)
    assert np.array_equal(decoded(item(pixels)), pixels)


def test_channels_may_come_first_and_arrays_need_not_be_contiguous():
    pixels = random.integers(0, 256, (20, 30, 3), np.uint8)
    assert np.array_equal(decoded(item(pixels.transpose(2, 0, 1))), pixels)
    assert np.array_equal(decoded(item(pixels[::-2, 3:9])), pixels[::-2, 3:9])
    grey = pixels[:, :, 0]
    assert np.array_equal(decoded(item(grey)), grey)


def test_integers_of_other_types_are_taken_where_they_fit():
    pixels = random.integers(0, 256, (4, 5, 3))
    assert np.array_equal(decoded(item(pixels)), pixels)
    with pytest.raises(ValueError, match="from 0 to 300; 0 to 255"):
        item(np.array([[0, 300]]))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 5, 3)), "float64; integers from 0 to 255"),
        (np.zeros((5, 6, 7), np.uint8), r"\(5, 6, 7\)"),
        (np.zeros((0, 6, 3), np.uint8), "no pixels"),
        (np.zeros((2, 4, 5, 3), np.uint8), "4 axes"),
        (b"", "no bytes"),
    ],
)
def test_other_arrays_are_refused(array, message):
    with pytest.raises(ValueError, match=message):
        item(array)


def test_tensors_have_their_channels_first():
    torch = pytest.importorskip("torch")
    pixels = torch.randint(0, 256, (3, 20, 3), dtype=torch.uint8)
    assert np.array_equal(decoded(item(pixels)), pixels.numpy().transpose(1, 2, 0))
    with pytest.raises(ValueError, match="integers"):
        item(torch.rand(3, 4, 4))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_pil_images_of_every_mode_keep_their_colours(mode):
    image = Image.open(EXAMPLE / "images" / "image1.jpg").resize((40, 30)).convert(mode)
    assert np.array_equal(decoded(item(image)), np.asarray(image.convert("RGB") if mode[0] in "1PCYH" else image))


def test_a_palette_with_transparency_keeps_it():
    image = Image.open(EXAMPLE / "images" / "image1.jpg").resize((8, 8)).convert("P")
    image.info["transparency"] = 3
    assert np.array_equal(decoded(item(image)), np.asarray(image.convert("RGBA")))


def test_paths_become_absolute_and_bytes_stay_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert item("a.jpg") == str(tmp_path / "a.jpg")
    assert item(tmp_path / "b.jpg") == str(tmp_path / "b.jpg")
    assert item(b"data") == b"data"
    assert item(None) is None
    with pytest.raises(TypeError, match="int was given"):
        item(3)


def test_a_file_whose_name_is_not_utf8_is_sent_as_its_bytes(tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff.jpg"
    with open(name, "wb") as file:
        file.write(b"data")
    assert item(os.fsdecode(name)) == b"data"


def test_items_are_packed_in_their_order():
    assert pack(["/a.jpg", b"12", None, b"345"]) == (["/a.jpg", 2, None, 3], [b"12", b"345"])


def test_the_index_of_a_bad_image_is_named():
    with pytest.raises(ValueError, match=r"image 1: .*float64"):
        items(["a.jpg", np.zeros((2, 2))])
    with pytest.raises(TypeError, match="A list of images is needed"):
        items("a.jpg")
    file = io.BytesIO()
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(file, "PNG")
    cut = Image.open(io.BytesIO(file.getvalue()[:-30]))
    with pytest.raises(ValueError, match=r"image 1: The PIL image cannot be read: .*truncated"):
        items(["a.jpg", cut])


@needs_plumb
def test_all_forms_of_an_image_have_the_same_embedding():
    path = EXAMPLE / "images" / "image1.jpg"
    image = Image.open(path)
    array = np.asarray(image)
    forms = [str(path), path, path.read_bytes(), bytearray(path.read_bytes()), image, array, array.transpose(2, 0, 1)]
    embeddings = plumb.Embedder(TINY_CLIP).images(forms)
    # Plumb's JPEG decoder gives the same bits as Pillow's.
    assert np.array_equal(embeddings, np.repeat(embeddings[:1], len(forms), axis=0))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8, 9])
def test_a_pil_image_is_turned_where_its_file_is(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(random.integers(0, 256, (20, 30, 3), np.uint8)).save(path, exif=exif)
    as_it_is, turned = (plumb.Embedder(TINY_CLIP, exif=exif) for exif in (False, True))
    assert np.array_equal(*as_it_is.images([path, Image.open(path)]))
    assert np.array_equal(*turned.images([path, Image.open(path)]))
    is_turned = not np.array_equal(as_it_is.images([path]), turned.images([path]))
    assert is_turned == (orientation in (3, 6, 8))


def test_one_image_in_place_of_a_list_is_an_error():
    embedder = plumb.Embedder(TINY_CLIP)
    pixels = random.integers(0, 256, (20, 30, 3), np.uint8)
    for one in (pixels, pixels.transpose(2, 0, 1)):
        with pytest.raises(ValueError, match="Put it into a list"):
            embedder.images(one)
        with pytest.raises(ValueError, match="Put it into a list"):
            plumb.score(["a cat"] * len(one), images=one, model=TINY_CLIP)
    with pytest.raises(TypeError, match="A list of images is needed; str was given"):
        embedder.images("a.jpg")
    with pytest.raises(TypeError, match="A list of images is needed; Image was given"):
        embedder.images(Image.fromarray(pixels))
    with pytest.raises(TypeError, match="image 1: An image is a path"):
        embedder.images([pixels, 5])
    assert len(embedder.images(pixels[np.newaxis].repeat(2, axis=0))) == 2
