#!/usr/bin/env bash
# Times small networks, one for each kind of layer, in Brine and in PyTorch: tests/bench/layers.sh [NAME…]; README.md has the rest.
set -euo pipefail
source "$(dirname "$0")/../setup.sh"

brine_setup full brine
brine_peers
exec "${BRINE_PEERS:-$brine_root/build/peers}/bin/python" "$brine_root/tests/bench/layers.py" "$brine_build/bin/brine" "$@"
