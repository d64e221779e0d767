"""Measures training with several ranks, and prints it beside what ranks_model.py predicts; called by ranks.sh.

    ranks.py FIGURES.json compile           programs, images and what the model needs to know of a shard
    ranks.py FIGURES.json machine           on one machine: threads, shards, ranks
    ranks.py FIGURES.json RATE HOSTFILE     on two nodes, between which there is a network of this rate
    ranks.py FIGURES.json tables

A step is the mean of an epoch, and the least of all epochs but the first, and of all rounds.  Ranks have a core each.
"""
import json
import os
import subprocess
import sys

import ranks_model
from images import CIFAR_TRAIN, cifar_folder
from model_text import ROOT

WORK = os.path.join(ROOT, "build/bench/ranks")
BRINE = os.path.join(ROOT, "build/release/bin/brine")
MODELS = {"vgg_like": "tests/bench/models/vgg_like.cc", "resnet20": "examples/resnet20/model.cc", "cifar10_cnn": "examples/cifar10_cnn/model.cc"}
ROWS = 64  # of a rank
STEPS = {"vgg_like": 8, "resnet20": 12, "cifar10_cnn": 60}  # of an epoch
EPOCHS, ROUNDS = 4, 3
PINNED = ("sh", "-c", 'exec taskset -c "$OMPI_COMM_WORLD_RANK" "$@"', "sh")
MPIRUN = ("mpirun.openmpi", "-n", "2", "--bind-to", "none")
MACHINE = {  # rows of a shard, shards, command, threads
    "one process, two threads": (2 * ROWS, 1, (), 2),
    "in 2 shards": (ROWS, 2, (), 2),
    "in 4 shards": (ROWS // 2, 4, (), 2),
    "two ranks": (ROWS, 2, (*MPIRUN, *PINNED), 1),
}


def path(name):
    return os.path.join(WORK, name)


def start(model, rows, shards, before, threads):
    command = (*before, path(f"{model}_{rows}"), "train", "--data", path(model), "--epochs", EPOCHS, "--batch-size", rows * shards, "--shards", shards, "--threads", threads, "--json", "--quiet")
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)


def finish(model, process):
    """Milliseconds of a step, of its communication, and of that for which it waited."""
    lines = process.communicate()[0].splitlines()
    if process.returncode != 0:
        sys.exit(f"{model}: {' '.join(process.args)} failed")
    epochs = [json.loads(line) for line in lines if '"epoch"' in line]
    least = min(epochs[1:], key=lambda epoch: epoch["seconds"])
    return [1e3 * least.get(name, 0) / STEPS[model] for name in ("seconds", "communication_seconds", "waiting_seconds")]


def measure_alone(model):
    """Two processes at once, each on a core of its own: a shard, without the others."""
    processes = [start(model, ROWS, 1, ("taskset", "-c", core), 1) for core in (0, 1)]
    times = [finish(model, process)[0] for process in processes]
    return [sum(times) / 4, 0, 0]  # an epoch has twice as many steps as STEPS says


def least(figures, key, measured):
    figures[key] = min(figures.get(key, measured), measured)
    print(key, " ".join(f"{number:.2f}" for number in figures[key]), "ms", file=sys.stderr, flush=True)


