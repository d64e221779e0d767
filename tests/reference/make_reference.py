#!/usr/bin/env python3
"""Makes the reference numbers beside this file: 20 training steps of the tutorial CNN, four times over.

    python3 -m venv refvenv                                   # Python 3.11 or newer, outside the repository
    refvenv/bin/pip install numpy==2.4.6 torch==2.15.0 keras==3.15.1 tensorflow-cpu==2.21.0
    refvenv/bin/python tests/reference/make_reference.py      # half a minute; rewrites the three .txt files

CPU wheels suffice.  The steps are run in numpy (double and
float32, forward and backward written by hand), in PyTorch and in Keras/TensorFlow (float32).
PyTorch in double proves the hand-written gradients before anything is written.
"""
import importlib.metadata
import multiprocessing
import os
import pathlib

# One thread each: float32 sums then have one order, and a rerun gives the same digits.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1",
                  TF_NUM_INTEROP_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
STEPS, BATCH, CLASSES = 20, 10, 10
RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-7
SCALE = np.float32(1) / np.float32(255)  # float32 everywhere: the double run starts from the same constant
SHAPES = {  # name order; Keras's layouts: convolutions HWIO, dense in x out
    "conv2d/bias": (32,),
    "conv2d/kernel": (3, 3, 3, 32),
    "conv2d_1/bias": (64,),
    "conv2d_1/kernel": (3, 3, 32, 64),
    "dense/bias": (128,),
    "dense/kernel": (2304, 128),
    "dense_1/bias": (10,),
    "dense_1/kernel": (128, 10),
}


# ---- Random numbers, weights, images ----

def philox(counter, key):
    """Philox4x32-10: four words from four counter words (integers or arrays) and two key words."""
    low = np.uint64(0xFFFFFFFF)
    c0, c1, c2, c3 = np.broadcast_arrays(*(np.asarray(c, np.uint64) for c in counter))
    k0, k1 = key
    for _ in range(10):
        p0, p1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ np.uint64(k0), p1 & low, (p0 >> 32) ^ c3 ^ np.uint64(k1), p0 & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def check_philox():
    """The known answers of Random123's kat_vectors."""
    ones = 0xFFFFFFFF
    assert [f"{int(w):08x}" for w in philox([0] * 4, (0, 0))] == "6627e8d5 e169c58d bc57ac4c 9b00dbd8".split()
    assert [f"{int(w):08x}" for w in philox([ones] * 4, (ones, ones))] == "408f276d 41c83b0e a20bc7c6 6d5451fd".split()


def fnv1a(name):
    h = 2166136261
    for byte in name.encode():
        h = (h ^ byte) * 16777619 & 0xFFFFFFFF
    return h


def word(seed, element, step, id):
    return philox((element, step, id, 0), (seed & 0xFFFFFFFF, seed >> 32))[0]


def uniform(seed, element, step, id):
    return (word(seed, element, step, id) >> 8) * 2.0**-24


def initial_weights():
    """Glorot-uniform kernels (seed 0, step 0) and zero biases, float32."""
    weights = {}
    for name, shape in SHAPES.items():
        if name.endswith("/bias"):
            weights[name] = np.zeros(shape, np.float32)
            continue
        taps = int(np.prod(shape[:-2]))
        limit = np.sqrt(6.0 / (taps * shape[-2] + taps * shape[-1]))
        u = uniform(0, np.arange(np.prod(shape)), 0, fnv1a(name))
        weights[name] = (limit * (2 * u - 1)).astype(np.float32).reshape(shape)
    return weights


def images():
    """u8 images [200,32,32,3], each half its class's prototype and half noise (seed 1, step 0), and labels."""
    labels = np.arange(STEPS * BATCH) % CLASSES
    e = np.arange(32 * 32 * 3)
    p = uniform(1, labels[:, None] * e.size + e, 0, fnv1a("prototype"))
    q = uniform(1, np.arange(labels.size)[:, None] * e.size + e, 0, fnv1a("noise"))
    return np.floor((0.5 * p + 0.5 * q) * 256).astype(np.uint8).reshape(-1, 32, 32, 3), labels


# ---- The network in numpy, by hand ----

