#!/usr/bin/env python3
"""Times a training step of small networks, one for each kind of layer, in Brine and in PyTorch.

    tests/bench/layers.sh [NAME…]

A network is an image of 32×32×3, a convolution with 32 filters and a ReLU, the layer, a convolution with 32 filters, the mean
over the pixels and a dense layer, trained by SGD in batches of 64.  NAME selects rows of `ROWS`.  Programs alternate, and the
least of all rounds counts.  The row "nothing" is the network without the layer.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from torch import nn

BATCH, ROUNDS, STEPS = 64, 4, 20


class Call(nn.Module):
    """A layer without weights, from a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def last_axis_norm(x):
    return F.layer_norm(x.permute(0, 2, 3, 1), (32,)).permute(0, 3, 1, 2)


def sampled(x, theta):
    return F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), padding_mode="reflection", align_corners=False)


def rotated(x):
    angle = (torch.rand(len(x)) - 0.5) * 0.2 * 6.283185307179586
    zero = torch.zeros_like(angle)
    return sampled(x, torch.stack([torch.stack([angle.cos(), -angle.sin(), zero], 1), torch.stack([angle.sin(), angle.cos(), zero], 1)], 1))


def zoomed(x):
    scale = 1 + (torch.rand(len(x), 2) - 0.5) * 0.4
    zero = torch.zeros(len(x))
    return sampled(x, torch.stack([torch.stack([scale[:, 0], zero, zero], 1), torch.stack([zero, scale[:, 1], zero], 1)], 1))


def cropped(x):
    y, x0 = torch.randint(0, 5, (2, len(x)))
    return torch.stack([image[:, a:a + 28, b:b + 28] for image, a, b in zip(x, y.tolist(), x0.tolist())])


def erased(x):
    x = x.clone()
    for image, (y, x0, h, w) in zip(x, torch.randint(1, 16, (len(x), 4)).tolist()):
        image[:, y:y + h, x0:x0 + w].normal_()
    return x


