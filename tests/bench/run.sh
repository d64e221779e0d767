#!/usr/bin/env bash
# Measures Brine and prints Markdown tables: tests/bench/run.sh [--peers] [--cpp-peers] [--neighbours] [--json FILE] [--data DIR] [WORKLOAD…]
# --peers measures PyTorch, Keras and JAX beside it, from build/peers or from the virtual environment $BRINE_PEERS,
# --cpp-peers programs of peers/cpp.  README.md has the rest.
set -euo pipefail
source "$(dirname "$0")/../setup.sh"

brine_setup full brine
brine_packages binutils python3 python3-venv
brine_python
mkdir -p "$brine_root/build/bench"
cc -O3 -march=native -pthread "$brine_root/tests/bench/fma_peak.c" -o "$brine_root/build/bench/fma_peak"
c++ -std=c++20 -O2 -I "$brine_root" "$brine_root/tests/bench/draw_images.cc" -L "$brine_build/lib" -lbrine_trainer -lbrine_core -pthread -ldl \
  -o "$brine_root/build/bench/draw_images"

[[ " $* " != *" --peers "* && " $* " != *" --cpp-peers "* ]] || brine_peers
[[ " $* " != *" --cpp-peers "* ]] || "$brine_root/tests/bench/peers/cpp/build.sh"

exec "$brine_root/build/python/bin/python" "$brine_root/tests/bench/bench.py" "$@"
