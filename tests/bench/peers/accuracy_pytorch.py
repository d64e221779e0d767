#!/usr/bin/env python3
"""Trains the networks of examples/ in PyTorch, on the same data, for as many epochs, with the same optimizer and rates.

    build/peers/bin/python tests/bench/peers/accuracy_pytorch.py NAME DIR EPOCHS [SEED]

NAME is lenet5 or autoencoder, for which DIR holds Fashion-MNIST's IDX.gz files, or keras_cifar, resnet20, vgg_bn or
mobilenet, for which it holds cifar-10-batches-bin.  Prints the accuracy, or the loss, on the test set after each epoch.
"""
import gzip
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


# ---- Data: images [n, channels, height, width] of bytes, class numbers ----

def fashion_mnist(folder, part):
    def read(name, header, *shape):
        data = gzip.decompress((folder / name).read_bytes())
        return torch.from_numpy(np.frombuffer(data, np.uint8, offset=header).reshape(-1, *shape).copy())
    return read(f"{part}-images-idx3-ubyte.gz", 16, 1, 28, 28), read(f"{part}-labels-idx1-ubyte.gz", 8).long()


def cifar10(folder, names):
    records = np.concatenate([np.fromfile(folder / "cifar-10-batches-bin" / f"{name}.bin", np.uint8).reshape(-1, 3073)
                              for name in names])
    return torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).copy()), torch.from_numpy(records[:, 0].copy()).long()


# ---- Networks ----

class Residual(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.main = nn.Sequential(*conv_batch_norm(channels, filters, 3, stride), nn.ReLU(),
                                  *conv_batch_norm(filters, filters, 3, 1))
        self.shortcut = nn.Sequential(*(conv_batch_norm(channels, filters, 1, stride) if stride > 1 else []))

    def forward(self, x):
        return F.relu(self.main(x) + self.shortcut(x))


def conv_batch_norm(channels, filters, size, stride, groups=1, momentum=0.99):
    # Keras's momentum 0.99 is PyTorch's 0.01.
    return [nn.Conv2d(channels, filters, size, stride, size // 2, groups=groups, bias=False),
            nn.BatchNorm2d(filters, eps=1e-3, momentum=1 - momentum)]


def lenet5():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(),
                         nn.AvgPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(),
                         nn.Linear(84, 10))


def keras_cifar():
    layers, channels = [], 3
    for filters in (32, 64):
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(), nn.Conv2d(filters, filters, 3), nn.ReLU(),
                   nn.MaxPool2d(2), nn.Dropout(0.25)]
        channels = filters
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2304, 512), nn.ReLU(), nn.Dropout(0.5), nn.Linear(512, 10))


def resnet20():
    layers, channels = [*conv_batch_norm(3, 16, 3, 1), nn.ReLU()], 16
    for filters in (16, 32, 64):
        for block in range(3):
            layers.append(Residual(channels, filters, 2 if filters > 16 and block == 0 else 1))
            channels = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def vgg_bn():
    layers, channels = [], 3
    for filters in (64, 128, 256):
        for _ in range(2):
            layers += [*conv_batch_norm(channels, filters, 3, 1), nn.ReLU()]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.5), nn.Linear(4096, 10))


def mobilenet():
    layers, channels = [*conv_batch_norm(3, 32, 3, 1), nn.ReLU6()], 32
    for filters, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1)):
        layers += [*conv_batch_norm(channels, channels, 3, stride, channels), nn.ReLU6(),
                   *conv_batch_norm(channels, filters, 1, 1), nn.ReLU6()]
        channels = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


def autoencoder():
    return nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(1, 16, 3, 2), nn.ReLU(), nn.ZeroPad2d((0, 1, 0, 1)),
                         nn.Conv2d(16, 32, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(1568, 32), nn.Linear(32, 1568),
                         nn.ReLU(), nn.Unflatten(1, (32, 7, 7)), nn.ConvTranspose2d(32, 16, 3, 2, 1, 1), nn.ReLU(),
                         nn.ConvTranspose2d(16, 1, 3, 2, 1, 1), nn.Sigmoid())


# ---- Recipes: batch size, input scaling, augmentation, optimizer, rate of a step ----

def cosine(peak, steps, warmup=0):
    return lambda t: peak * t / warmup if t < warmup else peak * (1 + math.cos(math.pi * min((t - warmup) / steps, 1))) / 2


def adam(model, weight_decay=0.0):
    kind = torch.optim.AdamW if weight_decay else torch.optim.Adam
    return kind(model.parameters(), lr=1e-3, eps=1e-7, weight_decay=weight_decay, fused=True)


