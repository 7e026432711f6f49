#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# gdb names the frames of trampolines and programs, and unwinds through them.
. "$(dirname "$0")/../cli/tap.sh"

# Functions of the backtrace after @1 times continuing, innermost first
functions()
{
	more=
	for _ in $(seq "$1"); do more="$more -ex continue"; done
	# shellcheck disable=SC2086
	timeout 100 gdb -q -nx -batch -ex 'set auto-load no' -ex 'set debuginfod enabled off' -ex run $more -ex bt "$GDB_TARGET" \
		>"$tmp/out" 2>"$tmp/err" </dev/null
	sed -n 's/^#[0-9]* *\(0x[0-9a-f]* in \)\{0,1\}\([^ ]*\) .*/\2/p' "$tmp/out" | tr '\n' ' '
}

# The backtrace $2 has $3 in it
has()
{
	case $2 in
	*"$3"*) ;;
	*) what="gdb: $1"; not_ok "'$2' has no '$3'";;
	esac
}

t_gdb_backtrace()
{
	command -v gdb >/dev/null || { skip 'no gdb'; return; }
	has 'in the program' "$(functions 0)" 'call_back program:prog trampoline:traced caller main '
	has 'in the function' "$(functions 1)" 'traced trampoline:traced caller main '
}

tap_run "$@"
