#!/usr/bin/env python3
"""Makes trained_layers.txt beside this file: small networks, each with one kind of layer, trained for three steps by Keras.

    python3 -m venv refvenv                                   # Python 3.11 or newer, outside the repository
    refvenv/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0
    refvenv/bin/python tests/reference/make_trained_layers.py         # half a minute; rewrites trained_layers.txt

All is computed in double.  A network is a dense layer without bias, so that the gradient of the input counts, then the
layers of the case, then Flatten.  Its loss is the mean squared error, its optimizer SGD with the rate 0.1.  Batches have
4, 4 and 2 rows.  Element i of weight k is 0.5·sin(1.3·i + 0.7·k), plus 1 for gamma and moving_variance; element i of the
images of step t is sin(0.9·i + t) + 0.5, and of the labels cos(0.5·i + t).  Losses include the penalties of regularizers,
whose factors are powers of two, since Keras rounds them to float32.
"""
import os
import pathlib

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="")

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.regularizers import L1, L1L2, L2

keras.backend.set_floatx("float64")

IMAGE, SEQUENCE, ROW = (5, 6, 2), (7, 2), (5,)
CASES = {  # name: shape of the input, units of the dense layer, layers
    "batch_normalization": (IMAGE, 3, lambda: [layers.BatchNormalization(momentum=0.9)]),
    "batch_normalization_of_sequences": (SEQUENCE, 3, lambda: [layers.BatchNormalization(epsilon=1e-5)]),
    "batch_normalization_of_rows": (ROW, 4, lambda: [layers.BatchNormalization(center=False, scale=False)]),
    "batch_normalization_frozen": (IMAGE, 3, lambda: [layers.BatchNormalization(trainable=False)]),
    "layer_normalization": (IMAGE, 3, lambda: [layers.LayerNormalization()]),
    "layer_normalization_of_rows": (ROW, 4, lambda: [layers.LayerNormalization(epsilon=1e-2, center=False)]),
    "layer_normalization_plain": (SEQUENCE, 3, lambda: [layers.LayerNormalization(center=False, scale=False)]),
    "group_normalization": (IMAGE, 6, lambda: [layers.GroupNormalization(groups=2)]),
    "group_normalization_of_sequences": (SEQUENCE, 6, lambda: [layers.GroupNormalization(groups=3, scale=False)]),
    "group_normalization_of_channels": (IMAGE, 3, lambda: [layers.GroupNormalization(groups=-1)]),
    "normalization": (IMAGE, 3, lambda: [layers.Normalization(mean=[1, -2, 0.5], variance=[4, 0.25, 0.0625])]),
    "normalization_of_number": (SEQUENCE, 3, lambda: [layers.Normalization(axis=None, mean=1.5, variance=3)]),
    "normalization_inverted": (ROW, 2, lambda: [layers.Normalization(mean=[1, -2], variance=[4, 0.25], invert=True)]),
    "depthwise_conv2d": (IMAGE, 3, lambda: [layers.DepthwiseConv2D(3, depth_multiplier=2, activation="tanh")]),
    "depthwise_conv2d_with_strides": (IMAGE, 3, lambda: [layers.DepthwiseConv2D((3, 2), strides=2, padding="same")]),
    "depthwise_conv2d_dilated": (IMAGE, 2, lambda: [layers.DepthwiseConv2D(2, dilation_rate=2, use_bias=False)]),
    "separable_conv2d": (IMAGE, 3, lambda: [layers.SeparableConv2D(4, 3, depth_multiplier=2, padding="same")]),
    "separable_conv2d_with_strides": (IMAGE, 2, lambda: [layers.SeparableConv2D(3, 2, strides=2, use_bias=False)]),
    "conv2d_transpose": (IMAGE, 3, lambda: [layers.Conv2DTranspose(4, 3, activation="tanh")]),
    "conv2d_transpose_valid": (IMAGE, 2, lambda: [layers.Conv2DTranspose(3, (3, 2), strides=(2, 3))]),
    "conv2d_transpose_same": (IMAGE, 2, lambda: [layers.Conv2DTranspose(3, 3, strides=2, padding="same")]),
    "conv2d_transpose_same_even": (IMAGE, 2, lambda: [layers.Conv2DTranspose(3, 4, strides=2, padding="same")]),
    "conv2d_transpose_padded": (IMAGE, 2, lambda: [
        layers.Conv2DTranspose(3, 3, strides=(2, 3), padding="same", output_padding=(0, 2), use_bias=False)]),
    "conv2d_transpose_padded_valid": (IMAGE, 2, lambda: [
        layers.Conv2DTranspose(3, 3, strides=2, output_padding=1)]),
    "conv1d": (SEQUENCE, 3, lambda: [layers.Conv1D(4, 3, activation="tanh")]),
    "conv1d_with_strides": (SEQUENCE, 4, lambda: [layers.Conv1D(6, 2, strides=2, padding="same", groups=2)]),
    "conv1d_causal": (SEQUENCE, 2, lambda: [layers.Conv1D(3, 3, padding="causal", dilation_rate=2, use_bias=False)]),
    "max_pooling1d": (SEQUENCE, 3, lambda: [layers.MaxPooling1D()]),
    "max_pooling1d_overlapping": (SEQUENCE, 3, lambda: [layers.MaxPooling1D(3, strides=2, padding="same")]),
    "average_pooling1d": (SEQUENCE, 3, lambda: [layers.AveragePooling1D(2, padding="same")]),
    "global_average_pooling1d": (SEQUENCE, 3, lambda: [layers.GlobalAveragePooling1D()]),
    "global_max_pooling1d": (SEQUENCE, 3, lambda: [layers.GlobalMaxPooling1D(keepdims=True)]),
    "dense_regularized": (ROW, 4, lambda: [layers.Dense(
        3, "tanh", kernel_regularizer=L1L2(0.015625, 0.03125), bias_regularizer=L1(0.0625),
        activity_regularizer=L2(0.0625))]),
    "dense_regularized_frozen": (ROW, 4, lambda: [layers.Dense(
        3, kernel_regularizer=L2(0.25), bias_regularizer=L1(0.25), activity_regularizer=L1(0.0625), trainable=False)]),
    "dense_regularized_shared": (ROW, 4, lambda: 2 * [layers.Dense(
        4, kernel_regularizer=L2(0.03125), activity_regularizer=L1L2(l2=0.015625))]),
    "conv2d_regularized": (IMAGE, 3, lambda: [layers.Conv2D(
        4, 3, kernel_regularizer=L2(0.0625), bias_regularizer=L1L2(l1=0.125), activity_regularizer=L1(0.0625))]),
    "conv1d_regularized": (SEQUENCE, 3, lambda: [layers.Conv1D(
        4, 3, kernel_regularizer=L1(0.015625), bias_regularizer=L2(0.25), activity_regularizer=L2(0.001953125))]),
    "depthwise_conv2d_regularized": (IMAGE, 3, lambda: [layers.DepthwiseConv2D(
        2, depthwise_regularizer=L2(0.125), bias_regularizer=L1(0.125), activity_regularizer=L2(0.015625))]),
    "separable_conv2d_regularized": (IMAGE, 3, lambda: [layers.SeparableConv2D(
        4, 2, depthwise_regularizer=L1(0.125), pointwise_regularizer=L2(0.25), bias_regularizer=L2(0.0625),
        activity_regularizer=L1(0.015625))]),
    "conv2d_transpose_regularized": (IMAGE, 3, lambda: [layers.Conv2DTranspose(
        2, 3, kernel_regularizer=L1L2(0.0078125, 0.015625), bias_regularizer=L2(0.25),
        activity_regularizer=L1(0.00390625))]),
    "batch_normalization_regularized": (IMAGE, 3, lambda: [layers.BatchNormalization(
        beta_regularizer=L1(0.125), gamma_regularizer=L2(0.25))]),
    "layer_normalization_regularized": (IMAGE, 3, lambda: [layers.LayerNormalization(
        beta_regularizer=L2(0.125), gamma_regularizer=L1(0.25))]),
    "group_normalization_regularized": (IMAGE, 6, lambda: [layers.GroupNormalization(
        groups=2, beta_regularizer=L2(0.125), gamma_regularizer=L2(0.25))]),
    "p_re_lu_regularized": (IMAGE, 3, lambda: [layers.PReLU(alpha_regularizer=L1L2(0.125, 0.25), shared_axes=[1, 2])]),
}
ROWS, RATE = (4, 4, 2), 0.1


