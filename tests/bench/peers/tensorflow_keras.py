"""Keras on TensorFlow: the function that fit() calls for each step, on a data set of ready batches; MODE xla compiles it by XLA."""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
from rounds import Request, serve
from workloads import Conv, Pool

import tensorflow as tf
import keras
from keras import layers

request = Request()
tf.config.threading.set_intra_op_parallelism_threads(request.threads)
keras.utils.set_random_seed(0)


def network():
    model = keras.Sequential([keras.Input(request.workload.shape, dtype="uint8"), layers.Rescaling(1 / 255)])
    flat = False
    for number, layer in enumerate(request.workload.layers):
        last = number == len(request.workload.layers) - 1
        if isinstance(layer, Conv):
            model.add(layers.Conv2D(layer.filters, 3, layer.stride, "same" if layer.same else "valid", activation="relu"))
        elif isinstance(layer, Pool):
            model.add(layers.MaxPooling2D(2) if layer.kind == "max" else layers.AveragePooling2D(2))
        else:
            if not flat:
                model.add(layers.Flatten())
            flat = True
            model.add(layers.Dense(layer.units, activation="softmax" if last else "relu"))
    return model


model = network()
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=request.mode == "xla")
model.make_train_function()
by_batch = (request.images.reshape(-1, request.batch, *request.workload.shape), request.labels.reshape(-1, request.batch))
batches = iter(tf.data.Dataset.from_tensor_slices(by_batch).repeat().prefetch(2))
logs = None


def step():
    global logs
    logs = model.train_function(batches)


serve(request, step, wait=lambda: float(logs["loss"]))
