#!/usr/bin/env bash
# The torture set (docs/faults.md) with its full counts, or one scenario of it, and a line of what came of each.
set -uo pipefail
cd "$(dirname "$0")"

case "${1:-}" in
  -h|--help)
    echo "usage: ./torture.sh [part of the name of a scenario]"
    echo
    echo "  ./torture.sh                     everything, more than an hour"
    echo "  ./torture.sh ClusterTests        a class of scenarios"
    echo "  ./torture.sh F20                 the scenarios of one fault"
    echo "  ENGINE_TORTURE_ROUNDS=100 ENGINE_TORTURE_SEED=7 ./torture.sh Three_nodes"
    echo
    echo "Counts come from ENGINE_TORTURE_ROUNDS, _SEED, _KILLS, _CUTS, _NETWORK_CUTS, _HAND_OVERS, _STOPS, _TWINS, _BUYERS where set."
    exit ;;
esac

count() { export "ENGINE_TORTURE_$1=$(v="ENGINE_TORTURE_$1"; echo "${!v:-$2}")"; }
count ROUNDS 30
count KILLS 200
count CUTS 12000
count NETWORK_CUTS 30
count HAND_OVERS 10
count STOPS 30
count TWINS 10
count BUYERS 20000

exec ./test.sh --filter "FullyQualifiedName~Engine.Tests.Torture${1:+&FullyQualifiedName~$1}" --logger "console;verbosity=detailed"
