#!/usr/bin/env python3
"""Writes the arrays that arrays_test.cc reads: arrays/*, made by numpy.  Each has the same samples in three forms."""

import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent / "arrays"
FOLDER.mkdir(exist_ok=True)

NUMBERS = np.arange(24).reshape(4, 3, 2)
LABELS = np.array([1, 0, 1, 0])


def values(kind):
    if kind == "b":
        return NUMBERS % 3 == 0
    if kind == "u":
        return NUMBERS * 7
    return NUMBERS * 7 - 80 if kind == "i" else NUMBERS / 8 - 1.5


for name in ["b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]:
    array = values(name[0]).astype(name)
    np.savez_compressed(
        FOLDER / f"{name}.npz",
        x_train=array,
        x_val=array.astype(array.dtype.newbyteorder(">")),
        x_test=np.asfortranarray(array),
        y_train=LABELS.astype(np.int64),
        y_val=LABELS.reshape(4, 1).astype(">i2"),
        y_test=LABELS.astype(np.float64),
    )

one_hot = np.eye(3, dtype=np.float64)[[2, 0, 1, 0, 2, 1]]
np.savez(FOLDER / "one_hot.npz", x_train=np.zeros((6, 4, 5), np.uint8), y_train=one_hot)
