#!/usr/bin/env python3
"""Makes networks.txt beside this file: the losses of 20 training steps of three networks, in double and in float32.

    refvenv/bin/python tests/reference/make_networks.py      # the environment of make_reference.py; two minutes

Each network is written once, below, as a function of a builder, and run by PyTorch and by Keras, each in double and in
float32.  The two double runs must agree to 1e-6 before anything is written.
"""
import importlib.metadata
import multiprocessing
import os
import sys

from make_reference import BATCH, HERE, STEPS, fnv1a, images, uniform

import numpy as np


# ---- The networks; tests/reference/networks.cc has the same in C++ ----

def conv_batch_norm(b, x, filters, size, strides=1):
    return b.batch_norm(b.conv(x, filters, size, strides, bias=False))


def resnet20(b, x):
    def block(x, filters, strides):
        y = b.relu(conv_batch_norm(b, x, filters, 3, strides))
        shortcut = x if strides == 1 else conv_batch_norm(b, x, filters, 1, strides)
        return b.relu(b.add(conv_batch_norm(b, y, filters, 3), shortcut))

    x = b.relu(conv_batch_norm(b, x, 16, 3))
    for filters in (16, 32, 64):
        for number in range(3):
            x = block(x, filters, 2 if filters > 16 and number == 0 else 1)
    return b.dense(b.global_average(x), 10)


def mobilenet(b, x):
    x = b.relu6(conv_batch_norm(b, x, 32, 3))
    for filters, strides in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1)):
        x = b.relu6(b.batch_norm(b.depthwise(x, 3, strides)))
        x = b.relu6(conv_batch_norm(b, x, filters, 1))
    return b.dense(b.global_average(x), 10)


def autoencoder(b, x):
    x = b.relu(b.conv(x, 16, 3, 2))
    x = b.relu(b.conv(x, 32, 3, 2))
    x = b.dense(b.flatten(x), 32)
    x = b.reshape(b.relu(b.dense(x, 8 * 8 * 32)), (8, 8, 32))
    x = b.relu(b.conv_transpose(x, 16, 3, 2))
    return b.sigmoid(b.conv_transpose(x, 3, 3, 2))


NETWORKS = {"resnet20": resnet20, "mobilenet": mobilenet, "autoencoder": autoencoder}


def rate_of(network, step):
    """resnet20 has Keras's CosineDecay with warm-up: from 0 to 0.0005 in 5 steps, then down over 20; the others 1e-3.

    The rates are small, so that float32's rounding errors are not amplified from step to step.
    """
    if network != "resnet20":
        return 1e-3
    if step < 5:
        return 0.0005 * step / 5
    return 0.0005 * 0.5 * (1 + np.cos(np.pi * min(step - 5, 20) / 20))


# ---- Initial weights, by the names that Brine gives ----

class Names:
    def __init__(self):
        self.counts = {}

    def next(self, prefix):
        count = self.counts.get(prefix, 0)
        self.counts[prefix] = count + 1
        return prefix if count == 0 else f"{prefix}_{count}"


def glorot(name, shape, fan_in, fan_out):
    """Glorot-uniform, seed 0, as in make_reference.py."""
    u = uniform(0, np.arange(np.prod(shape)), 0, fnv1a(name))
    return (np.sqrt(6 / (fan_in + fan_out)) * (2 * u - 1)).astype(np.float32).reshape(shape)


# ---- PyTorch ----

