"""Prints what each kernel of the workloads is predicted to take beside what it takes: predictions.py [WORKLOAD…]

A kernel is timed inside steps, by `brine bench`, on all cores.  The prediction is that for the share of nonzero elements
of the step, and knows nothing of what other programs do to the caches.  Kernels below 1 % of a step are left out.
"""
import json
import subprocess
import sys
import tempfile

from model_text import ROOT, model_path
from workloads import WORKLOADS

BRINE = ROOT / "build/release/bin/brine"
FEWEST_STEPS = 40
SHOWN_SHARE = 0.01  # of a step
TOLERANCE = 0.3


def kernels(name, workload, folder):
    command = [BRINE, "bench", model_path(name, folder), "--batch-size", workload.batch]
    command += ["--steps", max(FEWEST_STEPS, workload.steps), "--json"]
    output = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout
    rows = json.loads(output.splitlines()[-1])["kernels"]
    step = sum(row["ms"] for row in rows)
    return [row for row in rows if row["ms"] >= SHOWN_SHARE * step]


def main():
    print("| workload | kernel | strategy | predicted, ms | measured, ms | nonzero |\n|---|---|---|---|---|---|")
    near = count = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or list(WORKLOADS):
            shown = name
            for kernel in kernels(name, WORKLOADS[name], folder):
                nonzero = f"{kernel['nonzero']:.2f}" if "nonzero" in kernel else ""
                print(f"| {shown} | {kernel['name']} | {kernel['strategy']} | {kernel['predicted_ms']:.3f} | {kernel['ms']:.3f} | {nonzero} |")
                shown = ""
                near += abs(kernel["predicted_ms"] / kernel["ms"] - 1) <= TOLERANCE
                count += 1
    print(f"\n{near} of {count} predictions are within {TOLERANCE:.0%}.")


if __name__ == "__main__":
    main()
