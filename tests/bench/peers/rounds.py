"""What the peers' scripts share: the command line, the images, and rounds of steps on request.

A script is called as `SCRIPT WORKLOAD BATCH THREADS STEPS FOLDER [MODE]`.  It prints one line of JSON after its first step, with the number of
trainable parameters, one after up to 200 more steps, and then, for each line on its standard input, runs STEPS steps and prints their times.
"""
import json
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from images import read
from workloads import WORKLOADS

import numpy as np

WARM_UP = 200
LONGEST_WARM_UP_S = 15  # what takes longer is warm: the peers' times do not depend on the weights
sys.stdout, answers = sys.stderr, sys.stdout  # libraries like to talk


class Request:
    def __init__(self):
        self.workload = WORKLOADS[sys.argv[1]]
        self.batch, self.threads, self.steps = (int(word) for word in sys.argv[2:5])
        self.mode = sys.argv[6] if len(sys.argv) > 6 else ""
        if self.workload.is_table:
            random = np.random.default_rng(0)
            inputs = random.standard_normal((10_000, *self.workload.shape), np.float32)
            labels = random.standard_normal((10_000, 1), np.float32)
        else:
            inputs, labels = read(sys.argv[5], self.workload.gray)
            enlarged = self.workload.shape[0] // inputs.shape[1]
            inputs = inputs.repeat(enlarged, axis=1).repeat(enlarged, axis=2)
        count = len(inputs) // self.batch * self.batch
        self.inputs, self.labels = inputs[:count], labels[:count]

    def batches(self):
        """The numbers of the samples of one step after another, for ever, in the order of the files."""
        order = np.arange(len(self.inputs)).reshape(-1, self.batch)
        while True:
            yield from order


def anonymous_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))


def serve(request, step, parameters, wait=lambda: None, together=1):
    """Runs `step` as asked.  A reading is the mean of `together` steps up to the end of `wait`: more than one where steps overlap."""

    def answer(**fields):
        print(json.dumps(fields), file=answers, flush=True)

    begin = time.perf_counter()
    step()
    wait()
    answer(first_step_s=time.perf_counter() - begin, parameters=parameters)
    begin = time.perf_counter()
    for number in range(WARM_UP):
        step()
        if number % 10 == 9:
            wait()
            if time.perf_counter() - begin > LONGEST_WARM_UP_S:
                break
    wait()
    answer(ready=True)
    for _ in sys.stdin:
        times = []
        for _ in range(max(1, request.steps // together)):
            begin = time.perf_counter()
            for _ in range(together):
                step()
            wait()
            times.append((time.perf_counter() - begin) / together * 1e3)
        answer(min=min(times), median=statistics.median(times), anonymous_bytes=anonymous_bytes())
