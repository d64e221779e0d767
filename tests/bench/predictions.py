"""Prints what each kernel of the workloads is predicted to take on one core beside what it takes: predictions.py [WORKLOAD…]

A kernel is timed inside steps, by `brine bench`.  Costs count on a share of nonzero elements that no model has exactly,
and know nothing of what other programs do to the caches.
"""
import json
import subprocess
import sys
import tempfile

from model_text import ROOT, model_path
from workloads import WORKLOADS

BRINE = ROOT / "build/release/bin/brine"
FEWEST_STEPS = 40


def kernels(name, workload, folder):
    command = [BRINE, "bench", model_path(name, folder), "--batch-size", workload.batch, "--threads", 1]
    command += ["--steps", max(FEWEST_STEPS, workload.steps), "--json"]
    output = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout
    return json.loads(output.splitlines()[-1])["kernels"]


def main():
    print("| workload | kernel | strategy | predicted, ms | measured, ms | nonzero |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or list(WORKLOADS):
            shown = name
            for kernel in kernels(name, WORKLOADS[name], folder):
                nonzero = f"{kernel['nonzero']:.2f}" if "nonzero" in kernel else ""
                print(f"| {shown} | {kernel['name']} | {kernel['strategy']} | {kernel['predicted_ms']:.3f} | {kernel['ms']:.3f} | {nonzero} |")
                shown = ""


if __name__ == "__main__":
    main()
