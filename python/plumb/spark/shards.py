"""The pairs in the .tar shards of img2dataset and webdataset."""

from __future__ import annotations

import json
import os
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from pyspark.sql import DataFrame, SparkSession

from ..batches import batched
from ..errors import PlumbError
from ..images import size
from ..options import Path
from .rows import MAX_BYTES, MAX_ROWS

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

TEXT_LIMIT = 4 << 20
"""The largest caption or description that is read, in bytes."""
IMAGE_SUFFIXES = frozenset(["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff", "avif", "heic", "heif"])


class Pair(NamedTuple):
    """A row of `read_shards`."""

    shard: str
    position: int
    key: str
    caption: str | None
    image: bytes | None
    metadata: str | None


def read_shards(spark: SparkSession, paths: Iterable[Path]) -> DataFrame:
    """The pairs in .tar shards as img2dataset and webdataset write them: members with one key are a pair.

    The columns are `shard` (its path), `position` (of the pair in it, from 0), `key` (the members' name up to the first
    point), `caption` (of `.txt`, else the `caption` of `.json`), `image` (the bytes of the image file) and `metadata` (the
    text of `.json`). What a pair lacks is null, and so is a caption that is blank or not UTF-8 text, and a member that is
    a link. A pair with several images has none.

    - paths: files that executors can read, as in a folder that machines share. Partitions are in their order, one for each.

    A shard that is cut off or damaged, that has no end mark or more behind it, or in which a key comes twice, is an error
    that names it.
    """
    names = [os.path.abspath(_local(path)) for path in paths]
    if not names:
        raise ValueError("There are no shards.")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]} is named twice.")

    def of_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        types = [pa.string(), pa.int64(), pa.string(), pa.string(), pa.binary(), pa.string()]
        for batch in batches:
            for number in batch.column(0).to_pylist():
                for pairs in batched(pairs_of(names[number]), lambda pair: size(pair.image), MAX_BYTES, MAX_ROWS):
                    arrays = [pa.array(values, kind) for values, kind in zip(zip(*pairs), types)]
                    yield pa.RecordBatch.from_arrays(arrays, list(Pair._fields))

    schema = "shard string, position long, key string, caption string, image binary, metadata string"
    # A range of n rows in n partitions: repartition would put several shards in one partition and none in others.
    return spark.range(0, len(names), 1, len(names)).mapInArrow(cast(Any, of_partition), schema)


def pairs_of(path: str) -> Iterator[Pair]:
    """The pairs of a shard, in its order, by the rules of `plumb score --shards`.

    Raises `PlumbError`.
    """
    keys: set[str] = set()
    # None for what is there and is not read: members of other kinds, links, and texts that are too long.
    members: dict[str, bytes | None] = {}
    key: str | None = None

    def pair() -> Pair:
        images = [content for suffix, content in members.items() if suffix in IMAGE_SUFFIXES]
        metadata = members.get("json")
        return Pair(
            path,
            len(keys) - 1,
            str(key),
            _caption(members["txt"] if "txt" in members else None if metadata is None else _described(metadata)),
            images[0] if len(images) == 1 else None,
            None if metadata is None else metadata.decode("utf-8", "replace"),
        )

    try:
        with tarfile.open(path, "r|*", tarinfo=_StrictMember) as archive:
            for member in archive:
                is_link = member.islnk() or member.issym()
                # A member of a kind that nobody knows is a file.
                is_file = member.isfile() or member.type not in tarfile.SUPPORTED_TYPES
                parts = _key_and_suffix(member.name) if is_file or is_link else None
                is_text = parts is not None and parts[1] in ("txt", "json") and member.size <= TEXT_LIMIT
                is_image = parts is not None and parts[1] in IMAGE_SUFFIXES
                content = _content(archive, member, is_kept=is_text or is_image) if is_file else None
                if parts is None:
                    continue
                if parts[0] != key:
                    if key is not None:
                        yield pair()
                    key, members = parts[0], {}
                    if key in keys:
                        raise tarfile.ReadError(
                            f"the members of {key!r} do not stand next to one another, or the key is there twice; pack it "
                            "anew, sorted by name and with each key once"
                        )
                    keys.add(key)
                if parts[1] in members:
                    raise tarfile.ReadError(f"the member {member.name!r} is there twice")
                members[parts[1]] = content
            if key is not None:
                yield pair()
    except (tarfile.TarError, EOFError, OSError, ValueError, RecursionError) as error:
        raise PlumbError(f"{path} cannot be read as a shard: {error}.") from error


class _StrictMember(tarfile.TarInfo):
    """A member of an archive whose end must be marked.

    tarfile takes a damaged header, and a file that ends without a mark, for the end of the archive; the pairs behind it
    would be missing and nobody would know.
    """

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> _StrictMember:
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            _require_blank_rest(archive)
            raise  # The mark.
        except tarfile.EmptyHeaderError as error:  # type: ignore[attr-defined]
            raise tarfile.ReadError("it has no end mark: it was cut off, or whoever wrote it was stopped") from error
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"at byte {archive.offset:,} is no member of an archive ({error})") from error


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, is_kept: bool) -> bytes | None:
    """The bytes of a file; None where they are not kept.

    They are read all the same: tarfile would skip as many bytes as the header says, however few there are.
    """
    if member.issparse():
        raise tarfile.ReadError(f"the member {member.name[:80]!r} is sparse; pack it anew without holes")
    opened = cast(Any, archive.extractfile(member))
    if is_kept:
        return cast(bytes, opened.read())
    while opened.read(1 << 20):
        pass
    return None


def _require_blank_rest(archive: tarfile.TarFile) -> None:
    """Sees to it that nothing but zeros follows the end mark: a hole in a download looks like one."""
    stream = cast(Any, archive.fileobj)
    while chunk := stream.read(1 << 16):
        if chunk.strip(b"\0"):
            raise tarfile.ReadError(
                "it goes on behind its end mark: a part of it was not written, or it is several archives in one file"
            )


def _key_and_suffix(name: str) -> tuple[str, str] | None:
    """The key and the lower-case suffix of a member; None for what belongs to no pair."""
    steps = [step for step in name.split("/") if step not in ("", ".")]
    if name.startswith("/") or ".." in steps:
        raise tarfile.ReadError(f"the name of the member {name[:80]!r} leads out of the archive")
    start, point, suffix = (steps[-1] if steps else "").partition(".")
    if not start or not point:
        return None
    # tarfile has half characters for bytes that are not UTF-8, which no column of strings can hold.
    key = "/".join([*steps[:-1], start]).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return key, suffix.lower()


def _described(metadata: bytes) -> bytes | None:
    """The caption of a description."""
    try:
        described: Any = json.loads(metadata.decode("utf-8-sig"))
        caption = described.get("caption") if isinstance(described, dict) else None
        # JSON can name half a character, which no text has.
        return caption.encode() if isinstance(caption, str) else None
    except (ValueError, RecursionError):
        return None


def _caption(text: bytes | None) -> str | None:
    """A caption without what editors leave at its ends; None where it says nothing."""
    try:
        caption = "" if text is None else text.decode().removeprefix("\ufeff").strip(_LINE_ENDS)
    except UnicodeDecodeError:
        return None
    # Python writes "nan" where a table had no caption.
    return None if not caption or caption.isspace() or caption in ("nan", "NaN") else caption


_LINE_ENDS = "\n\v\f\r\x85\u2028\u2029"


def _local(path: Path) -> str:
    name = os.fspath(path)
    if "://" in name:
        raise ValueError(f"{name} is a URL; shards are files that executors can read. Mount the storage or copy them.")
    return name
