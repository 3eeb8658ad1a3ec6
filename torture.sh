#!/usr/bin/env bash
# The torture set (docs/faults.md) with its full counts, or the scenarios that a part of their name picks: ./torture.sh NetworkTests
set -uo pipefail
cd "$(dirname "$0")"
export ENGINE_TORTURE=full
exec ./test.sh --filter "FullyQualifiedName~Engine.Tests.Torture${1:+&FullyQualifiedName~$1}" --logger "console;verbosity=detailed"
