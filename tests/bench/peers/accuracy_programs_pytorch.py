#!/usr/bin/env python3
"""Trains the networks of examples/ that have a program of their own in PyTorch, on the numbers that it draws.

    build/peers/bin/python tests/bench/peers/accuracy_programs_pytorch.py NAME [DIR]

NAME is unet, table_regression or two_inputs, for which DIR holds Fashion-MNIST's IDX.gz files.  Epochs, optimizers and
batches are those of main.cc and model.cc.  Prints the figures on the test set after each epoch.
"""
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from accuracy_pytorch import adam, conv_batch_norm, fashion_mnist, initialize


class Random:
    """std::mt19937 with the distributions of GNU's C++ library, so that the data are those of main.cc."""

    def __init__(self, seed):
        self.bits, self.words, self.spare = np.random.RandomState(seed), [], None

    def word(self):
        if not self.words:
            self.words = self.bits.randint(0, 2**32, 1 << 16, dtype=np.uint32)[::-1].tolist()
        return self.words.pop()

    def uniform(self, low, high):
        return low + (high - low) * min(self.word() / 2**32, 1 - 2**-24)

    def normal(self, deviation):  # Marsaglia's polar method
        if self.spare is not None:
            value, self.spare = self.spare, None
            return deviation * value
        square = 0
        while not 0 < square <= 1:
            x, y = self.uniform(-1, 1), self.uniform(-1, 1)
            square = x * x + y * y
        factor = math.sqrt(-2 * math.log(square) / square)
        self.spare = x * factor
        return deviation * y * factor


# ---- unet ----

class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        def two_convolutions(channels, filters):
            return nn.Sequential(*conv_batch_norm(channels, filters, 3, 1, momentum=0.9), nn.ReLU(),
                                 *conv_batch_norm(filters, filters, 3, 1, momentum=0.9), nn.ReLU())
        self.fine, self.middle, self.coarse = two_convolutions(1, 16), two_convolutions(16, 32), two_convolutions(32, 64)
        self.up_1, self.up_2 = two_convolutions(96, 32), two_convolutions(48, 16)
        self.classes = nn.Conv2d(16, 3, 1)

    def forward(self, x):
        fine = self.fine(x)
        middle = self.middle(F.max_pool2d(fine, 2))
        x = F.interpolate(self.coarse(F.max_pool2d(middle, 2)), scale_factor=2)
        x = F.interpolate(self.up_1(torch.cat([x, middle], 1)), scale_factor=2)
        return self.classes(self.up_2(torch.cat([x, fine], 1)))


def draw_images(count, seed):
    random, side = Random(seed), 64
    y, x = np.mgrid[:side, :side]
    images, kinds = np.full((count, side, side), 0.2, np.float32), np.zeros((count, side, side), np.int64)
    for image, kind in zip(images, kinds):
        for _ in range(4):
            is_disc = random.word() % 2 == 0
            middle_x, middle_y = random.uniform(8, side - 8), random.uniform(8, side - 8)
            radius, ink = random.uniform(5, 12), random.uniform(0.35, 0.65)
            dx, dy = abs(x - middle_x), abs(y - middle_y)
            inside = dx * dx + dy * dy < radius * radius if is_disc else np.maximum(dx, dy) < 0.9 * radius
            image[inside], kind[inside] = ink, 1 if is_disc else 2
        image += np.reshape([random.normal(0.15) for _ in range(side * side)], image.shape)
    return torch.from_numpy(images[:, None]), torch.from_numpy(kinds)


def unet(_):
    def figures(model, images, kinds):
        predicted = torch.cat([model(part).argmax(1) for part in images.split(50)])
        overlap = [((predicted == k) & (kinds == k)).sum() / ((predicted == k) | (kinds == k)).sum() for k in (1, 2)]
        return (f"accuracy {(predicted == kinds).float().mean():.4f}, "
                f"intersection over union: disc {overlap[0]:.3f}, square {overlap[1]:.3f}")
    model = Unet()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, eps=1e-7)
    return model, optimizer, 6, draw_images(800, 1), draw_images(200, 2), F.cross_entropy, figures


