#!/usr/bin/env python3
"""Writes the archives that archive_test.cc reads: archives/*, made by Python's tarfile, gzip and zipfile."""

import gzip
import io
import pathlib
import tarfile
import zipfile

FOLDER = pathlib.Path(__file__).parent / "archives"
LONG = "a-long-folder/" * 12 + "file.txt"
FILES = {"one.txt": b"first\n", "folder/empty": b"", LONG: bytes(range(256)) * 3, "große.txt": b"\x00" * 513}


def tar_bytes(form):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form, bufsize=512) as tar:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, content in FILES.items():
            info = tarfile.TarInfo("./" + name if name == "one.txt" else name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def zip_bytes(method, zip64=False):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("folder/"), b"")
        for name, content in FILES.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=zip64) as entry:
                entry.write(content)
    return stream.getvalue()


def cifar(folder, files):
    """A packed tar.  A record has the labels that are given, and planes of one number each."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", bufsize=512) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(stream.getvalue(), mtime=0)


def record(labels, first):
    return bytes(labels) + b"".join(bytes([first + plane]) * 1024 for plane in range(3))


FOLDER.mkdir(exist_ok=True)
batches = {f"data_batch_{k}.bin": record([k], 10 * k) + record([k + 4], 10 * k + 5) for k in range(1, 6)}
names = "".join(f"class {k}\n" for k in range(10)) + "\n"
(FOLDER / "cifar-10-binary.tar.gz").write_bytes(
    cifar("cifar-10-batches-bin", batches | {"test_batch.bin": record([3], 200), "batches.meta.txt": names.encode()})
)
names = "".join(f"fine {k}\n" for k in range(100))
(FOLDER / "cifar-100-binary.tar.gz").write_bytes(
    cifar(
        "cifar-100-binary",
        {
            "train.bin": record([19, 99], 1) + record([7, 0], 2),
            "test.bin": record([1, 42], 3),
            "fine_label_names.txt": names.encode(),
        },
    )
)
for name, form in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
    (FOLDER / f"{name}.tar.gz").write_bytes(gzip.compress(tar_bytes(form), mtime=0))
(FOLDER / "ustar.tar").write_bytes(tar_bytes(tarfile.USTAR_FORMAT))
(FOLDER / "stored.zip").write_bytes(zip_bytes(zipfile.ZIP_STORED))
(FOLDER / "deflated.zip").write_bytes(zip_bytes(zipfile.ZIP_DEFLATED))
(FOLDER / "zip64.zip").write_bytes(zip_bytes(zipfile.ZIP_DEFLATED, zip64=True))
(FOLDER / "zeros.gz").write_bytes(gzip.compress(bytes(1 << 20), mtime=0))
