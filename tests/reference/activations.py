"""Writes activations.txt: Keras's activations and their derivatives, in float64.  Needs keras 3 with tensorflow.

A row is `name x y dy/dx`.  Layers with arguments have their arguments in the name: `ReLU(max_value=1,threshold=0.5)`.
"""
import os
import pathlib

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import numpy as np
import tensorflow as tf

NAMES = ["linear", "relu", "relu6", "leaky_relu", "elu", "selu", "exponential", "sigmoid", "hard_sigmoid", "tanh",
         "softplus", "softsign", "silu", "swish", "hard_silu", "hard_swish", "gelu", "mish"]
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


lines = []
for name in NAMES:
    lines += rows(name, keras.activations.get(name))
lines += rows("gelu_tanh", lambda x: keras.activations.gelu(x, approximate=True))
for kind, arguments in LAYERS:
    text = ",".join(f"{key}={value}" for key, value in arguments.items())
    lines += rows(f"{kind}({text})", getattr(keras.layers, kind)(**arguments, dtype="float64"))
(pathlib.Path(__file__).parent / "activations.txt").write_text("\n".join(lines) + "\n")