class DecoupledSGD(torch.optim.SGD):
    """Keras's weight decay: p -= rate·decay·p before the update, which momentum does not see."""

    def step(self):
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    p.mul_(1 - group["lr"] * 5e-4)
        super().step()


def one_cycle(peak, total):
    def rate(t):
        up = 0.3 * total - 1
        if t <= up:
            return peak / 25 + (peak - peak / 25) * (1 - math.cos(math.pi * t / up)) / 2
        low = peak / 25 / 1e4
        return low + (peak - low) * (1 + math.cos(math.pi * (t - up) / (total - 1 - up))) / 2
    return rate


constant = lambda rate: lambda t: rate
RECIPES = {  # network: make, batch, scale, offset, augmentation, optimizer, rate
    "lenet5": (lenet5, 32, 1 / 255, 0, "", adam, constant(1e-3)),
    "keras_cifar": (keras_cifar, 32, 1 / 255, 0, "", lambda m: torch.optim.RMSprop(m.parameters(), alpha=0.9, eps=1e-7),
                    constant(5e-4)),
    "resnet20": (resnet20, 128, 1 / 128, -1, "flip crop", lambda m: DecoupledSGD(m.parameters(), lr=0.1, momentum=0.9, nesterov=True),
                 cosine(0.1, 9 * 390, 390)),
    "vgg_bn": (vgg_bn, 128, 1 / 128, -1, "flip crop", lambda m: adam(m, 0.05), one_cycle(2e-3, 1950)),
    "mobilenet": (mobilenet, 64, 1 / 128, -1, "flip", adam, cosine(2e-3, 7810)),
    "autoencoder": (autoencoder, 32, 1 / 255, 0, "", adam, constant(1e-3)),
}


def augmented(images, kinds):
    if "flip" in kinds:
        turn = torch.rand(len(images)) < 0.5
        images = torch.where(turn[:, None, None, None], images.flip(3), images)
    if "crop" in kinds:
        padded = F.pad(images, (4, 4, 4, 4))
        y, x = torch.randint(0, 9, (2, len(images)))
        images = torch.stack([image[:, a:a + 32, b:b + 32] for image, a, b in zip(padded, y.tolist(), x.tolist())])
    return images


def initialize(model, kernels):
    """Keras's initial weights: zero biases, Glorot-uniform dense kernels, and `kernels` for convolutions."""
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            (nn.init.xavier_uniform_ if isinstance(layer, nn.Linear) else kernels)(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def main():
    name, folder, epochs = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    torch.manual_seed(int(sys.argv[4]) if len(sys.argv) > 4 else 0)
    torch.set_num_threads(2)
    make, batch, scale, offset, kinds, make_optimizer, rate = RECIPES[name]
    if name in ("lenet5", "autoencoder"):
        train, test = fashion_mnist(folder, "train"), fashion_mnist(folder, "t10k")
    else:
        train, test = cifar10(folder, [f"data_batch_{i}" for i in range(1, 6)]), cifar10(folder, ["test_batch"])
    model = make().to(memory_format=torch.channels_last)
    initialize(model, nn.init.kaiming_normal_ if name in ("resnet20", "vgg_bn", "mobilenet") else nn.init.xavier_uniform_)
    optimizer, t = make_optimizer(model), 0

    def loss_of(images, labels):
        x = (images.float() * scale + offset).contiguous(memory_format=torch.channels_last)
        y = model(x)
        return (F.mse_loss(y, x), y) if name == "autoencoder" else (F.cross_entropy(y, labels), y)

    for epoch in range(epochs):
        model.train()
        for index in torch.randperm(len(train[0])).split(batch):
            for group in optimizer.param_groups:
                group["lr"] = rate(t)
            optimizer.zero_grad(set_to_none=True)
            loss_of(augmented(train[0][index], kinds), train[1][index])[0].backward()
            optimizer.step()
            t += 1
        model.eval()
        right = total = 0
        with torch.no_grad():
            for images, labels in zip(test[0].split(500), test[1].split(500)):
                loss, y = loss_of(images, labels)
                total += loss.item() * len(images)
                right += (y.argmax(1) == labels).sum().item() if y.dim() == 2 else 0
        figures = f"loss {total / len(test[0]):.5f}" + (f", accuracy {right / len(test[0]):.4f}" if right else "")
        print(f"epoch {epoch + 1}: {figures}", flush=True)


if __name__ == "__main__":
    main()
