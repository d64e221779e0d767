#!/usr/bin/env bash
# Trains examples/cifar10_cnn: examples/quickstart.sh [--data DIR] [--epochs N]
# DIR holds cifar-10-batches-bin/; without it a built-in set of drawn shapes is used.  Ends with "Test accuracy: 0.…".
set -euo pipefail
here=$(pwd)
cd "$(dirname "$0")/.."
source tests/setup.sh

brine_example_arguments examples/quickstart.sh 10 "$here" "$@"
brine_setup full brine
exec "$brine_build/bin/brine" train examples/cifar10_cnn/model.cc "${arguments[@]}"
