"""Measures Brine, and its peers if asked to; called by run.sh, which builds what is needed.  README.md says what the figures mean."""
import argparse
import contextlib
import datetime
import functools
import json
import os
import platform
import re
import select
import shutil
import subprocess
import sys
import time

import arena_bound
import images
from model_text import ROOT, model_path
from workloads import WORKLOADS

BRINE = os.path.join(ROOT, "build/release/bin/brine")
WORK = os.path.join(ROOT, "build/bench")
ROUNDS = 3
LONGEST_EPOCH_MS = 20_000
QUICK_S = 10  # what takes longer, 200 steps and the timed ones, runs once a round and not before each peer
PEERS = {  # name: script, mode
    "PyTorch": ("pytorch.py", ""),
    "PyTorch compile": ("pytorch.py", "compile"),
    "Keras": ("tensorflow_keras.py", ""),
    "Keras XLA": ("tensorflow_keras.py", "xla"),
    "JAX": ("jax_step.py", ""),
}
CPP_PEERS = {"oneDNN by hand": "onednn", "LibTorch": "libtorch", "dlib": "dlib"}  # name: program
TUTORIAL = "cifar10_cnn/32"  # what the C++ peers train, and what is measured beside neighbours
CPP_RUNTIME = ("libc.so", "libm.so", "libstdc++.so", "libgcc_s.so", "ld-linux")  # what each program in C++ links
CORES = sorted(os.sched_getaffinity(0))
THREADS = [threads for threads in (1, 2) if threads <= len(CORES)]