def batch(shape, step, rows, function):
    scale = 0.9 if function is np.sin else 0.5
    count = rows * int(np.prod(shape))
    return (function(scale * np.arange(count) + step) + (0.5 if function is np.sin else 0)).reshape((rows, *shape))


def run(shape, units, make):
    x = keras.Input(shape)
    y = layers.Dense(units, use_bias=False)(x)
    for layer in make():
        y = layer(y)
    model = keras.Model(x, layers.Flatten()(y))
    weights = [w for w in model.weights if w.name not in ("mean", "variance", "count")]
    for k, weight in enumerate(weights):
        offset = 1 if weight.name in ("gamma", "moving_variance") else 0
        weight.assign(offset + 0.5 * np.sin(1.3 * np.arange(np.prod(weight.shape)) + 0.7 * k).reshape(weight.shape))

    def loss(step, training):
        y = model(batch(shape, step, ROWS[step], np.sin), training=training)
        return tf.add_n([tf.reduce_mean(tf.square(y - batch(y.shape[1:], step, ROWS[step], np.cos)))] + model.losses)

    losses = []
    for step in range(len(ROWS)):
        with tf.GradientTape() as tape:
            value = loss(step, True)
        losses.append(float(value))
        trained = model.trainable_weights
        for weight, gradient in zip(trained, tape.gradient(value, [w.value for w in trained])):
            weight.assign_sub(RATE * gradient)
    losses.append(float(loss(0, False)))
    sums = []
    for weight in weights:
        flat = np.asarray(weight).ravel()
        sums += [flat.sum(), flat @ np.cos(np.arange(flat.size))]
    return losses + sums


def main():
    lines = [f"# made by make_trained_layers.py with Keras {keras.__version__}, TensorFlow {tf.__version__}, in float64",
             "# case, the losses of three steps of training, the loss of an evaluation of the first batch, and for each"
             " weight w the sums of w[i] and of w[i]·cos i"]
    for name, (shape, units, make) in CASES.items():
        lines.append(" ".join([name] + [f"{number:.12g}" for number in run(shape, units, make)]))
    (pathlib.Path(__file__).resolve().parent / "trained_layers.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
