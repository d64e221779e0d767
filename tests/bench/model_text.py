"""The model of a workload in Brine's language, for workloads that no example has."""
import pathlib

from workloads import Conv, Dense, Dropout, GlobalAverage, Pool, Residual, WORKLOADS

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments(**fields):
    """Designated initializers, without those that are None."""
    quoted = {name: str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else value for name, value in fields.items()}
    return "{" + ", ".join(f".{name} = {value}" for name, value in quoted.items() if value is not None) + "}"


class Writer:
    """Statements that compute `x`, and the shape of x."""

    def __init__(self, shape):
        self.shape, self.lines = tuple(shape), []

    def apply(self, layer, source="x", target="x"):
        self.lines.append(f"  {target} = {layer}({source});")

    def normalize(self, activation, target="x"):
        self.apply("BatchNormalization()", target, target)
        if activation:
            self.apply(f'Activation("{activation}")', target, target)

    def conv(self, layer, source="x", target="x"):
        options = arguments(filters=layer.filters or None, kernel_size=layer.size, strides=layer.stride if layer.stride > 1 else None, padding="same" if layer.same else None,
                            dilation_rate=layer.dilation if layer.dilation > 1 else None, groups=layer.groups if layer.groups > 1 else None,
                            activation=None if layer.normalized else layer.activation, use_bias=False if layer.normalized else None)
        self.apply(f"{'Conv2D' if layer.filters else 'DepthwiseConv2D'}({options})", source, target)
        if layer.normalized:
            self.normalize(layer.activation, target)
        self.shape = layer.result_shape(*self.shape)

    def pool(self, layer):
        name = "MaxPooling2D" if layer.kind == "max" else "AveragePooling2D"
        options = arguments(pool_size=layer.size, strides=layer.stride, padding="same" if layer.same else None)
        self.apply(f"{name}({options})")
        self.shape = layer.result_shape(*self.shape)

    def residual(self, layer):
        before, shape = f"before_{len(self.lines)}", self.shape
        self.lines.append(f"  Tensor {before} = x;")
        plain = dict(same=True, normalized=True)
        self.conv(Conv(layer.filters, stride=layer.stride, **plain))
        self.conv(Conv(layer.filters, activation="", **plain))
        if self.shape != shape:
            after, self.shape = self.shape, shape
            self.conv(Conv(layer.filters, 1, layer.stride, activation="", **plain), before, before)
            self.shape = after
        self.lines.append(f"  x = Relu(x + {before});")

    def dense(self, layer, activation):
        if len(self.shape) > 1:
            self.apply("Flatten()")
        options = arguments(units=layer.units, activation=None if layer.normalized else activation or None, use_bias=False if layer.normalized else None)
        self.apply(f"Dense({options})")
        if layer.normalized:
            self.normalize(activation)
        self.shape = (layer.units,)

    def global_average(self):
        self.apply("GlobalAveragePooling2D()")
        self.shape = (self.shape[2],)


def model_text(name, workload):
    writer = Writer(workload.shape)
    write = {
        Conv: writer.conv,
        Pool: writer.pool,
        Residual: writer.residual,
        GlobalAverage: lambda layer: writer.global_average(),
        Dropout: lambda layer: writer.apply(f"Dropout({layer.rate}f)"),
        Dense: lambda layer: writer.dense(layer, layer.activation),
    }
    if not workload.is_table:
        writer.apply("Rescaling(1.0f / 255)")
    for layer in workload.layers[:-1]:
        write[type(layer)](layer)
    writer.dense(workload.layers[-1], "" if workload.is_table else "softmax")
    loss = '.loss = "mse"' if workload.is_table else '.loss = "categorical_crossentropy", .metrics = {"accuracy"}'
    lines = ["#include <brine.h>", "", "brine::Model BuildModel() {", "  using namespace brine;",
             f"  const Tensor input = Input({{{', '.join(map(str, workload.shape))}}});", "  Tensor x = input;", *writer.lines,
             f'  Model net("{name}", input, x);', f"  net.Compile({{.optimizer = Adam({{.learning_rate = 1e-3f}}), {loss}}});", "  return net;", "}",
             "BRINE_MODEL(BuildModel)"]
    return "\n".join(lines) + "\n"


def model_path(name, folder):
    """The file with a workload's model, which is written into `folder` if the repository has none."""
    workload = WORKLOADS[name]
    if workload.model:
        return str(ROOT / workload.model)
    path = pathlib.Path(folder) / "model.cc"
    path.write_text(model_text(name.split("/")[0], workload))
    return str(path)
