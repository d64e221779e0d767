#!/usr/bin/env bash
# Trains examples/cifar10_cnn: examples/quickstart.sh [--data DIR] [--epochs N]
# DIR holds cifar-10-batches-bin/; without it a built-in set of drawn shapes is used.  Ends with "Test accuracy: 0.…".
set -euo pipefail
here=$(pwd)
cd "$(dirname "$0")/.."
source tests/setup.sh

arguments=(--epochs 10)
while (($#)); do
  case $1 in
    --data) [[ $# -ge 2 ]] || { say "--data needs a folder"; exit 2; }; arguments+=(--data "$(cd "$here" && realpath -m -- "$2")"); shift 2 ;;
    --epochs) [[ $# -ge 2 ]] || { say "--epochs needs a number"; exit 2; }; arguments+=(--epochs "$2"); shift 2 ;;
    *) say "usage: examples/quickstart.sh [--data DIR] [--epochs N]"; exit 2 ;;
  esac
done
brine_setup full brine
exec "$brine_build/bin/brine" train examples/cifar10_cnn/model.cc "${arguments[@]}"
