"""JAX: one jitted step with its state donated.  It takes as many threads as its process may use cores."""
import os

os.environ["JAX_PLATFORMS"] = "cpu"
from rounds import Request, serve
from workloads import Conv, Pool

import jax
import jax.numpy as jnp
from jax import lax

request = Request()
keys = iter(jax.random.split(jax.random.PRNGKey(0), 64))


def parameters():
    height, width, channels = request.workload.shape
    result = []
    for layer in request.workload.layers:
        if isinstance(layer, Conv):
            shape = (3, 3, channels, layer.filters)
            height, width = ((side - (0 if layer.same else 2) + layer.stride - 1) // layer.stride for side in (height, width))
            channels = layer.filters
        elif isinstance(layer, Pool):
            height, width = height // 2, width // 2
            continue
        else:
            shape = (height * width * channels, layer.units)
            height = width = 1
            channels = layer.units
        result.append((jax.nn.initializers.glorot_uniform()(next(keys), shape), jnp.zeros(channels)))
    return result


def logits(weights, pixels):
    value = pixels.astype(jnp.float32) * (1 / 255)
    weights = iter(weights)
    for number, layer in enumerate(request.workload.layers):
        if isinstance(layer, Pool):
            window = (1, 2, 2, 1)
            if layer.kind == "max":
                value = lax.reduce_window(value, -jnp.inf, lax.max, window, window, "VALID")
            else:
                value = lax.reduce_window(value, 0.0, lax.add, window, window, "VALID") / 4
            continue
        kernel, bias = next(weights)
        if isinstance(layer, Conv):
            value = lax.conv_general_dilated(value, kernel, (layer.stride,) * 2, "SAME" if layer.same else "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        else:
            value = value.reshape(len(value), -1) @ kernel
        value = value + bias
        if number < len(request.workload.layers) - 1:
            value = jax.nn.relu(value)
    return value


def loss_of(weights, pixels, label):
    value = logits(weights, pixels)
    loss = -jnp.take_along_axis(jax.nn.log_softmax(value), label[:, None], 1).mean()
    return loss, (value.argmax(1) == label).sum()


def train(state, pixels, label):
    weights, mean, square, count, right = state
    (_, hits), gradient = jax.value_and_grad(loss_of, has_aux=True)(weights, pixels, label)
    count = count + 1
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
    square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
    rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, mean, square)
    return weights, mean, square, count, right + hits


compiled = jax.jit(train, donate_argnums=0)
weights = parameters()
zeros = jax.tree.map(jnp.zeros_like, weights)
state = (weights, zeros, jax.tree.map(jnp.zeros_like, weights), jnp.float32(0), jnp.int32(0))
batches = request.batches()


def step():
    global state
    index = next(batches)
    state = compiled(state, request.images[index], request.labels[index])


serve(request, step, wait=lambda: jax.block_until_ready(state), together=10)
