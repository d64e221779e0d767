"""What a step takes on N nodes: the formulas, and the table of the efficiencies that they predict.

    ranks_model.py FIGURES.json      the figures that ranks.sh --json has measured

A node computes one shard, in `shard` seconds.  The gradients of a shard leave in buckets, each when the last of its kernels has ended, and a
message of m bytes takes alpha + m · beta.  With N nodes, the mean of a bucket takes (Thakur, Rabenseifner and Gropp, "Optimization of
Collective Communication Operations in MPICH", 2005; their gamma, the addition, is in `host`):

    tree     2 ⌈log₂ N⌉ (alpha + m beta)                      reduction to one node, then broadcast
    ring     2 (N − 1) alpha + 2 (N − 1)/N m beta
    halving  2 ⌈log₂ N⌉ alpha + 2 (N − 1)/N m beta            reduce-scatter by recursive halving, all-gather by doubling
    direct   2 (alpha + (N − 1) o) + 2 (N − 1)/N m beta       every node sends its slice to every other at once

Brine uses the last one, whose order of additions does not depend on N; o is what a node needs for one more message.  Buckets take turns on
the network, while the node computes.  What has not ended when the shard has is waited for.  `host` is the work of the processor for each byte
of the gradients, which the network does not change: scaling, adding, copying, and the system's part of sending.
"""
import heapq
import json
import math
import re
import sys
from typing import NamedTuple

BUCKET, SLICE = 1 << 20, 16 << 10  # SharedMean::BucketBytes


class Network(NamedTuple):
    alpha: float  # s of a message
    overhead: float  # s of each of many messages at once
    beta: float  # s of a byte


class Shard(NamedTuple):
    seconds: float
    buckets: list  # of (bytes, part of the seconds after which they may leave)


def buckets(planned, kernels):
    """The buckets of a shard, from the text of the planned graph and the times of its kernels."""
    ends, passed = {}, 0
    for kernel in kernels:
        passed += kernel["ms"]
        ends[kernel["name"]] = passed
    pieces, name = [], None  # of (part of the time, bytes)
    for line in planned.splitlines():
        if line.startswith("output") or "mean_over_shards" in line:
            continue
        if match := re.match(r"  %(\S+?)(?:,.*)? = ", line):
            name = match[1]
        if line.startswith("  ") and line[2:3] in "%}" and name in ends:
            for shape in re.findall(r"f32\[([0-9,]*)\] @gradients\+", line):
                pieces.append((ends[name] / passed, 4 * math.prod(int(side) for side in shape.split(",") if side)))
    result, size, part = [], 0, 0
    for part, piece in sorted(pieces):
        size += piece
        while size >= BUCKET:
            result.append((BUCKET, part))
            size -= BUCKET
    return result + [(size, part)] * (size > 0)


def grown(buckets, least):
    """The buckets, joined until each has so many bytes."""
    result, size = [], 0
    for more, part in buckets:
        size += more
        if size >= least:
            result.append((size, part))
            size = 0
    return result + [(size, buckets[-1][1])] * (size > 0)


# A bucket's phases, each of which is (the seconds that it takes the network, the seconds until it has arrived).
def tree(nodes, size, network):
    steps = math.ceil(math.log2(nodes))
    return [(network.beta * size, network.alpha)] * (2 * steps)


def ring(nodes, size, network):
    return [(network.beta * size / nodes, network.alpha)] * (2 * (nodes - 1))


def halving(nodes, size, network):
    steps = math.ceil(math.log2(nodes))
    return [(network.beta * size * (nodes - 1) / nodes / steps, network.alpha)] * (2 * steps)


def direct(nodes, size, network):
    return [((nodes - 1) * (network.overhead + network.beta * size / nodes), network.alpha)] * 2


def step_seconds(shard, nodes, network, host, algorithm=direct):
    """The time of a step of `nodes` nodes, and how much of it is spent waiting."""
    if nodes == 1:
        return shard.seconds, 0.0
    joined = grown(shard.buckets, max(BUCKET, nodes * SLICE)) if algorithm is direct else shard.buckets
    gradient_bytes = sum(size for size, _ in shard.buckets)
    compute = shard.seconds + host * gradient_bytes
    ready = [(compute * part, number, algorithm(nodes, size, network)) for number, (size, part) in enumerate(joined)]
    heapq.heapify(ready)
    is_free, end = 0.0, 0.0
    while ready:
        time, number, phases = heapq.heappop(ready)
        is_free = max(is_free, time) + phases[0][0]
        arrived = is_free + phases[0][1]
        if phases[1:]:
            heapq.heappush(ready, (arrived, number, phases[1:]))
        end = max(end, arrived)
    outputs = network.alpha + (nodes - 1) * network.overhead  # loss and metrics of the shards, from all to all
    waiting = max(0.0, end - compute)
    return compute + waiting + outputs, waiting


def efficiency(shard, nodes, network, host, algorithm=direct):
    return shard.seconds / step_seconds(shard, nodes, network, host, algorithm)[0]


def main():
    with open(sys.argv[1]) as file:
        figures = json.load(file)
    nodes = [2**power for power in range(1, 11)]
    print("| model | Gbit/s | algorithm | " + " | ".join(str(count) for count in nodes) + " |")
    print("|---" * (3 + len(nodes)) + "|")
    latency = figures["networks"]["10gbit"]
    for name, row in figures["workloads"].items():
        shard = Shard(row["shard"], row["buckets"])
        for rate, algorithms in ((10, (direct, ring, halving, tree)), (100, (direct,))):
            network = Network(latency["alpha"], latency["overhead"], 8e-9 / rate)
            for algorithm in algorithms:
                cells = (f"{efficiency(shard, count, network, figures['host'], algorithm):.2f}" for count in nodes)
                print(f"| {name} | {rate} | {algorithm.__name__} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
