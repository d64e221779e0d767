#!/bin/sh
# node.sh ADDRESS COMMAND…: what mpirun calls instead of ssh to start its helper on the other node of two_nodes.sh.
node=$two_nodes_prefix-$1
shift
exec ip netns exec "$node" sh -c "$*"
