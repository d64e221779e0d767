# Sourced by run_local.sh and tests/bench/ranks.sh: two nodes on one machine.  A node is a network namespace, in which programs have a
# network interface, addresses and ports of their own.  The two are joined by a cable, a pair of veth interfaces, which passes so many bits a
# second in each direction.
#
#   two_nodes_begin RATE    such as 1gbit.  Where this needs root or is not supported, says so and returns 1
#   two_nodes_rate RATE     changes the rate
#   two_nodes_run COMMAND…  on the first node
#   two_nodes_end           to be called in any case
#
# For mpirun, the file $two_nodes_hosts lists the addresses, and the variables of its environment, which are set, are those of a cluster
# that has no other network.

two_nodes_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
two_nodes_addresses=(10.77.0.1 10.77.0.2)
export two_nodes_prefix=brine-$$  # of the names of the namespaces, which node.sh knows
two_nodes_hosts=$(mktemp)

two_nodes_name() { echo "$two_nodes_prefix-$1"; }

two_nodes_begin() {
  local address
  if ((EUID != 0)); then
    say "two nodes with a network between them need root"
    return 1
  fi
  for address in "${two_nodes_addresses[@]}"; do
    ip netns add "$(two_nodes_name "$address")" 2>/dev/null && ip -n "$(two_nodes_name "$address")" link set lo up || return 1
    echo "$address slots=1"
  done >"$two_nodes_hosts"
  ip link add eth0 netns "$(two_nodes_name "${two_nodes_addresses[0]}")" type veth \
    peer name eth0 netns "$(two_nodes_name "${two_nodes_addresses[1]}")" || return 1
  for address in "${two_nodes_addresses[@]}"; do
    ip -n "$(two_nodes_name "$address")" addr add "$address/24" dev eth0 && ip -n "$(two_nodes_name "$address")" link set eth0 up || return 1
  done
  two_nodes_rate "$1" || say "this kernel cannot limit the rate of the network between the nodes; it is as fast as memory"
  # Messages go over TCP, and not through memory that both nodes happen to have.
  export OMPI_MCA_btl=tcp,self OMPI_MCA_pml=ob1 OMPI_MCA_plm_rsh_agent=$two_nodes_folder/node.sh PRTE_MCA_plm_ssh_agent=$two_nodes_folder/node.sh
}

two_nodes_rate() {
  local address
  for address in "${two_nodes_addresses[@]}"; do
    ip netns exec "$(two_nodes_name "$address")" tc qdisc replace dev eth0 root tbf rate "$1" burst 256kb latency 50ms || return 1
  done
}

two_nodes_run() { ip netns exec "$(two_nodes_name "${two_nodes_addresses[0]}")" "$@"; }

two_nodes_end() {
  local address
  for address in "${two_nodes_addresses[@]}"; do
    ip netns del "$(two_nodes_name "$address")" 2>/dev/null || true
  done
  rm -f "$two_nodes_hosts"
}
