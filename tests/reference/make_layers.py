"""Makes layers.txt: results of Keras's layers that reshape and resize, for LayersAsInKeras in layers_test.cc.

    python -m venv env && env/bin/pip install keras==3.15.1 tensorflow
    KERAS_BACKEND=tensorflow env/bin/python make_layers.py > layers.txt

The inputs are those of `numbers` below, which the test computes too.  The mode "wrap" of affine_transform is left out,
since its period is one pixel less than the image in TensorFlow, and the image in JAX, as Keras documents it.
"""

import keras
import numpy as np
from keras import layers

# The arguments are repeated, in C++, in layers_test.cc.
CASES = [
    ("zero_padding", (2, 3, 2), layers.ZeroPadding2D(((1, 2), (0, 3)))),
    ("cropping", (5, 6, 2), layers.Cropping2D(((1, 0), (2, 1)))),
    ("up_nearest", (2, 3, 2), layers.UpSampling2D((2, 3))),
    ("up_bilinear", (2, 3, 2), layers.UpSampling2D((2, 3), interpolation="bilinear")),
    ("resize_larger", (3, 4, 1), layers.Resizing(5, 9)),
    ("resize_smaller", (7, 5, 2), layers.Resizing(3, 4)),
    ("resize_nearest", (7, 5, 1), layers.Resizing(4, 8, interpolation="nearest")),
    ("resize_cropped", (4, 7, 1), layers.Resizing(3, 3, crop_to_aspect_ratio=True)),
    ("crop_inside", (7, 6, 1), layers.CenterCrop(4, 3)),
    ("crop_outside", (4, 6, 1), layers.CenterCrop(5, 4)),
    ("maximum", (4, 5, 3), layers.GlobalMaxPooling2D()),
    ("maximum_kept", (4, 5, 3), layers.GlobalMaxPooling2D(keepdims=True)),
    ("mean_kept", (4, 5, 3), layers.GlobalAveragePooling2D(keepdims=True)),
    ("reshape", (2, 3, 2), layers.Reshape((-1, 4))),
    ("permute", (2, 3, 4), layers.Permute((3, 1, 2))),
    ("repeat", (4,), layers.RepeatVector(3)),
]

# Maps (a0, a1, a2, b0, b1, b2) of pixels (column, row): a turn with a zoom, and one that leads far outside.  No position
# lies in the middle between two pixels, where a rounding error would decide which one is nearest.
MAPS = [(0.83, -0.61, 2.14, 0.52, 0.93, -0.71), (1.31, 0.23, -6.42, -0.34, 1.12, 5.27)]
SAMPLED = (4, 5, 2)


def numbers(shape):
    """Different numbers in [0, 1) without an order, if there are fewer than 101."""
    return (np.arange(np.prod(shape)) * 37 % 101 / 101).astype(np.float32).reshape(shape)


def row(name, result):
    result = np.asarray(result)
    words = [name, str(result.ndim), *map(str, result.shape), *("%.9g" % x for x in result.ravel())]
    print(" ".join(words))


if __name__ == "__main__":
    print("# Results of Keras %s by make_layers.py, for two rows." % keras.__version__)
    print("# name rank extents numbers")
    for name, shape, layer in CASES:
        row(name, layer(numbers((2, *shape))))
    maps = np.array([[*map, 0, 0] for map in MAPS], np.float32)
    for mode in ("constant", "nearest", "reflect"):
        for interpolation in ("nearest", "bilinear"):
            x = numbers((2, *SAMPLED))
            y = keras.ops.image.affine_transform(x, maps, interpolation, mode, fill_value=0.25)
            row("affine_%s_%s" % (mode, interpolation), y)
