"""JAX: one jitted step with its state donated.  It takes as many threads as its process may use cores."""
import os

os.environ["JAX_PLATFORMS"] = "cpu"
from rounds import Request, serve
from workloads import Conv, Dense, Dropout, GlobalAverage, Pool, Residual

import jax
import jax.numpy as jnp
from jax import lax

request = Request()
keys = iter(jax.random.split(jax.random.PRNGKey(0), 256))
ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "": lambda x: x}
PLAIN = dict(same=True, normalized=True)


class Network:
    """The layers, applied to a batch.  The first call makes the weights, every call takes them in the same order."""

    def __init__(self):
        self.weights, self.statistics = [], []

    def __call__(self, weights, statistics, x, key):
        """The result and the new moving statistics."""
        self.given, self.moving, self.moved, self.key = iter(weights), iter(statistics), [], key
        for layer in request.workload.layers[:-1]:
            x = self.apply(layer, x)
        return self.dense(request.workload.layers[-1]._replace(activation=""), x), self.moved

    def apply(self, layer, x):
        kinds = {Conv: self.conv, Residual: self.residual, Pool: self.pool, Dense: self.dense, Dropout: self.dropout, GlobalAverage: self.global_average}
        return kinds[type(layer)](layer, x)

    def weight(self, shape, initializer):
        known = next(self.given, None)
        if known is None:
            known = initializer(next(keys), shape)
            self.weights.append(known)
        return known

    def kernel(self, *shape):
        return self.weight(shape, jax.nn.initializers.glorot_uniform())

    def finish(self, layer, x):
        """The bias, or the batch normalization, and the activation."""
        channels = x.shape[-1:]
        if not layer.normalized:
            return ACTIVATIONS[layer.activation](x + self.weight(channels, jax.nn.initializers.zeros))
        scale, shift = self.weight(channels, jax.nn.initializers.ones), self.weight(channels, jax.nn.initializers.zeros)
        axes = tuple(range(x.ndim - 1))
        mean, variance = x.mean(axes), x.var(axes)
        moving = next(self.moving, None)
        if moving is None:
            moving = (jnp.zeros(channels), jnp.ones(channels))
            self.statistics.append(moving)
        self.moved.append(tuple(0.99 * old + 0.01 * new for old, new in zip(moving, (mean, variance))))
        return ACTIVATIONS[layer.activation]((x - mean) * (lax.rsqrt(variance + 1e-3) * scale) + shift)

    def conv(self, layer, x):
        channels = x.shape[3]
        filters, groups = (layer.filters, layer.groups) if layer.filters else (channels, channels)
        kernel = self.kernel(layer.size, layer.size, channels // groups, filters)
        x = lax.conv_general_dilated(x, kernel, (layer.stride,) * 2, "SAME" if layer.same else "VALID", rhs_dilation=(layer.dilation,) * 2,
                                     dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=groups)
        return self.finish(layer, x)

    def residual(self, layer, x):
        y = self.conv(Conv(layer.filters, activation="", **PLAIN), self.conv(Conv(layer.filters, stride=layer.stride, **PLAIN), x))
        if y.shape != x.shape:
            x = self.conv(Conv(layer.filters, 1, layer.stride, activation="", **PLAIN), x)
        return jax.nn.relu(x + y)

    def pool(self, layer, x):
        window, strides = (1, layer.size, layer.size, 1), (1, layer.stride, layer.stride, 1)
        padding = "SAME" if layer.same else "VALID"
        if layer.kind == "max":
            return lax.reduce_window(x, -jnp.inf, lax.max, window, strides, padding)
        add = lambda value: lax.reduce_window(value, 0.0, lax.add, window, strides, padding)
        return add(x) / add(jnp.ones_like(x))

    def dense(self, layer, x):
        x = x.reshape(len(x), -1)
        return self.finish(layer, x @ self.kernel(x.shape[1], layer.units))

    def dropout(self, layer, x):
        self.key, key = jax.random.split(self.key)
        return jnp.where(jax.random.bernoulli(key, 1 - layer.rate, x.shape), x / (1 - layer.rate), 0)

    def global_average(self, layer, x):
        return x.mean((1, 2))


network = Network()


def loss_of(weights, statistics, inputs, label, key):
    if request.workload.is_table:
        value, moved = network(weights, statistics, inputs, key)
        return ((value - label) ** 2).mean(), (0, moved)
    value, moved = network(weights, statistics, inputs.astype(jnp.float32) * (1 / 255), key)
    loss = -jnp.take_along_axis(jax.nn.log_softmax(value), label[:, None], 1).mean()
    return loss, ((value.argmax(1) == label).sum(), moved)


def train(state, inputs, label):
    weights, statistics, mean, square, count, right = state
    key = jax.random.fold_in(jax.random.PRNGKey(1), count.astype(jnp.int32))
    (_, (hits, statistics)), gradient = jax.value_and_grad(loss_of, has_aux=True)(weights, statistics, inputs, label, key)
    count = count + 1
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
    square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
    rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, mean, square)
    return weights, statistics, mean, square, count, right + hits


compiled = jax.jit(train, donate_argnums=0)
network([], [], jnp.zeros((2, *request.workload.shape)), jax.random.PRNGKey(2))
weights, statistics = list(network.weights), list(network.statistics)
zeros = jax.tree.map(jnp.zeros_like, weights)
state = (weights, statistics, zeros, jax.tree.map(jnp.zeros_like, weights), jnp.float32(0), jnp.int32(0))
batches = request.batches()


def step():
    global state
    index = next(batches)
    state = compiled(state, request.inputs[index], request.labels[index])


serve(request, step, sum(weight.size for weight in weights), wait=lambda: jax.block_until_ready(state), together=10)
