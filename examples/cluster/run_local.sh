#!/usr/bin/env bash
# Shows training on two machines, on this one: examples/cluster/run_local.sh [--data DIR] [--epochs N]
# Trains examples/cifar10_cnn as one process, then as two on two nodes with a network of 1 Gbit/s between them, and compares the weights.
# Ends with "Test accuracy: 0.…" and "the same weights as one process".  The nodes need root; without it, both processes run beside each other.
set -euo pipefail
here=$(pwd)
cd "$(dirname "$0")/../.."
source tests/setup.sh

brine_example_arguments examples/cluster/run_local.sh 3 "$here" "$@"
brine_setup full brine
brine_packages openmpi-bin libopenmpi-dev iproute2
source examples/cluster/two_nodes.sh
folder=$(mktemp -d)
trap 'two_nodes_end; rm -rf "$folder"' EXIT

# A step is 64 images in two shards of 32, whoever trains them.
MPICC=mpicc.openmpi "$brine_build/bin/brine" compile examples/cifar10_cnn/model.cc --mpi --batch-size 32 -o "$folder/cifar10_cnn"
train=("$folder/cifar10_cnn" train --batch-size 64 --shards 2 --threads $((($(nproc) + 1) / 2)) "${arguments[@]}" --save)

say "one process"
"${train[@]}" "$folder/one.safetensors" >&2

mpirun=(mpirun.openmpi -n 2 --bind-to none)
((EUID != 0)) || export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
if two_nodes_begin 1gbit; then
  say "two processes, on two nodes"
  two_nodes_run "${mpirun[@]}" --hostfile "$two_nodes_hosts" "${train[@]}" "$folder/two.safetensors"
else
  say "there are no network namespaces: two processes, on one node"
  "${mpirun[@]}" --oversubscribe "${train[@]}" "$folder/two.safetensors"
fi

cmp "$folder/one.safetensors" "$folder/two.safetensors" || fail "the weights differ from those of one process"
echo "the same weights as one process"
