"""Keras on TensorFlow: the function that fit() calls for each step, on a data set of ready batches; MODE xla compiles it by XLA."""
import math
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
from rounds import Request, serve
from workloads import Conv, Dense, Dropout, GlobalAverage, Pool, Residual

import tensorflow as tf
import keras
from keras import layers

request = Request()
tf.config.threading.set_intra_op_parallelism_threads(request.threads)
keras.utils.set_random_seed(0)


def conv(layer, x):
    padding = "same" if layer.same else "valid"
    common = dict(padding=padding, use_bias=not layer.normalized, activation=None if layer.normalized else layer.activation or None)
    if layer.filters:
        x = layers.Conv2D(layer.filters, layer.size, layer.stride, dilation_rate=layer.dilation, groups=layer.groups, **common)(x)
    else:
        x = layers.DepthwiseConv2D(layer.size, layer.stride, **common)(x)
    return normalized(layer, x) if layer.normalized else x


def normalized(layer, x):
    x = layers.BatchNormalization()(x)
    return layers.Activation(layer.activation)(x) if layer.activation else x


def residual(layer, x):
    plain = dict(same=True, normalized=True)
    y = conv(Conv(layer.filters, activation="", **plain), conv(Conv(layer.filters, stride=layer.stride, **plain), x))
    if y.shape != x.shape:
        x = conv(Conv(layer.filters, 1, layer.stride, activation="", **plain), x)
    return layers.Activation("relu")(layers.Add()([x, y]))


def pool(layer, x):
    kind = layers.MaxPooling2D if layer.kind == "max" else layers.AveragePooling2D
    return kind(layer.size, layer.stride, "same" if layer.same else "valid")(x)


def dense(layer, x):
    if len(x.shape) > 2:
        x = layers.Flatten()(x)
    if layer.normalized:
        return normalized(layer, layers.Dense(layer.units, use_bias=False)(x))
    return layers.Dense(layer.units, activation=layer.activation)(x)


LAYERS = {
    Conv: conv,
    Residual: residual,
    Pool: pool,
    Dense: dense,
    Dropout: lambda layer, x: layers.Dropout(layer.rate)(x),
    GlobalAverage: lambda layer, x: layers.GlobalAveragePooling2D()(x),
}


def network():
    workload = request.workload
    inputs = keras.Input(workload.shape, dtype="float32" if workload.is_table else "uint8")
    x = inputs if workload.is_table else layers.Rescaling(1 / 255)(inputs)
    for layer in [*workload.layers[:-1], workload.layers[-1]._replace(activation="linear" if workload.is_table else "softmax")]:
        x = LAYERS[type(layer)](layer, x)
    return keras.Model(inputs, x)


model = network()
objective = dict(loss="mse") if request.workload.is_table else dict(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.compile(optimizer=keras.optimizers.Adam(1e-3), jit_compile=request.mode == "xla", **objective)
model.make_train_function()
by_batch = (request.inputs.reshape(-1, request.batch, *request.workload.shape), request.labels.reshape(-1, request.batch, *request.labels.shape[1:]))
batches = iter(tf.data.Dataset.from_tensor_slices(by_batch).repeat().prefetch(2))
logs = None


def step():
    global logs
    logs = model.train_function(batches)


parameters = sum(math.prod(variable.shape) for variable in model.trainable_variables)
serve(request, step, parameters, wait=lambda: float(logs["loss"]))