# Layers in the middle: name, Brine, PyTorch.  A "+" before the name marks layers on the image itself, before the first convolution.
ROWS = [
    ("nothing", "", lambda: nn.Identity()),
    ("BatchNormalization", "BatchNormalization()", lambda: nn.BatchNorm2d(32, eps=1e-3, momentum=0.01)),
    ("LayerNormalization", "LayerNormalization()", lambda: Call(last_axis_norm)),
    ("GroupNormalization", "GroupNormalization({.groups = 8})", lambda: nn.GroupNorm(8, 32, eps=1e-3)),
    ("DepthwiseConv2D", 'DepthwiseConv2D({.kernel_size = 3, .padding = "same"})', lambda: nn.Conv2d(32, 32, 3, padding=1, groups=32)),
    ("DepthwiseConv2D, strides 2", 'DepthwiseConv2D({.kernel_size = 3, .strides = 2, .padding = "same"})', lambda: nn.Conv2d(32, 32, 3, 2, 1, groups=32)),
    ("SeparableConv2D", 'SeparableConv2D({.filters = 32, .kernel_size = 3, .padding = "same"})',
     lambda: nn.Sequential(nn.Conv2d(32, 32, 3, padding=1, groups=32, bias=False), nn.Conv2d(32, 32, 1))),
    ("Conv2D, 1×1", "Conv2D({.filters = 32, .kernel_size = 1})", lambda: nn.Conv2d(32, 32, 1)),
    ("Conv2D, groups 4", 'Conv2D({.filters = 32, .kernel_size = 3, .padding = "same", .groups = 4})', lambda: nn.Conv2d(32, 32, 3, padding=1, groups=4)),
    ("Conv2DTranspose, strides 2", 'Conv2DTranspose({.filters = 32, .kernel_size = 3, .strides = 2, .padding = "same"})',
     lambda: nn.ConvTranspose2d(32, 32, 3, 2, 1, 1)),
    ("Conv1D", 'Reshape({1024, 32}) | Conv1D({.filters = 32, .kernel_size = 3, .padding = "same"}) | Reshape({32, 32, 32})',
     lambda: nn.Sequential(nn.Flatten(2), nn.Conv1d(32, 32, 3, padding=1), nn.Unflatten(2, (32, 32)))),
    ("MaxPooling1D", "Reshape({1024, 32}) | MaxPooling1D() | Reshape({16, 32, 32})",
     lambda: nn.Sequential(nn.Flatten(2), nn.MaxPool1d(2), nn.Unflatten(2, (16, 32)))),
    ("AveragePooling1D", "Reshape({1024, 32}) | AveragePooling1D() | Reshape({16, 32, 32})",
     lambda: nn.Sequential(nn.Flatten(2), nn.AvgPool1d(2), nn.Unflatten(2, (16, 32)))),
    ("MaxPooling2D, 3×3/2", "MaxPooling2D({.pool_size = 3, .strides = 2})", lambda: nn.MaxPool2d(3, 2)),
    ("GlobalMaxPooling2D, times the image", "* GlobalMaxPooling2D({.keepdims = true})", lambda: Call(lambda x: x * x.amax((2, 3), keepdim=True))),
    ("GlobalAveragePooling2D, times the image", "* GlobalAveragePooling2D({.keepdims = true})", lambda: Call(lambda x: x * x.mean((2, 3), keepdim=True))),
    ("ZeroPadding2D, before a pool", "ZeroPadding2D(1) | MaxPooling2D()", lambda: nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(2))),
    ("Cropping2D", "Cropping2D(2)", lambda: Call(lambda x: x[:, :, 2:-2, 2:-2])),
    ("UpSampling2D, nearest", "UpSampling2D()", lambda: nn.Upsample(scale_factor=2)),
    ("UpSampling2D, bilinear", 'UpSampling2D({.interpolation = "bilinear"})', lambda: nn.Upsample(scale_factor=2, mode="bilinear")),
    ("Add", "+ Conv", lambda: "add"),
    ("Multiply", "* Conv", lambda: "multiply"),
    ("Maximum", "max Conv", lambda: "maximum"),
    ("Concatenate", "concat Conv", lambda: "concatenate"),
    ("Permute", "Permute({2, 1, 3})", lambda: Call(lambda x: x.transpose(2, 3))),
    ("PReLU", "PReLU({.shared_axes = {1, 2}})", lambda: nn.PReLU(32)),
    ("LeakyReLU", "LeakyReLU()", lambda: nn.LeakyReLU(0.3)),
    ("ELU", "ELU()", lambda: nn.ELU()),
    ("Softmax", "Softmax()", lambda: nn.Softmax(1)),
    ("gelu", 'Activation("gelu")', lambda: nn.GELU()),
    ("silu", 'Activation("silu")', lambda: nn.SiLU()),
    ("mish", 'Activation("mish")', lambda: nn.Mish()),
    ("tanh", 'Activation("tanh")', lambda: nn.Tanh()),
    ("softplus", 'Activation("softplus")', lambda: nn.Softplus()),
    ("hard_silu", 'Activation("hard_silu")', lambda: nn.Hardswish()),
    ("Dropout", "Dropout(0.25f)", lambda: nn.Dropout(0.25)),
    ("SpatialDropout2D", "SpatialDropout2D(0.25f)", lambda: nn.Dropout2d(0.25)),
    ("AlphaDropout", "AlphaDropout(0.25f)", lambda: nn.AlphaDropout(0.25)),
    ("GaussianNoise", "GaussianNoise(0.1f)", lambda: Call(lambda x: x + 0.1 * torch.randn_like(x))),
    ("GaussianDropout", "GaussianDropout(0.25f)", lambda: Call(lambda x: x * (1 + 0.577 * torch.randn_like(x)))),
    ("+RandomRotation", "RandomRotation({.factor = 0.1f})", lambda: Call(rotated)),
    ("+RandomZoom", "RandomZoom({.height_factor = 0.2f})", lambda: Call(zoomed)),
    ("+RandomCrop", "RandomCrop({.height = 28, .width = 28})", lambda: Call(cropped)),
    ("+RandomContrast", "RandomContrast({.factor = 0.2f})", lambda: Call(lambda x: (x - x.mean((2, 3), keepdim=True)) * (1 + (torch.rand(len(x), 1, 1, 1) - 0.5) * 0.4)
                                                              + x.mean((2, 3), keepdim=True))),
    ("+RandomBrightness", "RandomBrightness({.factor = 0.2f, .value_range = {0, 1}})", lambda: Call(lambda x: (x + (torch.rand(len(x), 1, 1, 1) - 0.5) * 0.4).clamp(0, 1))),
    ("+RandomErasing", "RandomErasing()", lambda: Call(erased)),
    ("+Resizing", "Resizing({.height = 24, .width = 24})", lambda: Call(lambda x: F.interpolate(x, (24, 24), mode="bilinear"))),
    ("+CenterCrop", "CenterCrop({.height = 24, .width = 24})", lambda: Call(lambda x: x[:, :, 4:28, 4:28])),
]
MERGES = {"+ Conv": "x + y", "* Conv": "x * y", "max Conv": "Maximum({x, y})", "concat Conv": "Concatenate({x, y})"}
TORCH_MERGES = {"add": torch.add, "multiply": torch.mul, "maximum": torch.maximum, "concatenate": lambda a, b: torch.cat([a, b], 1)}


