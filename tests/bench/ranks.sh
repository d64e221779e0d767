#!/usr/bin/env bash
# Measures training with two ranks, on this machine and between two nodes with networks of three rates: tests/bench/ranks.sh; needs root.
# README.md has the rest.  The figures are in build/bench/ranks/figures.json.
set -euo pipefail
source "$(dirname "$0")/../setup.sh"

brine_setup full brine
brine_packages openmpi-bin libopenmpi-dev iproute2 python3
work=$brine_root/build/bench/ranks
mkdir -p "$work"
export MPICC=mpicc.openmpi
c++ -std=c++20 -O2 -I "$brine_root" "$brine_root/tests/bench/draw_images.cc" -L "$brine_build/lib" -lbrine_trainer -lbrine_core -pthread -ldl -o "$work/draw_images"
"$work/draw_images" "$work/drawn" colour
"$MPICC" -std=c11 -O2 -I "$brine_root" "$brine_root"/{runtime/mpi/communicator.c,tests/bench/ranks_network.c} -pthread -o "$work/ranks_network"

source "$brine_root/examples/cluster/two_nodes.sh"
trap two_nodes_end EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
measure() { python3 "$brine_root/tests/bench/ranks.py" "$work/figures.json" "$@"; }
rm -f "$work/figures.json"
measure compile
measure machine
two_nodes_begin 10gbit || fail "the nodes could not be made"
for rate in 100mbit 1gbit 10gbit; do
  two_nodes_rate "$rate"
  two_nodes_run python3 "$brine_root/tests/bench/ranks.py" "$work/figures.json" "$rate" "$two_nodes_hosts"
done
measure tables
python3 "$brine_root/tests/bench/ranks_model.py" "$work/figures.json"
