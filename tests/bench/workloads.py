"""What is measured: the models, their batches, and the same networks as lists of layers for the peers."""
from typing import NamedTuple


class Conv(NamedTuple):
    filters: int
    stride: int = 1
    same: bool = False  # padding; kernels are 3×3, followed by a bias and a ReLU


class NormalizedConv(NamedTuple):
    """Without a bias, followed by a batch normalization and a ReLU; padded to the same size."""

    filters: int
    size: int = 3
    stride: int = 1


class DepthwiseConv(NamedTuple):
    """The same with one 3×3 filter for each channel."""

    stride: int = 1


class Residual(NamedTuple):
    """Two normalized convolutions, plus the input, or a normalized 1×1 convolution of it if the stride is not 1."""

    filters: int
    stride: int = 1


class GlobalAverage(NamedTuple):
    """The mean of each channel."""


class Pool(NamedTuple):
    kind: str  # "max" or "average"; 2×2


class Dense(NamedTuple):
    units: int  # followed by a ReLU, but for the last


class Workload(NamedTuple):
    model: str  # relative to the repository
    shape: tuple  # of an image: height, width, channels
    layers: list
    batch: int
    steps: int  # of a round: a second or two of the slowest program
    width: tuple  # an edit of the model: text, replacement
    augmented: str = ""  # the same model on images that are flipped and moved
    peers: tuple = ("PyTorch", "PyTorch compile", "Keras", "Keras XLA", "JAX")  # whose scripts know all of its layers

    @property
    def gray(self):
        return self.shape[2] == 1


def tutorial(pool):
    return [Conv(32), Pool(pool), Conv(64), Pool(pool), Dense(128), Dense(10)]


def cifar10_cnn(batch, steps):
    return Workload("examples/cifar10_cnn/model.cc", (32, 32, 3), tutorial("max"), batch, steps, ("filters = 64", "filters = 48"))


# A small network of the layers that it names, for PyTorch beside Brine.
def small(name, layers, batch, width):
    return Workload(f"tests/bench/models/{name}.cc", (32, 32, 3), [*layers, GlobalAverage(), Dense(10)], batch, 10, width, peers=("PyTorch", "PyTorch compile"))


MOBILE = [NormalizedConv(32)]
for filters, stride in ((64, 1), (128, 2), (256, 2)):
    MOBILE += [DepthwiseConv(stride), NormalizedConv(filters, size=1)]
VGG = [layer for filters in (64, 128, 256) for layer in (Conv(filters, same=True), Conv(filters, same=True), Pool("max"))]
WORKLOADS = {
    "cifar10_cnn/1": cifar10_cnn(1, 300),
    "cifar10_cnn/32": cifar10_cnn(32, 60)._replace(augmented="tests/bench/models/cifar10_augment.cc"),
    "cifar10_cnn/37": cifar10_cnn(37, 60),
    "cifar10_cnn/256": cifar10_cnn(256, 15),
    "cifar10_cnn_64/32": Workload("examples/cifar10_cnn_64/model.cc", (64, 64, 3), tutorial("max"), 32, 20, ("filters = 64", "filters = 48")),
    "mnist_mlp/128": Workload("examples/mnist_mlp/model.cc", (28, 28, 1), [Dense(512), Dense(512), Dense(10)], 128, 100, ("units = 512", "units = 384")),
    "vgg_like/64": Workload("tests/bench/models/vgg_like.cc", (32, 32, 3), [*VGG, Dense(256), Dense(10)], 64, 8, ("128, 256", "128, 192")),
    "cifar10_avg_pool/32": Workload("examples/cifar10_avg_pool/model.cc", (32, 32, 3), tutorial("average"), 32, 60, ("filters = 64", "filters = 48")),
    "stride2_cnn/32": Workload("tests/bench/models/stride2_cnn.cc", (32, 32, 3), [*(Conv(filters, stride=2, same=True) for filters in (32, 64, 128)), Dense(128), Dense(10)],
                               32, 100, ("filters = 64", "filters = 48")),
    "mobilenet/64": small("mobilenet", MOBILE, 64, ("128, 256", "128, 192")),
    "resnet/128": small("resnet", [NormalizedConv(16), Residual(16), Residual(32, stride=2), Residual(64, stride=2)], 128, ("32, 64", "32, 48")),
}