def compile_all(figures):
    figures["workloads"] = {}
    for model, source in MODELS.items():
        for rows in (ROWS // 2, ROWS, 2 * ROWS):
            subprocess.run([BRINE, "compile", source, "--mpi", "--batch-size", str(rows), "-o", path(f"{model}_{rows}")], cwd=ROOT, check=True)
        os.makedirs(path(model), exist_ok=True)
        images = 2 * ROWS * STEPS[model]
        for name, count in [*((name, images // 5 + (number < images % 5)) for number, name in enumerate(CIFAR_TRAIN)), ("test_batch.bin", 8)]:
            with open(os.path.join(cifar_folder(path("drawn")), name), "rb") as drawn, open(os.path.join(path(model), name), "wb") as cut:
                cut.write(drawn.read(count * 3073))
        planned = subprocess.run([BRINE, "inspect", source, "--stage", "planned", "--batch-size", str(ROWS)], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        bench = subprocess.run([path(f"{model}_{ROWS}"), "bench", "--threads", "1", "--steps", "40", "--json"], check=True, capture_output=True, text=True).stdout
        figures["workloads"][model] = {"buckets": ranks_model.buckets(planned, json.loads(bench.splitlines()[-1])["kernels"])}


def measure_machine(figures):
    for model in MODELS:
        for _ in range(ROUNDS):
            least(figures, f"{model}/alone", measure_alone(model))
            for name, (rows, shards, before, threads) in MACHINE.items():
                least(figures, f"{model}/{name}", finish(model, start(model, rows, shards, before, threads)))


def measure_network(figures, rate, hostfile):
    before = (*MPIRUN, "--hostfile", hostfile)
    network = subprocess.run([*before, *PINNED, path("ranks_network")], check=True, capture_output=True, text=True).stdout
    figures.setdefault("networks", {})[rate] = json.loads(network)
    for model in MODELS:
        for _ in range(ROUNDS if rate != "100mbit" else 1):
            least(figures, f"{model}/{rate}", finish(model, start(model, ROWS, 2, (*before, *PINNED), 1)))


def print_tables(figures):
    step = lambda model, name: figures[f"{model}/{name}"][0]
    print("| model | one process, two threads | in 2 shards | in 4 shards | two ranks | throughput of the ranks | communication | hidden |\n|---|---|---|---|---|---|---|---|")
    for model in MODELS:
        _, communication, waiting = figures[f"{model}/two ranks"]
        cells = " | ".join(f"{step(model, name):.2f}" for name in MACHINE)
        print(f"| {model} | {cells} | {step(model, 'one process, two threads') / step(model, 'two ranks'):.2f} | {communication:.2f} | {1 - waiting / communication:.2f} |")
    for model, row in figures["workloads"].items():
        row["shard"] = step(model, "alone") / 1e3
    total, _, waiting = figures["vgg_like/10gbit"]
    vgg = figures["workloads"]["vgg_like"]
    figures["host"] = max(0, (total - waiting) / 1e3 - vgg["shard"]) / sum(size for size, _ in vgg["buckets"])
    print(f"\nThe processor's work for each byte of gradients: {figures['host'] * 1e9:.2f} ns, from vgg_like at 10 Gbit/s.\n")
    print("| model | Gbit/s | alpha, µs | for each message at once, µs | alone | predicted | measured | ratio | waiting, predicted | measured |\n|---" + "|---" * 9 + "|")
    for model, row in figures["workloads"].items():
        shard = ranks_model.Shard(row["shard"], row["buckets"])
        for rate, figure in figures["networks"].items():
            network = ranks_model.Network(figure["alpha"], figure["overhead"], figure["beta"])
            predicted, waits = (1e3 * number for number in ranks_model.step_seconds(shard, 2, network, figures["host"]))
            measured, _, waited = figures[f"{model}/{rate}"]
            print(f"| {model} | {8e-9 / network.beta:.2f} | {1e6 * network.alpha:.0f} | {1e6 * network.overhead:.1f} | {1e3 * shard.seconds:.2f} | {predicted:.2f} "
                  f"| {measured:.2f} | {predicted / measured:.2f} | {waits:.2f} | {waited:.2f} |")
    print()


def main():
    file, task, *hostfile = sys.argv[1:]
    figures = {}
    if os.path.exists(file):
        with open(file) as before:
            figures = json.load(before)
    tasks = {"compile": compile_all, "machine": measure_machine, "tables": print_tables}
    if task in tasks:
        tasks[task](figures)
    else:
        measure_network(figures, task, *hostfile)
    with open(file, "w") as after:
        json.dump(figures, after, indent=1)


if __name__ == "__main__":
    main()
