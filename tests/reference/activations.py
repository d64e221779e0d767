"""Writes activations.txt: Keras's activations and their derivatives, in float64.  Needs keras 3 with tensorflow.

A row is `name x y dy/dx`.  Layers with arguments have their arguments in the name: `ReLU(max_value=1,threshold=0.5)`.
"""
import math
import os
import pathlib

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import numpy as np
import tensorflow as tf

NAMES = ["linear", "relu", "relu6", "leaky_relu", "elu", "selu", "exponential", "sigmoid", "hard_sigmoid", "tanh",
         "softplus", "softsign", "silu", "swish", "hard_silu", "hard_swish", "mish"]
LAYERS = [("ReLU", {"max_value": 1}), ("ReLU", {"max_value": 1, "threshold": 0.5}),
          ("ReLU", {"max_value": 1, "negative_slope": 0.25, "threshold": 0.5}), ("ReLU", {"negative_slope": 0.25}),
          ("ReLU", {"negative_slope": 0.25, "threshold": 0.5}), ("LeakyReLU", {}), ("ELU", {"alpha": 0.5})]
# Far from 0, where formulas overflow or lose digits, and near it.  No kink of an activation is among them but 0, where
# relu and its relatives have TensorFlow's derivative.
POINTS = [-60, -20, -9.5, -5, -2.5, -1.25, -0.7, -0.3, -1e-3, -1e-9, 0, 1e-9, 1e-3, 0.3, 0.7, 1.25, 2.5, 5, 9.5, 20, 60]


def rows(name, function):
    x = tf.constant(POINTS, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    slope = tape.gradient(y, x)
    return [f"{name} {a!r} {float(b)!r} {float(c)!r}" for a, b, c in zip(POINTS, y, slope)]


def gelu_rows():
    """By the C library: TensorFlow rounds √2 and √(2/π) to float32, which changes the results at -5 by 4e-7 of them."""
    def density(x):
        return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    def gelu(x):
        share = math.erfc(-x / math.sqrt(2)) / 2
        return x * share, share + x * density(x)

    def gelu_tanh(x):
        k = math.sqrt(2 / math.pi)
        e = math.exp(-2 * abs(k * (x + 0.044715 * x**3)))  # 1 + tanh(-u) = 2e / (1 + e) without cancellation
        share = e / (1 + e) if x < 0 else 1 / (1 + e)
        return x * share, share + x * share * (1 - share) * 2 * k * (1 + 3 * 0.044715 * x * x)

    return [f"{function.__name__} {a!r} {function(a)[0]!r} {function(a)[1]!r}"
            for function in (gelu, gelu_tanh) for a in POINTS]


lines = gelu_rows()
for name in NAMES:
    lines += rows(name, keras.activations.get(name))
for kind, arguments in LAYERS:
    text = ",".join(f"{key}={value}" for key, value in arguments.items())
    lines += rows(f"{kind}({text})", getattr(keras.layers, kind)(**arguments, dtype="float64"))
(pathlib.Path(__file__).parent / "activations.txt").write_text("\n".join(lines) + "\n")