# ---- table_regression ----

def draw_table(rows, seed):
    random = Random(seed)
    columns, target = [], []
    for _ in range(rows):
        x = [random.uniform(0, 1) for _ in range(10)]
        target.append(10 * math.sin(math.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4] +
                      random.normal(1))
        columns.append([number * 10.0 ** (column - 4) + column for column, number in enumerate(x)])
    return torch.tensor(columns, dtype=torch.float32), torch.tensor(target)[:, None]


def table_regression(_):
    train, test = draw_table(8000, 1), draw_table(2000, 2)
    mean, deviation = train[0].double().mean(0), train[0].double().std(0, correction=0)

    class Normalization(nn.Module):
        def forward(self, x):
            return ((x - mean) / deviation).float()

    def figures(model, columns, target):
        error = model(columns) - target
        return (f"mean absolute error {error.abs().mean():.3f}, "
                f"R2 {1 - (error**2).sum() / ((target - target.mean())**2).sum():.4f}")
    model = nn.Sequential(Normalization(), nn.Linear(10, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, eps=1e-7, weight_decay=0.01)
    return model, optimizer, 30, train, test, F.huber_loss, figures


# ---- two_inputs ----

class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(),
                                      nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 64), nn.ReLU())
        self.kind = nn.Linear(64, 10)
        self.same = nn.Sequential(nn.Linear(192, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, pairs):  # [n, 2, 28, 28]
        a, b = (self.features(pairs[:, side:side + 1].float() / 255) for side in (0, 1))
        return self.kind(a), self.same(torch.cat([a, b, a * b], 1))[:, 0]


def pairs_of(images, kinds, seed):
    random = Random(seed)
    of_kind = [(kinds == kind).nonzero()[:, 0].tolist() for kind in range(10)]
    others = []
    for index, kind in enumerate(kinds.tolist()):
        other = kind if index % 2 == 0 else (kind + 1 + random.word() % 9) % 10
        others.append(of_kind[other][random.word() % len(of_kind[other])])
    others = torch.tensor(others)
    return torch.cat([images, images[others]], 1), torch.stack([kinds, (kinds == kinds[others]).long()], 1)


def two_inputs(folder):
    def loss(outputs, labels):
        kind, same = outputs
        return (0.5 * F.cross_entropy(kind, labels[:, 0]) +
                F.binary_cross_entropy_with_logits(same, labels[:, 1].float()))

    def figures(model, pairs, labels):
        kind, same = (torch.cat(parts) for parts in zip(*(model(part) for part in pairs.split(500))))
        order = same.argsort()
        ranks = torch.empty(len(same), dtype=torch.double)
        ranks[order] = torch.arange(1, len(same) + 1, dtype=torch.double)
        positive = labels[:, 1] == 1
        count = positive.sum().item()
        auc = (ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(same) - count))
        return (f"accuracy of the kind {(kind.argmax(1) == labels[:, 0]).float().mean():.4f}, "
                f"of sameness {((same > 0) == positive).float().mean():.4f}, AUC {auc:.4f}")
    model = TwoInputs()
    train, test = (pairs_of(*fashion_mnist(folder, part), seed) for part, seed in (("train", 1), ("t10k", 2)))
    return model, adam(model), 3, train, test, loss, figures


def main():
    recipe = {"unet": unet, "table_regression": table_regression, "two_inputs": two_inputs}[sys.argv[1]]
    torch.manual_seed(3)
    torch.set_num_threads(2)
    model, optimizer, epochs, train, test, loss_of, figures = recipe(pathlib.Path(sys.argv[2]) if sys.argv[2:] else None)
    initialize(model, nn.init.xavier_uniform_)
    for epoch in range(epochs):
        model.train()
        for index in torch.randperm(len(train[0])).split(32):
            optimizer.zero_grad(set_to_none=True)
            loss_of(model(train[0][index]), train[1][index]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            print(f"epoch {epoch + 1}: {figures(model, *test)}", flush=True)


if __name__ == "__main__":
    main()
