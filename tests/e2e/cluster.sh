#!/usr/bin/env bash
# tests/e2e/cluster.sh: examples/cluster/run_local.sh gives the same weights on two nodes as in one process, also where there can be no nodes.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v mpicc.openmpi mpirun.openmpi ip tc >/dev/null || { echo "Open MPI or iproute2 is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# expect MESSAGE: the run says it, and ends with the two lines.
expect() {
  examples/cluster/run_local.sh --epochs 1 >"$folder/out" 2>"$folder/err" && grep -q "$1" "$folder/err" &&
    tail -n 2 "$folder/out" | head -n 1 | grep -qE '^Test accuracy: 0\.[0-9]+$' && [[ $(tail -n 1 "$folder/out") == "the same weights as one process" ]] ||
    { echo "expected: $1"; cat "$folder/out" "$folder/err"; exit 1; }
}

if ((EUID == 0)) && ip netns add "brine-test-$$"; then
  ip netns del "brine-test-$$"
  expect '^two processes, on two nodes$'
fi
mkdir "$folder/bin"
printf '#!/bin/sh\nexit 1\n' >"$folder/bin/ip"
chmod +x "$folder/bin/ip"
PATH=$folder/bin:$PATH expect '^there are no network namespaces: two processes, on one node$'