class Failed(Exception):
    """What a program said last."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def only(threads):
    """For subprocess: as many cores as threads, for every program alike."""
    return lambda: os.sched_setaffinity(0, CORES[:threads])


def run(*command, threads=None, cache=None):
    environment = dict(os.environ, BRINE_CACHE=cache) if cache else None
    done = subprocess.run(command, cwd=ROOT, env=environment, preexec_fn=only(threads) if threads else None, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(([line for line in done.stderr.splitlines() if line] or [f"exit code {done.returncode}"])[-1])
    return done.stdout


def seconds(*command, times=1, **options):
    """The least wall time of a command."""
    least = float("inf")
    for _ in range(times):
        begin = time.perf_counter()
        run(*command, **options)
        least = min(least, time.perf_counter() - begin)
    return least


class Peaks(dict):
    """The most multiply-adds seen in this run, in GFLOP/s by threads."""

    def look(self, threads):
        self[threads] = max(self.get(threads, 0), float(run(os.path.join(WORK, "fma_peak"), str(threads), threads=threads)))


class Bench:
    """One workload: what is compiled of it, and where."""

    def __init__(self, name, data):
        self.workload = WORKLOADS[name]
        self.name = name
        self.folder = os.path.join(WORK, name.replace("/", "_"))
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.cache = os.path.join(self.folder, "cache")
        self.model = model_path(name, self.folder)
        self.program = os.path.join(self.folder, "program")
        self.batch = ("--batch-size", str(self.workload.batch))
        self.data = None if self.workload.gray or self.workload.is_table else data
        self.one_batch = self.write_one_batch()  # so that a whole run is a start and a step
        self.files = self.data or os.path.join(self.folder, "drawn")  # what peers read: the same images as Brine's
        if self.workload.is_table:
            self.files = self.one_batch  # of numbers that peers draw themselves
        elif not self.data:
            run(os.path.join(WORK, "draw_images"), self.files, "gray" if self.workload.gray else "colour")

    def write_one_batch(self):
        path = os.path.join(self.folder, "one_batch")
        if not self.workload.is_table:
            images.write_random(path, self.workload.gray, max(5, self.workload.batch))
            return path
        columns = [f"x{number}" for number in range(self.workload.shape[0])] + ["y"]
        with open(f"{path}.csv", "w") as table:
            table.write(",".join(columns) + "\n")
            for row in range(self.workload.batch):
                table.write(",".join(str((row * 31 + column * 17) % 101 / 50) for column in range(len(columns))) + "\n")
        run(BRINE, "data", "pack", f"{path}.csv", "-o", f"{path}.brd", "--target", "y", "--test-split", "0", cache=self.cache)
        return f"{path}.brd"

    @functools.cached_property
    def parameters(self):
        """How many numbers are trained, by which a peer is found that trains another network."""
        return int(re.search(r" Trainable params: ([0-9,]+)", run(BRINE, "summary", self.model, cache=self.cache))[1].replace(",", ""))

    def entries(self):
        return len(os.listdir(self.cache))

    def compile_times(self):
        compile_to = lambda model, output: ("compile", model, "-o", os.path.join(self.folder, output), *self.batch)
        one_step = ("train", "--epochs", "1", "--quiet", "--data", self.one_batch)
        tool = lambda *words: seconds(BRINE, *words, cache=self.cache)
        figures = {"cold_s": tool(*compile_to(self.model, "program"))}
        figures["start_s"] = seconds(self.program, *one_step, times=5)
        train = ("train", self.model, *self.batch, *one_step[1:])
        tool(*train)
        figures["cached_train_s"] = min(tool(*train) for _ in range(3))
        before = self.entries()
        figures["seed_s"] = tool(*train, "--seed", "7")
        figures["seed_cache_entries"] = self.entries() - before
        edited = os.path.join(self.folder, "edited", "model.cc")
        os.makedirs(os.path.dirname(edited))
        with open(self.model) as model, open(edited, "w") as copy:
            text = model.read()
            if self.workload.width[0] not in text:
                raise Failed(f"the model does not hold '{self.workload.width[0]}', the width to edit")
            copy.write(text.replace(*self.workload.width, 1))
        figures["width_s"] = tool(*compile_to(edited, "edited/program"))
        figures["width_cache_entries"] = self.entries() - before
        stripped = os.path.join(self.folder, "stripped")
        run("strip", "-o", stripped, self.program)
        figures["stripped_bytes"] = os.path.getsize(stripped)
        return figures

    def data_name(self, figures):
        name = "CIFAR-10" if figures["data"] == "files" else figures["data"]
        return name + ", enlarged" * (not self.workload.is_table and self.workload.shape[0] > 32)

    def flags(self, threads):
        return ("--json", "--threads", str(threads), *(("--data", self.data) if self.data else ()))

    def step(self, threads, program=None):
        begin = time.monotonic()
        result = json.loads(run(program or self.program, "bench", "--steps", str(self.workload.steps), *self.flags(threads), threads=threads))
        self.is_quick = time.monotonic() - begin < QUICK_S
        return result

    def augmentation(self, threads):
        """A step on augmented images over one on plain images; rounds of both in turn."""
        if not self.workload.augmented:
            return None
        program = os.path.join(self.folder, "augmented")
        run(BRINE, "compile", os.path.join(ROOT, self.workload.augmented), "-o", program, *self.batch, cache=self.cache)
        least = lambda rounds: min(each["train_step_ms"]["min"] for each in rounds)
        pairs = [(self.step(threads, program), self.step(threads)) for _ in range(ROUNDS)]
        return least(pair[0] for pair in pairs) / least(pair[1] for pair in pairs)

    def epoch(self, threads, step_ms):
        """An epoch of `train` over its steps at their median; None where it takes too long to look at."""
        if self.data is None or 50_000 / self.workload.batch * step_ms > LONGEST_EPOCH_MS:
            return None
        shares = []
        for _ in range(ROUNDS):
            step = self.step(threads)["train_step_ms"]["median"]
            # A thousandth is held back, as otherwise each epoch ends with a test on 10,000 images.
            lines = run(self.program, "train", "--quiet", "--epochs", "1", "--validation-split", "0.001", *self.flags(threads), threads=threads).splitlines()
            shares.append(json.loads(lines[0])["seconds"] * 1e3 / (-(-49_950 // self.workload.batch) * step))
        return min(shares)

    def memory(self, blocks, threads):
        planned = run(BRINE, "inspect", self.model, "--stage", "planned", *self.batch, cache=self.cache)
        arena, bound = arena_bound.bound(planned)
        anonymous = self.anonymous_bytes(threads)
        if arena > blocks["arena"]:
            raise Failed(f"the planned text needs an arena of {arena} bytes, the program has {blocks['arena']}")
        return {"arena_bytes": blocks["arena"], "arena_bound_bytes": bound, "planned_bytes": sum(blocks.values()), "anonymous_bytes": anonymous}

    def anonymous_bytes(self, threads):
        """The most that a training run on mapped files holds in its first three seconds."""
        command = (self.program, "train", "--quiet", "--epochs", "1000", "--threads", str(threads), "--data", self.files)
        most = 0
        with subprocess.Popen(command, preexec_fn=only(threads), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as training:
            end = time.monotonic() + 3
            while training.poll() is None and time.monotonic() < end:
                with open(f"/proc/{training.pid}/status") as status:
                    most = max([most, *(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))])
                time.sleep(0.02)
            training.kill()
        return most


class Peer:
    """A peer's script or program, which waits between rounds; see peers/rounds.py."""

    def __init__(self, name, bench, threads):
        words = (bench.name, str(bench.workload.batch), str(threads), str(bench.workload.steps), bench.files)
        if name in CPP_PEERS:
            command, missing = (cpp_program(name), *words), "not built"
        else:
            script, mode = PEERS[name]
            python = os.path.join(os.environ.get("BRINE_PEERS") or os.path.join(ROOT, "build/peers"), "bin/python")
            command, missing = (python, os.path.join(ROOT, "tests/bench/peers", script), *words, mode), "not installed"
        self.rest, self.problem, self.rounds = b"", None, []
        self.log = os.path.join(WORK, f"{bench.name} {name}.log".replace("/", "_"))
        if not os.path.exists(command[0]):
            self.problem = missing
            return
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, preexec_fn=only(threads))
        first = self.answer(120, "more than 2 minutes to its first step")
        if first is None:
            return
        self.first_step_s = first["first_step_s"]
        if first["parameters"] != bench.parameters:
            self.end(f"trains {first['parameters']} numbers instead of {bench.parameters}")
            return
        self.answer(1200, "more than 20 minutes for 200 steps")

    def end(self, problem):
        self.process.kill()
        self.process.wait()
        self.problem = problem

    def answer(self, limit, too_late):
        end = time.monotonic() + limit
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                self.end(self.last_words() if ready else too_late)
                return None
            self.rest += piece
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def last_words(self):
        with open(self.log) as log:
            lines = [line.strip() for line in log if line.strip()]
        last = lines[-1] if lines else "ended without a word"
        return "not installed" if last.startswith("ModuleNotFoundError") else f"failed: {last[:100]}"

    def round(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        result = self.answer(600, "more than 10 minutes for a round")
        if result is not None:
            self.rounds.append(result)

    def stop(self):
        if self.problem is None:
            self.process.stdin.close()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def figures(self):
        if self.problem is not None:
            return {"problem": self.problem}
        least = {key: min(each[key] for each in self.rounds) for key in ("min", "median")}
        return {**least, "anonymous_bytes": max(each["anonymous_bytes"] for each in self.rounds), "first_step_s": self.first_step_s}


def cpp_program(name):
    return os.path.join(ROOT, "build/peers_cpp", CPP_PEERS[name])


def linked(program):
    """The libraries that a program names, but for those of the C++ runtime, and their bytes."""
    needed = re.findall(r"NEEDED +(\S+)", run("objdump", "-p", program))
    paths = dict(re.findall(r"(\S+) => (/\S+)", run("ldd", program)))
    missing = [name for name in needed if name not in paths and not name.startswith(CPP_RUNTIME)]
    if missing:
        raise Failed(f"{missing[0]} is not found")
    return {name: os.path.getsize(paths[name]) for name in needed if not name.startswith(CPP_RUNTIME)}


@contextlib.contextmanager
def neighbours(cores):
    """Programs that keep these cores busy, one each."""
    pin = lambda core: lambda: os.sched_setaffinity(0, {core})
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"], preexec_fn=pin(core)) for core in cores]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def beside_neighbours(bench, threads):
    """The least median step by the number of cores that a neighbour keeps busy; rounds in turn."""
    say(f"{bench.name}: beside neighbours")
    medians = {count: [] for count in range(threads + 1)}
    for _ in range(ROUNDS):
        for count, found in medians.items():
            with neighbours(CORES[:count]):
                found.append(bench.step(threads)["train_step_ms"]["median"])
    return {count: min(found) for count, found in medians.items()}


def best(rounds):
    """The round with the least step; its median is the least of any round."""
    fastest = min(rounds, key=lambda each: each["train_step_ms"]["min"])
    return {**fastest, "train_step_ms": {key: min(each["train_step_ms"][key] for each in rounds) for key in ("min", "median")}}


def interleave(bench, peers, threads, peaks):
    """Rounds of Brine and of the peers in turn; figures of Brine, and of each peer by name."""
    rounds, waiting = [], {}
    with contextlib.ExitStack() as stack:
        for name in peers:
            say(f"{bench.name}: {name} warms up")
            waiting[name] = Peer(name, bench, threads)
            stack.callback(waiting[name].stop)
        for _ in range(ROUNDS):
            for turn, peer in enumerate(waiting.values() or [None]):
                peaks.look(threads)
                if turn == 0 or bench.is_quick:
                    rounds.append(bench.step(threads))
                if peer is not None and peer.problem is None:
                    peer.round()
    return best(rounds), {name: peer.figures() for name, peer in waiting.items()}


def measure(name, data, arguments, peaks):
    bench = Bench(name, data)
    say(f"{name}: compiles")
    result = {"compile": bench.compile_times(), "steps": {}}
    beside = [*(PEERS if arguments.peers else ()), *(CPP_PEERS if arguments.cpp_peers and name == TUTORIAL else ())]
    for threads in THREADS:
        say(f"{name}: steps with {threads} thread{'s' * (threads > 1)}")
        figures, peers = interleave(bench, beside if threads == THREADS[-1] else (), threads, peaks)
        result["steps"][threads] = figures
    result["peers"] = {peer: found for peer, found in peers.items() if peer in PEERS}
    result["cpp_peers"] = {peer: found for peer, found in peers.items() if peer in CPP_PEERS}
    for peer, found in result["cpp_peers"].items():
        if "problem" not in found:
            found.update(program_bytes=os.path.getsize(cpp_program(peer)), linked_bytes=linked(cpp_program(peer)),
                         brine_share=figures["train_step_ms"]["min"] / found["min"])
    if arguments.neighbours and name == TUTORIAL:
        result["neighbours"] = beside_neighbours(bench, THREADS[-1])
    result["data"] = bench.data_name(figures)
    result["epoch"] = bench.epoch(threads, figures["train_step_ms"]["median"])
    result["augmentation"] = bench.augmentation(threads)
    result["flops"] = sum(kernel["flops"] for kernel in figures["kernels"])
    result["gflops"] = result["flops"] / figures["train_step_ms"]["min"] / 1e6
    result["memory"] = bench.memory(figures["block_bytes"], THREADS[-1])
    steps = [peer["min"] for peer in result["peers"].values() if "min" in peer]
    if steps:
        result["share_of_fastest_peer"] = figures["train_step_ms"]["min"] / min(steps)
    return result


def machine():
    with open("/proc/cpuinfo") as file:
        lines = dict(line.split(":", 1) for line in file.read().replace("\t", "").splitlines() if ":" in line)
    flags = lines.get("flags", "").split()
    isa = next((name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), platform.machine())
    return {"cpu": lines.get("model name", platform.machine()).strip(), "cores": len(CORES), "isa": isa, "date": datetime.date.today().isoformat()}


def digits(number, count=3):
    """`count` significant digits, without an exponent."""
    text = f"{number:.{count}g}"
    return f"{number:.0f}" if "e" in text else text


def cell(figures):
    if "problem" in figures:
        return figures["problem"]
    return f"{digits(figures['min'])} ({digits(figures['median'])})"


def nonzero_shares(figures):
    """The least and the greatest over the kernels that leave zeros out."""
    shares = [kernel["nonzero"] for kernel in figures["kernels"] if "nonzero" in kernel]
    return " to ".join(dict.fromkeys(f"{share:.0%}" for share in (min(shares), max(shares)))) if shares else "–"


def cpp_table(result):
    """Brine beside the programs in C++."""
    step = result["steps"][THREADS[-1]]["train_step_ms"]
    rows = [["Brine", cell(step), "–", f"{result['compile']['stripped_bytes'] / 1e3:.0f} KB", "–"]]
    for name, figures in result["cpp_peers"].items():
        row = [name, cell(figures)]
        if "problem" in figures:
            rows.append(row + ["–"] * 3)
            continue
        libraries = ", ".join(f"{library} ({size / 1e6:.1f} MB)" for library, size in figures["linked_bytes"].items())
        rows.append([*row, f"{figures['brine_share']:.2f}", f"{figures['program_bytes'] / 1e3:.0f} KB", libraries])
    return table(["program", "least (median) ms", "Brine's share", "size of the program", "what it links"], rows)


def neighbours_table(medians):
    """The median step beside what is fair: the time of all cores is shared in equal parts by those who want a core."""
    rows, threads = [], THREADS[-1]
    for count, median in medians.items():
        fair = medians[0] * threads / (threads - count / 2)
        rows.append([str(count), digits(median), digits(fair), f"{median / fair:.2f}"])
    return table(["busy neighbours", "median step, ms", "fair share, ms", "of the fair share"], rows)


def table(head, rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def markdown(report):
    about, peaks, workloads = report["machine"], report["fma_peak_gflops"], report["workloads"]
    peak = " and ".join(f"{digits(rate)} GFLOP/s with {threads} thread{'s' * (threads > 1)}" for threads, rate in peaks.items())
    text = [f"{about['cpu']}, {about['cores']} cores, {about['isa']}, {about['date']}. Multiply-adds reach {peak}. Steps: least (median) ms.", ""]
    most, peers = THREADS[-1], [name for name in PEERS if any(name in result.get("peers", ()) for result in workloads.values())]
    tutorial = workloads.get(TUTORIAL, {})
    cpp_peers = list(tutorial.get("cpp_peers", ()))
    speed, train, rest = [], [], []
    for name, result in workloads.items():
        if "problem" in result:
            speed.append([name, result["problem"]] + ["–"] * (len(THREADS) + 3 + len(peers) + bool(peers) + len(cpp_peers)))
            continue
        row = [name, result["data"], *(cell(result["steps"][threads]["train_step_ms"]) for threads in THREADS), digits(result["gflops"]),
               f"{result['gflops'] / peaks[most]:.0%}", nonzero_shares(result["steps"][most])]
        if peers:
            row += [*(cell(result["peers"].get(peer, {"problem": "–"})) for peer in peers), f"{result['share_of_fastest_peer']:.2f}" if "share_of_fastest_peer" in result else "–"]
        row += [cell(result["cpp_peers"].get(peer, {"problem": "–"})) for peer in cpp_peers]
        speed.append(row)
        memory, times = result["memory"], result["compile"]
        least = [result["steps"][threads]["train_step_ms"]["min"] for threads in THREADS]
        share = lambda number: "–" if number is None else f"{number:.2f}"
        train.append([name, f"{least[0] / least[-1]:.2f}", share(result["epoch"]), share(result["augmentation"])])
        row = [name, f"{memory['arena_bytes'] / 1e6:.2f} MB ({memory['arena_bytes'] / max(1, memory['arena_bound_bytes']):.2f})",
               f"{memory['anonymous_bytes'] / 1e6:.1f} MB ({(memory['anonymous_bytes'] - memory['planned_bytes']) / 1e6:+.1f})", f"{times['cold_s']:.1f} s",
               f"{times['width_s']:.1f} s", f"{times['seed_cache_entries']}", f"{times['start_s'] * 1e3:.0f} ms", f"{times['cached_train_s'] * 1e3:.0f} ms",
               f"{times['stripped_bytes'] / 1e3:.0f} KB"]
        if peers:
            held = [peer["anonymous_bytes"] for peer in result["peers"].values() if "anonymous_bytes" in peer]
            row.append(f"{min(held) / 1e6:.0f} MB" if held else "–")
        rest.append(row)
    head = ["workload/batch", "data", *(f"{threads} thread{'s' * (threads > 1)}" for threads in THREADS), "GFLOP/s", "of peak", "not zero, least to most", *peers, *(["of the fastest"] if peers else []), *cpp_peers]
    text += [table(head, speed), "", table(["workload/batch", f"{most} threads over one", "epoch over its steps", "augmented over plain step"], train), ""]
    head = ["workload/batch", "arena (of bound)", "anonymous (beyond plan)", "cold compile", "width edited", "seed edited: compiled", "start to step", "`brine train`", "stripped",
            *(["least peer, anonymous"] if peers else [])]
    text.append(table(head, rest))
    if cpp_peers:
        text += ["", f"C++ peers, {TUTORIAL}:", "", cpp_table(tutorial)]
    if "neighbours" in tutorial:
        text += ["", f"{TUTORIAL}, {most} threads, beside programs that keep a core busy each:", "", neighbours_table(tutorial["neighbours"])]
    return "\n".join(text)


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description="Measures Brine; prints Markdown.")
    parser.add_argument("--peers", action="store_true", help="the same work in PyTorch, Keras and JAX, in the same sitting")
    parser.add_argument("--cpp-peers", action="store_true", help=f"oneDNN, LibTorch and dlib beside {TUTORIAL}")
    parser.add_argument("--neighbours", action="store_true", help=f"{TUTORIAL} while other programs keep cores busy")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    parser.add_argument("--data", metavar="DIR", help="CIFAR-10's binary files; without it, the built-in images")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.workloads if name not in WORKLOADS]
    if unknown:
        parser.error(f"unknown workload {unknown[0]}; there are {', '.join(WORKLOADS)}")
    for option in ("cpp_peers", "neighbours"):
        if getattr(arguments, option) and arguments.workloads and TUTORIAL not in arguments.workloads:
            parser.error(f"--{option.replace('_', '-')} is about {TUTORIAL}, which is not among the workloads that are named")
    if arguments.neighbours and THREADS[-1] < 2:
        parser.error("--neighbours needs two cores")
    data = arguments.data and os.path.abspath(arguments.data)
    if data and not os.path.exists(os.path.join(images.cifar_folder(data), "data_batch_1.bin")):
        parser.error(f"--data {arguments.data} holds no data_batch_1.bin")
    report = {"machine": machine(), "data": data and os.path.basename(data), "fma_peak_gflops": Peaks(), "workloads": {}}
    for threads in THREADS:
        report["fma_peak_gflops"].look(threads)
    for name in arguments.workloads or WORKLOADS:
        try:
            report["workloads"][name] = measure(name, data, arguments, report["fma_peak_gflops"])
        except Failed as problem:
            report["workloads"][name] = {"problem": f"failed: {problem}"}
        if arguments.json:  # after each, so that a run that is cut off leaves what it found
            with open(arguments.json, "w") as file:
                json.dump(report, file, indent=1)
                file.write("\n")
    print(markdown(report))
    return int(any("problem" in result for result in report["workloads"].values()))


if __name__ == "__main__":
    sys.exit(main())