def model_text(layer, on_image):
    conv = 'x = Conv2D({.filters = 32, .kernel_size = 3, .padding = "same", .activation = "relu"})(x);'
    middle = []
    if layer in MERGES:
        middle = ['Tensor y = Conv2D({.filters = 32, .kernel_size = 3, .padding = "same"})(x);', f"x = {MERGES[layer]};"]
    elif layer.startswith("* "):
        middle = [f"x = x * {layer[2:]}(x);"]
    elif layer:
        middle = [f"x = {part.strip()}(x);" for part in layer.split("|")]
    lines = middle + [conv] if on_image else [conv] + middle
    return "\n  ".join(["#include <brine.h>\nbrine::Model BuildModel() {", "using namespace brine;", 'Tensor image = Input({32, 32, 3}, {.dtype = "uint8"});',
                        "Tensor x = Rescaling(1.0f / 255)(image);", *lines, conv,
                        "x = Dense({.units = 10})(GlobalAveragePooling2D()(x));", 'Model net("layer", {image}, {x});',
                        "net.Compile({.optimizer = SGD({.learning_rate = 0.01f}), .loss = SparseCategoricalCrossentropy({.from_logits = true})});",
                        "return net;\n}\nBRINE_MODEL(BuildModel)\n"])


class Network(nn.Module):
    def __init__(self, layer, on_image):
        super().__init__()
        self.on_image, self.layer = on_image, layer
        self.first, self.merged = nn.Conv2d(3, 32, 3, padding=1), nn.Conv2d(32, 32, 3, padding=1) if isinstance(layer, str) else None
        self.second = nn.Conv2d(64 if layer == "concatenate" else 32, 32, 3, padding=1)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        x = x.float() * (1 / 255)
        if self.on_image:
            x = self.layer(x)
        x = F.relu(self.first(x))
        if self.merged is not None:
            x = TORCH_MERGES[self.layer](x, self.merged(x))
        elif not self.on_image:
            x = self.layer(x)
        return self.head(F.relu(self.second(x)).mean((2, 3)))


class Peer:
    def __init__(self, layer, on_image):
        torch.manual_seed(0)
        self.network = Network(layer(), on_image).to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.01, foreach=True)
        self.images = torch.randint(0, 256, (BATCH, 3, 32, 32), dtype=torch.uint8).contiguous(memory_format=torch.channels_last)
        self.labels = torch.randint(0, 10, (BATCH,))

    def least(self, steps):
        times = []
        for _ in range(steps):
            begin = time.perf_counter()
            self.optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(self.network(self.images), self.labels).backward()
            self.optimizer.step()
            times.append(1e3 * (time.perf_counter() - begin))
        return min(times)


def brine_least(program):
    result = subprocess.run([program, "bench", "--steps", str(STEPS), "--json", "--quiet"], check=True, capture_output=True, text=True)
    return json.loads(result.stdout.splitlines()[0])["train_step_ms"]["min"]


def main():
    brine, names = sys.argv[1], sys.argv[2:]
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    baseline = None
    print("| layer | Brine, ms | PyTorch, ms | Brine / PyTorch | of the layer, ms | PyTorch | share |\n|---|---|---|---|---|---|---|")
    for name, layer, peer in ROWS:
        on_image, name = name.startswith("+"), name.lstrip("+")
        if names and name not in names and name != "nothing":
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "layer.cc"
            path.write_text(model_text(layer, on_image))
            program = str(path.with_suffix(""))
            compiled = subprocess.run([brine, "compile", str(path), "-o", program, "--batch-size", str(BATCH)], capture_output=True, text=True)
            if compiled.returncode:
                print(f"| {name} | {compiled.stderr.strip().splitlines()[-1]} |", flush=True)
                continue
            other = Peer(peer, on_image)
            other.least(STEPS)
            ours, theirs = [], []
            for _ in range(ROUNDS):
                ours.append(brine_least(program))
                theirs.append(other.least(STEPS))
            a, b = min(ours), min(theirs)
        if baseline is None:
            baseline = (a, b)
        own, own_peer = a - baseline[0], b - baseline[1]
        share = f"{own / own_peer:.2f}" if own_peer > 0.05 else "–"
        print(f"| {name} | {a:.2f} | {b:.2f} | {a / b:.2f} | {own:.2f} | {own_peer:.2f} | {share} |", flush=True)


if __name__ == "__main__":
    main()
