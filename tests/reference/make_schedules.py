"""Writes schedules.txt: learning rates of Keras's and PyTorch's schedules, in double.

    python3 -m venv venv && venv/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0 torch==2.15.0
    venv/bin/python make_schedules.py keras > schedules.txt
    venv/bin/python make_schedules.py torch >> schedules.txt    # TensorFlow and PyTorch crash in one process

Each row is the name of a schedule in tests/frontend/schedules_test.cc, the number of steps done, and the rate.
"""
import os
import sys

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")

# Every 37th of a thousand steps, and those around which a schedule changes.
CHANGES = (0, 100, 150, 200, 250, 300, 399, 600, 700, 800, 850, 998)
STEPS = sorted({*range(0, 1000, 37), *(b + d for b in CHANGES for d in (-1, 0, 1) if b + d >= 0)})


def keras_rows():
    import keras
    from numpy import array as d  # of a Python float Keras makes a float32

    s = keras.optimizers.schedules
    schedules = {
        "piecewise": s.PiecewiseConstantDecay([100, 250, 600], [d(0.1), d(0.05), d(0.01), d(0.002)]),
        "exponential": s.ExponentialDecay(d(0.1), 100, d(0.7)),
        "exponential_staircase": s.ExponentialDecay(d(0.1), 100, d(0.7), staircase=True),
        "polynomial": s.PolynomialDecay(d(0.1), 700, d(0.001), power=d(2.0)),
        "polynomial_cycle": s.PolynomialDecay(d(0.1), 150, d(0.001), power=d(0.5), cycle=True),
        "inverse_time": s.InverseTimeDecay(d(0.1), 100, d(0.5)),
        "inverse_time_staircase": s.InverseTimeDecay(d(0.1), 100, d(0.5), staircase=True),
        "cosine": s.CosineDecay(d(0.1), 800, alpha=d(0.01)),
        "cosine_warmup": s.CosineDecay(d(0.01), 700, alpha=d(0.01), warmup_target=d(0.1), warmup_steps=150),
        "restarts": s.CosineDecayRestarts(d(0.1), 100, t_mul=d(2.0), m_mul=d(0.8), alpha=d(0.01)),
        "restarts_equal": s.CosineDecayRestarts(d(0.1), 150, t_mul=d(1.0), m_mul=d(0.5), alpha=d(0.01)),
    }
    print("# learning rates in double, by make_schedules.py: Keras %s, then PyTorch" % keras.__version__)
    print("# schedule steps_done rate")
    for name, schedule in schedules.items():
        for step in STEPS:
            yield name, step, schedule(d(step, "int64" if name == "piecewise" else "float64"))


def torch_rows():
    import torch

    rates = torch.optim.lr_scheduler
    schedules = {
        "one_cycle": lambda o: rates.OneCycleLR(o, 0.1, total_steps=1001, pct_start=0.4, div_factor=10,
                                                final_div_factor=20, cycle_momentum=False),
        "triangular": lambda o: rates.CyclicLR(o, 0.01, 0.1, step_size_up=130, cycle_momentum=False),
    }
    for name, make in schedules.items():
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        schedule = make(optimizer)
        for step in range(1000):
            if step in STEPS:
                yield name, step, optimizer.param_groups[0]["lr"]
            optimizer.step()
            schedule.step()


for name, step, rate in {"keras": keras_rows, "torch": torch_rows}[sys.argv[1]]():
    print(name, step, repr(float(rate)))