def im2col(x):
    """[n,h,w,c] -> [n,h-2,w-2,9c]: the 3x3 windows, in the order of an HWIO kernel's rows."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))  # [n,h-2,w-2,c,3,3]
    n, h, w, c = windows.shape[:4]
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(n, h, w, 9 * c)


def col2im(cols, shape):
    """The transpose of im2col: adds each window's cells back to their pixels."""
    n, h, w, _ = cols.shape
    taps = cols.reshape(n, h, w, 3, 3, -1)
    x = np.zeros(shape, cols.dtype)
    for i in range(3):
        for j in range(3):
            x[:, i:i + h, j:j + w] += taps[:, :, :, i, j]
    return x


def max_pool(x):
    """2x2 maxima and the winning cell 0..3; argmax gives ties to the first cell in row order."""
    n, h, w, c = x.shape
    cells = x[:, :h // 2 * 2, :w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c)
    cells = cells.transpose(0, 1, 3, 2, 4, 5).reshape(n, h // 2, w // 2, 4, c)
    winner = cells.argmax(axis=3)[:, :, :, None]
    return np.take_along_axis(cells, winner, axis=3)[:, :, :, 0], winner


def max_pool_gradient(dy, winner, shape):
    n, h, w, c = dy.shape
    cells = np.zeros((n, h, w, 4, c), dy.dtype)
    np.put_along_axis(cells, winner, dy[:, :, :, None], axis=3)
    dx = np.zeros(shape, dy.dtype)  # an odd last row or column belongs to no window
    dx[:, :2 * h, :2 * w] = cells.reshape(n, h, w, 2, 2, c).transpose(0, 1, 3, 2, 4, 5).reshape(n, 2 * h, 2 * w, c)
    return dx


def loss_and_gradients(p, x, labels):
    """Mean softmax cross-entropy and its gradients, in the precision of p and x."""
    g = {}

    def affine(name, rows):
        return rows @ p[name + "/kernel"].reshape(rows.shape[-1], -1) + p[name + "/bias"]

    def affine_gradient(name, rows, dy):
        rows2, dy2 = rows.reshape(-1, rows.shape[-1]), dy.reshape(-1, dy.shape[-1])
        g[name + "/kernel"] = (rows2.T @ dy2).reshape(SHAPES[name + "/kernel"])
        g[name + "/bias"] = dy2.sum(axis=0)
        return (dy2 @ p[name + "/kernel"].reshape(rows2.shape[1], -1).T).reshape(rows.shape)

    cols1 = im2col(x)
    y1 = np.maximum(affine("conv2d", cols1), 0)
    pooled1, winner1 = max_pool(y1)
    cols2 = im2col(pooled1)
    y2 = np.maximum(affine("conv2d_1", cols2), 0)
    pooled2, winner2 = max_pool(y2)
    flat = pooled2.reshape(len(x), -1)
    y3 = np.maximum(affine("dense", flat), 0)
    logits = affine("dense_1", y3)

    shifted = logits - logits.max(axis=1, keepdims=True)
    log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    one_hot = np.eye(CLASSES, dtype=x.dtype)[labels]
    loss = -(log_softmax * one_hot).sum(axis=1).mean()

    # relu'(0) = 0, hence the strict y > 0.
    d = affine_gradient("dense_1", y3, (np.exp(log_softmax) - one_hot) / len(x))
    d = affine_gradient("dense", flat, d * (y3 > 0)).reshape(pooled2.shape)
    d = max_pool_gradient(d, winner2, y2.shape) * (y2 > 0)
    d = col2im(affine_gradient("conv2d_1", cols2, d), pooled1.shape)
    d = max_pool_gradient(d, winner1, y1.shape) * (y1 > 0)
    affine_gradient("conv2d", cols1, d)
    return loss, g


# ---- The four runs: each returns the losses, the gradients of step 1 and the weights after the last step ----
# PyTorch's and TensorFlow's LLVM abort each other in one process, so each is imported where it runs,
# and Keras runs in a process of its own.

def numpy_run(weights, batches, dtype):
    p = {name: w.astype(dtype) for name, w in weights.items()}
    m = {name: np.zeros_like(w) for name, w in p.items()}
    v = {name: np.zeros_like(w) for name, w in p.items()}
    losses, first = [], None
    for t, (x, labels) in enumerate(batches, 1):
        loss, g = loss_and_gradients(p, x.astype(dtype) * dtype(SCALE), labels)
        losses.append(float(loss))
        first = first or g
        alpha = RATE * np.sqrt(1 - BETA2**t) / (1 - BETA1**t)  # on the host, in double
        for name in p:
            m[name] = BETA1 * m[name] + (1 - BETA1) * g[name]
            v[name] = BETA2 * v[name] + (1 - BETA2) * g[name] * g[name]
            p[name] = p[name] - dtype(alpha) * m[name] / (np.sqrt(v[name]) + dtype(EPSILON))
            assert p[name].dtype == g[name].dtype == dtype
    return losses, first, p


def torch_run(weights, batches, precision):
    import torch
    import torch.nn.functional as F
    torch.set_num_threads(1)
    dtype = getattr(torch, precision)
    p = {name: torch.tensor(w, dtype=dtype, requires_grad=True) for name, w in weights.items()}
    adam = torch.optim.Adam(p.values(), lr=RATE, betas=(BETA1, BETA2))
    losses, first = [], None
    for t, (x, labels) in enumerate(batches, 1):
        y = torch.tensor(x).to(dtype).mul(float(SCALE)).permute(0, 3, 1, 2)
        for name in ("conv2d", "conv2d_1"):
            y = F.max_pool2d(F.relu(F.conv2d(y, p[name + "/kernel"].permute(3, 2, 0, 1), p[name + "/bias"])), 2)
        y = y.permute(0, 2, 3, 1).flatten(1)  # Keras flattens NHWC
        y = F.relu(y @ p["dense/kernel"] + p["dense/bias"])
        loss = F.cross_entropy(y @ p["dense_1/kernel"] + p["dense_1/bias"], torch.tensor(labels))
        adam.zero_grad()
        loss.backward()
        losses.append(loss.item())
        first = first or {name: w.grad.numpy().copy() for name, w in p.items()}
        # PyTorch adds eps after it divides sqrt(v) by sqrt(1 - beta2^t), Keras before.
        adam.param_groups[0]["eps"] = EPSILON / (1 - BETA2**t) ** 0.5
        adam.step()
    return losses, first, {name: w.detach().numpy() for name, w in p.items()}


def keras_run(weights, batches):
    import keras
    import tensorflow as tf
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((32, 32, 3)),
        layers.Rescaling(float(SCALE)),
        layers.Conv2D(32, 3, activation="relu", name="conv2d"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu", name="conv2d_1"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(128, activation="relu", name="dense"),
        layers.Dense(CLASSES, activation="softmax", name="dense_1"),
    ])
    model.compile(optimizer=keras.optimizers.Adam(RATE, BETA1, BETA2, EPSILON), loss="categorical_crossentropy",
                  jit_compile=False)
    variables = {v.path.removeprefix(model.name + "/"): v for v in model.trainable_variables}
    assert sorted(variables) == list(SHAPES)
    for name, variable in variables.items():
        variable.assign(weights[name])
    losses, first = [], None
    for x, labels in batches:
        one_hot = keras.utils.to_categorical(labels, CLASSES)
        if not first:
            with tf.GradientTape() as tape:
                loss = model.compute_loss(x=x, y=one_hot, y_pred=model(x, training=True))
            first = {name: g.numpy() for name, g in
                     zip(variables, tape.gradient(loss, [v.value for v in variables.values()]))}
        model.reset_metrics()  # else the loss is the mean over the steps so far
        losses.append(float(model.train_on_batch(x, one_hot)))
    return losses, first, {name: v.numpy() for name, v in variables.items()}


# ---- Proof and output ----

def check_double(ours, theirs):
    """Hand-written double against PyTorch double: every gradient, and the 20 losses (so Adam too)."""
    for name in SHAPES:
        a, b = ours[1][name], theirs[1][name]
        error = np.abs(a - b).max() / np.abs(b).max()
        print(f"{name}: gradient differs from PyTorch's by {error:.1e} of its maximum")
        assert error < 1e-10
    error = np.abs(np.subtract(ours[0], theirs[0])).max()
    print(f"losses differ from PyTorch's in double by at most {error:.1e}")
    assert error < 1e-10


def write_losses(runs, versions):
    lines = [f"""\
# Losses of the tutorial CNN over {STEPS} training steps, batch {BATCH}, one pass: the batch's mean, before the update.
# Made by make_reference.py with {versions}, one thread.
# Columns: step; numpy double; numpy float32; PyTorch float32; Keras/TensorFlow float32.
# step double float32 pytorch keras"""]
    for t, row in enumerate(zip(*(losses for losses, _, _ in runs)), 1):
        lines.append(f"{t} {row[0]:.17g} " + " ".join(f"{loss:.9g}" for loss in row[1:]))
    (HERE / "cifar10_cnn_losses.txt").write_text("\n".join(lines) + "\n")


def write_gradients(runs, versions):
    lines = [f"""\
# The same run's gradients of step 1 and weights after step {STEPS}, in double precision, in name order.
# Made by make_reference.py with {versions}, one thread.
# Columns: what; parameter; sum; sum of absolute values; spread = the largest difference of any element of the three
# float32 runs from double; then five pairs of C-order index and value: of each fifth of the tensor, the element of
# largest absolute value.  A sum may cancel (dense_1's gradient sums to 0): compare it relative to abs_sum.
# what name sum abs_sum spread index value index value index value index value index value"""]
    for what, part in ("gradient", 1), ("weight", 2):
        for name in SHAPES:
            exact, *rounded = (run[part][name].astype(np.float64).ravel() for run in runs)
            spread = max(np.abs(r - exact).max() for r in rounded)
            bounds = np.arange(6) * exact.size // 5
            samples = [a + int(np.abs(exact[a:b]).argmax()) for a, b in zip(bounds, bounds[1:])]
            lines.append(f"{what} {name} {exact.sum():.17g} {np.abs(exact).sum():.17g} {spread:.2g} "
                         + " ".join(f"{i} {exact[i]:.17g}" for i in samples))
    (HERE / "cifar10_cnn_gradients.txt").write_text("\n".join(lines) + "\n")


def write_philox(weights, images, labels):
    lines = ["""\
# Known answers of Brine's random numbers.  Made by make_reference.py.
# Philox4x32-10, key = (seed's low word, seed's high word), counter = (element, step, id, 0), first output word w only;
# u = (w >> 8) * 2^-24.  id of a name = 32-bit FNV-1a of its UTF-8 bytes.
# id name -> id"""]
    names = ["", "a", "prototype", "noise"] + [n for n in SHAPES if n.endswith("/kernel")]
    lines += [f'id "{name}" {fnv1a(name):#010x}' for name in names]
    lines.append("# philox seed element step id -> w u")
    top = 0xFFFFFFFF
    rows = [(0, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 0, 0, 0), (2**32, 0, 0, 0),
            (2**64 - 1, 0, 0, 0), (0, top, 0, 0), (0, 0, top, 0), (0, 0, 0, top), (2**64 - 1, top, top, top),
            (0x0123456789ABCDEF, 12345, 678, fnv1a("noise")), (42, 2**31, 1000000, fnv1a("a"))]
    rows += [(0, element, 0, fnv1a("dense/kernel")) for element in (0, 1, 294911)]
    rows += [(1, element, 0, fnv1a(name)) for name in ("prototype", "noise") for element in (0, 30719)]
    for seed, element, step, id in rows:
        lines.append(f"philox {seed} {element} {step} {id:#010x} {int(word(seed, element, step, id)):#010x} "
                     f"{uniform(seed, element, step, id):.17g}")
    lines.append("# initial name -> the first four initial weights (seed 0, step 0), float32")
    for name, w in weights.items():
        lines.append(f"initial {name} " + " ".join(f"{value:.9g}" for value in w.ravel()[:4]))
    lines.append("# image number label -> the sum of its bytes, its first six bytes in [32,32,3] (seed 1, step 0)")
    for i in 0, 1, 10, 199:
        flat = images[i].ravel()
        lines.append(f"image {i} {labels[i]} {flat.sum(dtype=int)} " + " ".join(map(str, flat[:6])))
    (HERE / "philox.txt").write_text("\n".join(lines) + "\n")


def main():
    check_philox()
    weights = initial_weights()
    images, labels = images()
    batches = [(images[i:i + BATCH], labels[i:i + BATCH]) for i in range(0, len(images), BATCH)]

    exact = numpy_run(weights, batches, np.float64)
    check_double(exact, torch_run(weights, batches, "float64"))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        keras_result = pool.apply(keras_run, (weights, batches))
    runs = [exact, numpy_run(weights, batches, np.float32), torch_run(weights, batches, "float32"), keras_result]

    versions = ", ".join(f"{name} {importlib.metadata.version(name).split('+')[0]}"
                         for name in ("numpy", "torch", "keras", "tensorflow-cpu"))
    write_losses(runs, versions)
    write_gradients(runs, versions)
    write_philox(weights, images, labels)
    losses = np.array([run[0] for run in runs])
    for t, row in enumerate(losses.T, 1):
        print(f"step {t}: loss {row[0]:.17g}, spread among the four runs {np.ptp(row):.1e}")


if __name__ == "__main__":
    main()
