"""Images in the two file layouts that trainers read, CIFAR-10's binary version and MNIST's IDX."""
import os
import struct

CIFAR_TRAIN = [f"data_batch_{number}.bin" for number in range(1, 6)]


def cifar_folder(folder):
    """Where CIFAR-10's files lie under `folder`."""
    inner = os.path.join(folder, "cifar-10-batches-bin")
    return inner if os.path.isdir(inner) else folder


def write_random(folder, gray, count):
    """A set of `count` (at least 5) training images of noise and one test image."""
    os.makedirs(folder, exist_ok=True)

    def write(name, *pieces):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"".join(pieces))

    if gray:
        for part, size in (("train", count), ("t10k", 1)):
            write(f"{part}-images-idx3-ubyte", struct.pack(">4I", 0x803, size, 28, 28), os.urandom(size * 784))
            write(f"{part}-labels-idx1-ubyte", struct.pack(">2I", 0x801, size), bytes(index % 10 for index in range(size)))
        return
    sizes = [count - 4, 1, 1, 1, 1] if count < 1000 else [count // 5] * 5
    for name, size in zip([*CIFAR_TRAIN, "test_batch.bin"], [*sizes, 1]):
        write(name, *(bytes([index % 10]) + os.urandom(3072) for index in range(size)))


def read(folder, gray, most=10_000):
    """The first training images as u8[count, height, width, channels] and their labels as i32[count]."""
    import numpy as np

    if gray:
        with open(os.path.join(folder, "train-images-idx3-ubyte"), "rb") as file:
            _, count, height, width = struct.unpack(">4I", file.read(16))
            images = np.frombuffer(file.read(), np.uint8).reshape(count, height, width, 1)
        with open(os.path.join(folder, "train-labels-idx1-ubyte"), "rb") as file:
            labels = np.frombuffer(file.read()[8:], np.uint8)
    else:
        records = [np.fromfile(os.path.join(cifar_folder(folder), name), np.uint8).reshape(-1, 3073) for name in CIFAR_TRAIN]
        records = np.concatenate(records)
        images, labels = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]
    return np.ascontiguousarray(images[:most]), labels[:most].astype(np.int32)
