"""What is measured: the models, their batches, and the same networks as lists of layers for the peers."""
from typing import NamedTuple


def result_side(side, layer, dilation=1):
    """How many positions a window has along a side of an image."""
    missing = 0 if layer.same else (layer.size - 1) * dilation
    return (side - missing + layer.stride - 1) // layer.stride


class Conv(NamedTuple):
    filters: int  # 0: one for each channel, which sees only that channel
    size: int = 3  # of the kernel, along both axes
    stride: int = 1
    same: bool = False  # padding
    groups: int = 1
    dilation: int = 1
    normalized: bool = False  # has a batch normalization instead of a bias
    activation: str = "relu"

    def result_shape(self, height, width, channels):
        return *(result_side(side, self, self.dilation) for side in (height, width)), self.filters or channels


class Residual(NamedTuple):
    """Two normalized convolutions, plus the input, or a normalized 1×1 convolution of it if the shape changes, and a ReLU."""

    filters: int
    stride: int = 1


class GlobalAverage(NamedTuple):
    """The mean of each channel."""


class Pool(NamedTuple):
    kind: str  # "max" or "average"
    size: int = 2
    stride: int = 2
    same: bool = False  # padding

    def result_shape(self, height, width, channels):
        return *(result_side(side, self) for side in (height, width)), channels


class Dense(NamedTuple):
    units: int
    activation: str = "relu"  # that of the last layer is a softmax, or none for numbers
    normalized: bool = False


class Dropout(NamedTuple):
    rate: float


class Workload(NamedTuple):
    model: str  # relative to the repository; empty: model_text.py writes it
    shape: tuple  # of an image: height, width, channels; or the number of columns of a table with one target
    layers: list
    batch: int
    steps: int  # of a round: a second or two of the slowest program
    width: tuple  # an edit of the model: text, replacement
    augmented: str = ""  # the same model on images that are flipped and moved

    @property
    def gray(self):
        return self.shape[-1] == 1

    @property
    def is_table(self):
        return len(self.shape) == 1


def tutorial(pool):
    return [Conv(32), Pool(pool), Conv(64), Pool(pool), Dense(128), Dense(10)]


def cifar10_cnn(batch, steps):
    return Workload("examples/cifar10_cnn/model.cc", (32, 32, 3), tutorial("max"), batch, steps, ("filters = 64", "filters = 48"))


def written(shape, layers, batch, steps, width, classes=True):
    """A network that no example has; `width` is the number of filters or units that is edited, and the edited one."""
    edit = tuple(f"{'filters' if len(shape) == 3 else 'units'} = {number}" for number in width)
    last = Dense(10) if classes else Dense(1)
    return Workload("", shape, [*layers, last], batch, steps, edit)


def normalized(filters, **options):
    return Conv(filters, same=True, normalized=True, **options)


VGG_WIDTHS = (64, 128, 256)
VGG = [layer for filters in VGG_WIDTHS for layer in (Conv(filters, same=True), Conv(filters, same=True), Pool("max"))]
VGG_BN = [layer for filters in VGG_WIDTHS for layer in (normalized(filters), normalized(filters), Pool("max"))]
RESNET20 = [normalized(16), *(Residual(filters, 2 if filters > 16 and block == 0 else 1) for filters in (16, 32, 64) for block in range(3)), GlobalAverage()]
MOBILENET = [normalized(32)]
for filters, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1)):
    MOBILENET += [normalized(0, stride=stride), normalized(filters, size=1)]
MOBILENET += [GlobalAverage()]
ALEXNET = [Conv(64, 5, same=True), Pool("max", 3), Conv(64, 5, same=True), Pool("max", 3), Conv(128, same=True), Conv(128, same=True), Pool("max", 3), Dense(256)]
NETWORK_IN_NETWORK = [
    *(Conv(96, 5, same=True), Conv(80, 1), Conv(48, 1), Pool("max", 3, same=True)),
    *(Conv(96, 5, same=True), Conv(96, 1), Conv(96, 1), Pool("average", 3, same=True)),
    *(Conv(96, same=True), Conv(96, 1), Conv(64, 1), GlobalAverage()),
]
STEM = [Conv(64, 7, 2, same=True), Pool("max", 3, same=True), Conv(64, same=True), Conv(128, stride=2, same=True), Conv(128, same=True), GlobalAverage()]
GROUPS = [
    *(Conv(64, same=True), Conv(64, same=True, groups=4), Pool("max")),
    *(Conv(128, same=True, groups=8), Conv(128, same=True, dilation=2), Pool("max")),
    *(Conv(128, same=True, groups=4), Conv(128, same=True, dilation=2), GlobalAverage()),
]
LENET = [Conv(6, 5, same=True, activation="tanh"), Pool("average"), Conv(16, 5, activation="tanh"), Pool("average"), Dense(120, "tanh"), Dense(84, "tanh")]
KERAS_CIFAR = [layer for filters in (32, 64) for layer in (Conv(filters, same=True), Conv(filters), Pool("max"), Dropout(0.25))] + [Dense(512), Dropout(0.5)]
TABLE = 3 * [Dense(256, normalized=True)]

COLOUR = (32, 32, 3)
WORKLOADS = {
    "cifar10_cnn/1": cifar10_cnn(1, 300),
    "cifar10_cnn/32": cifar10_cnn(32, 60)._replace(augmented="tests/bench/models/cifar10_augment.cc"),
    "cifar10_cnn/37": cifar10_cnn(37, 60),
    "cifar10_cnn/256": cifar10_cnn(256, 15),
    "cifar10_cnn_64/32": Workload("examples/cifar10_cnn_64/model.cc", (64, 64, 3), tutorial("max"), 32, 20, ("filters = 64", "filters = 48")),
    "mnist_mlp/128": Workload("examples/mnist_mlp/model.cc", (28, 28, 1), [Dense(512), Dense(512), Dense(10)], 128, 100, ("units = 512", "units = 384")),
    "vgg_like/64": Workload("tests/bench/models/vgg_like.cc", COLOUR, [*VGG, Dense(256), Dense(10)], 64, 8, ("128, 256", "128, 192")),
    "cifar10_avg_pool/32": Workload("examples/cifar10_avg_pool/model.cc", COLOUR, tutorial("average"), 32, 60, ("filters = 64", "filters = 48")),
    "stride2_cnn/32": Workload("tests/bench/models/stride2_cnn.cc", COLOUR, [*(Conv(filters, stride=2, same=True) for filters in (32, 64, 128)), Dense(128), Dense(10)],
                               32, 100, ("filters = 64", "filters = 48")),
    "resnet20/128": written(COLOUR, RESNET20, 128, 10, (64, 48)),
    "vgg_bn/64": written(COLOUR, [*VGG_BN, Dropout(0.5)], 64, 8, (256, 192)),
    "mobilenet/64": written(COLOUR, MOBILENET, 64, 10, (256, 192)),
    "alexnet_like/64": written(COLOUR, ALEXNET, 64, 20, (128, 96)),
    "network_in_network/64": written(COLOUR, NETWORK_IN_NETWORK, 64, 10, (96, 80)),
    "stem7/16": written((96, 96, 3), STEM, 16, 30, (128, 96)),
    "groups_dilation/64": written(COLOUR, GROUPS, 64, 10, (64, 48)),
    "lenet5/64": written((28, 28, 1), LENET, 64, 100, (16, 12)),
    "keras_cifar/32": written(COLOUR, KERAS_CIFAR, 32, 40, (64, 48)),
    "table_mlp/256": written((64,), TABLE, 256, 100, (256, 192), classes=False),
}