class Torch:
    """Tensors are [n, c, h, w]; weights keep Keras's layouts.  The first call makes the weights."""

    def __init__(self, dtype):
        import torch
        self.torch, self.F, self.dtype, self.weights = torch, torch.nn.functional, dtype, {}

    def weight(self, name, value):
        if name not in self.weights:
            self.weights[name] = self.torch.tensor(value, dtype=self.dtype, requires_grad=True)
        return self.weights[name]

    def run(self, network, x):
        self.names = Names()
        return network(self, x)

    def pad_same(self, x, size, strides):
        def pads(extent):
            total = max((-(-extent // strides) - 1) * strides + size - extent, 0)
            return total // 2, total - total // 2
        top, bottom = pads(x.shape[2])
        left, right = pads(x.shape[3])
        return self.F.pad(x, (left, right, top, bottom))

    def conv(self, x, filters, size, strides=1, bias=True):
        name, c = self.names.next("conv2d"), x.shape[1]
        kernel = self.weight(name + "/kernel", glorot(name + "/kernel", (size, size, c, filters), size * size * c, size * size * filters))
        b = self.weight(name + "/bias", np.zeros(filters)) if bias else None
        return self.F.conv2d(self.pad_same(x, size, strides), kernel.permute(3, 2, 0, 1), b, strides)

    def depthwise(self, x, size, strides):
        name, c = self.names.next("depthwise_conv2d"), x.shape[1]
        kernel = self.weight(name + "/kernel", glorot(name + "/kernel", (size, size, c, 1), size * size * c, size * size))
        return self.F.conv2d(self.pad_same(x, size, strides), kernel.permute(2, 3, 0, 1), None, strides, groups=c)

    def conv_transpose(self, x, filters, size, strides):
        name, c, side = self.names.next("conv2d_transpose"), x.shape[1], x.shape[2] * strides
        kernel = self.weight(name + "/kernel", glorot(name + "/kernel", (size, size, filters, c), size * size * filters, size * size * c))
        b = self.weight(name + "/bias", np.zeros(filters))
        # The transpose of a "same" convolution of an image with this side, whose pads are 0 before and 1 after.
        y = self.F.conv_transpose2d(x, kernel.permute(3, 2, 0, 1), None, strides)
        return y[:, :, :side, :side] + b[None, :, None, None]

    def batch_norm(self, x):
        name, c = self.names.next("batch_normalization"), x.shape[1]
        gamma, beta = self.weight(name + "/gamma", np.ones(c)), self.weight(name + "/beta", np.zeros(c))
        return self.F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3)

    def dense(self, x, units):
        name, k = self.names.next("dense"), x.shape[1]
        kernel = self.weight(name + "/kernel", glorot(name + "/kernel", (k, units), k, units))
        return x @ kernel + self.weight(name + "/bias", np.zeros(units))

    def relu(self, x): return self.F.relu(x)
    def relu6(self, x): return self.F.relu6(x)
    def sigmoid(self, x): return self.torch.sigmoid(x)
    def add(self, a, b): return a + b
    def global_average(self, x): return x.mean((2, 3))
    def flatten(self, x): return x.permute(0, 2, 3, 1).flatten(1)
    def reshape(self, x, shape): return x.reshape(-1, *shape).permute(0, 3, 1, 2)


def initial_weights(name):
    import torch
    builder = Torch(torch.float32)
    with torch.no_grad():
        builder.run(NETWORKS[name], torch.zeros(2, 3, 32, 32))
        return {key: weight.numpy() for key, weight in builder.weights.items()}


def torch_losses(name, precision):
    import torch
    torch.set_num_threads(1)
    dtype = getattr(torch, precision)
    builder = Torch(dtype)
    pixels, labels = images()
    m, v, losses = {}, {}, []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        x = (torch.tensor(pixels[rows]).to(dtype) / 255).permute(0, 3, 1, 2)
        y = builder.run(NETWORKS[name], x)
        if name == "autoencoder":
            loss = ((y - x) ** 2).mean()
        else:
            loss = torch.nn.functional.cross_entropy(y, torch.tensor(labels[rows]))
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for key, p in builder.weights.items():
                g, t = p.grad, step + 1
                if name != "autoencoder":  # momentum 0.9, nesterov, as Keras forms them
                    rate = rate_of(name, step)
                    m[key] = 0.9 * m.get(key, 0) - rate * g
                    p += 0.9 * m[key] - rate * g
                else:
                    m[key] = 0.9 * m.get(key, 0) + 0.1 * g
                    v[key] = 0.999 * v.get(key, 0) + 0.001 * g * g
                    p -= rate_of(name, step) * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t) * m[key] / (v[key] ** 0.5 + 1e-7)
                p.grad = None
    return losses


# ---- Keras ----

class Keras:
    """Builds a functional model; the layers get Keras's automatic names, which are Brine's."""

    def __init__(self):
        import keras
        self.layers, self.names = keras.layers, Names()

    def conv(self, x, filters, size, strides=1, bias=True):
        return self.layers.Conv2D(filters, size, strides, "same", use_bias=bias, name=self.names.next("conv2d"))(x)

    def depthwise(self, x, size, strides):
        return self.layers.DepthwiseConv2D(size, strides, "same", use_bias=False, name=self.names.next("depthwise_conv2d"))(x)

    def conv_transpose(self, x, filters, size, strides):
        return self.layers.Conv2DTranspose(filters, size, strides, "same", name=self.names.next("conv2d_transpose"))(x)

    def batch_norm(self, x): return self.layers.BatchNormalization(name=self.names.next("batch_normalization"))(x)
    def dense(self, x, units): return self.layers.Dense(units, name=self.names.next("dense"))(x)
    def relu(self, x): return self.layers.ReLU()(x)
    def relu6(self, x): return self.layers.ReLU(6.0)(x)
    def sigmoid(self, x): return self.layers.Activation("sigmoid")(x)
    def add(self, a, b): return self.layers.Add()([a, b])
    def global_average(self, x): return self.layers.GlobalAveragePooling2D()(x)
    def flatten(self, x): return self.layers.Flatten()(x)
    def reshape(self, x, shape): return self.layers.Reshape(shape)(x)


def keras_losses(name, precision, weights):
    import keras
    keras.backend.set_floatx(precision)
    inputs = keras.Input((32, 32, 3))
    outputs = NETWORKS[name](Keras(), inputs)
    model = keras.Model(inputs, outputs)
    for variable in model.trainable_variables:
        variable.assign(weights[variable.path])
    optimizer = keras.optimizers.SGD(1.0, 0.9, nesterov=True) if name != "autoencoder" else keras.optimizers.Adam(1e-3)
    model.compile(optimizer=optimizer, jit_compile=False, loss="mean_squared_error" if name == "autoencoder" else
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    pixels, labels = images()
    losses = []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        x = (pixels[rows] / np.array(255, precision)).astype(precision)
        optimizer.learning_rate = rate_of(name, step)
        model.reset_metrics()
        losses.append(float(model.train_on_batch(x, x if name == "autoencoder" else labels[rows])))
    return losses


# ---- Proof and output ----

def run(function, *arguments):
    """PyTorch and TensorFlow abort each other in one process, and Keras's precision is global."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def main():
    versions = ", ".join(f"{name} {importlib.metadata.version(name).split('+')[0]}"
                         for name in ("torch", "keras", "tensorflow-cpu"))
    lines = [f"""\
# Losses of three networks over {STEPS} training steps, batch {BATCH}: the batch's mean, before the update.
# Made by make_networks.py with {versions}, one thread.
# Columns: network; step; PyTorch double; PyTorch float32; Keras float32.
# network step double pytorch keras"""]
    for name in NETWORKS:
        weights = run(initial_weights, name)
        exact = run(torch_losses, name, "float64")
        other = run(keras_losses, name, "float64", weights)
        error = np.abs(np.subtract(exact, other)).max()
        print(f"{name}: the double runs differ by at most {error:.1e}; losses {exact[0]:.6f} ... {exact[-1]:.6f}")
        rounded = [run(torch_losses, name, "float32"), run(keras_losses, name, "float32", weights)]
        for column in rounded:
            print(f"  float32 differs by at most {np.abs(np.subtract(exact, column)).max():.1e}")
        assert error < 1e-6
        for step, row in enumerate(zip(exact, *rounded), 1):
            lines.append(f"{name} {step} {row[0]:.17g} " + " ".join(f"{loss:.9g}" for loss in row[1:]))
    (HERE / "networks.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    main()
