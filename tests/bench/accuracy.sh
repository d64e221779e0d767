#!/usr/bin/env bash
# What the tutorial network learns from real images: tests/bench/accuracy.sh DIR, a folder that holds cifar-10-batches-bin/.
# Ten epochs in batches of 32 with Adam at 1e-3, three seeds; prints the test accuracy after each epoch and the two means that count.
set -euo pipefail
source "$(dirname "$0")/../setup.sh"
[[ $# == 1 ]] || fail "usage: tests/bench/accuracy.sh DIR"
brine_setup full brine
data=$(realpath "$1")
for seed in 0 1 2; do
  "$brine_root/build/release/bin/brine" train "$brine_root/examples/cifar10_cnn/model.cc" --data "$data" --epochs 10 --seed "$seed" --quiet --json |
    sed -nE "s/.*\"epoch\": ([0-9]+).*\"val_accuracy\": ([0-9.]+).*/$seed \1 \2/p"
done | awk '
  $1 != seed || NR == 1 { printf "%sseed %d:", NR == 1 ? "" : "\n", $1; seed = $1 }
  { printf " %.4f", $3 }
  $2 == 3 { after_3 += $3 }
  $2 >= 8 { last += $3 }
  END { printf "\nmean after epoch 3: %.4f\nmean after epochs 8 to 10: %.4f\n", after_3 / 3, last / 9 }'
