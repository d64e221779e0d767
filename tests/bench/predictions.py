"""Prints what each kernel of the workloads is predicted to take on one core beside what it takes: predictions.py [WORKLOAD…]

A kernel is timed inside steps, by `brine bench`.  Costs count on a share of nonzero elements that no model has exactly,
and know nothing of what other programs do to the caches.
"""
import json
import pathlib
import subprocess
import sys

import workloads

ROOT = pathlib.Path(__file__).resolve().parents[2]
BRINE = ROOT / "build/release/bin/brine"
FEWEST_STEPS = 40


def kernels(workload):
    command = [BRINE, "bench", ROOT / workload.model, "--batch-size", workload.batch, "--threads", 1]
    command += ["--steps", max(FEWEST_STEPS, workload.steps), "--json"]
    output = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout
    return json.loads(output.splitlines()[-1])["kernels"]


def main():
    names = sys.argv[1:] or list(workloads.WORKLOADS)
    print("| workload | kernel | strategy | predicted, ms | measured, ms | nonzero |\n|---|---|---|---|---|---|")
    for name in names:
        shown = name
        for kernel in kernels(workloads.WORKLOADS[name]):
            nonzero = f"{kernel['nonzero']:.2f}" if "nonzero" in kernel else ""
            print(f"| {shown} | {kernel['name']} | {kernel['strategy']} | {kernel['predicted_ms']:.3f} | {kernel['ms']:.3f} | {nonzero} |")
            shown = ""


if __name__ == "__main__":
    main()
