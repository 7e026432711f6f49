# SPDX-License-Identifier: BSD-2-Clause
# Harness of the shell tests. A script includes it, defines functions t_NAME, and ends with
#
#	tap_run "$@"
#
# which runs those whose name matches one of the patterns given, all without any. A test runs
#
#	fs run --help		the command; then
#	status 0		checks its exit status,
#	out 'text'		that its output has the text,
#	err 'text'		the same of its messages,
#	no_err, one_error	that there was no message; one line, and at most a hint after it.
#
# Each test has a directory of its own, $tmp. Anything may call `not_ok WHY` or `skip WHY`.
: "${FSESSION:?the command to test}"
: "${BUILD:?the build directory}"
failed=0

fs()
{
	what="fsession $*"
	# shellcheck disable=SC2086
	timeout 60 $as "$FSESSION" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
}

# The same without any privilege
fs_nobody()
{
	as=''
	[ "$(id -u)" != 0 ] || as='setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all'
	fs "$@"
	as=''
}

not_ok()
{
	echo "# $what: $*"
	sed 's/^/#   out: /' "$tmp/out" 2>/dev/null | head -20
	sed 's/^/#   err: /' "$tmp/err" 2>/dev/null | head -20
	bad=1
}

skip()
{
	skipped=$*
}

status()
{
	[ "$got" = "$1" ] || not_ok "exit status $got, not $1"
}

out()
{
	grep -qF -e "$1" "$tmp/out" || not_ok "output lacks '$1'"
}

err()
{
	grep -qF -e "$1" "$tmp/err" || not_ok "messages lack '$1'"
}

no_err()
{
	[ ! -s "$tmp/err" ] || not_ok "there are messages"
}

one_error()
{
	[ "$(sed -n 1p "$tmp/err" | grep -vc '^hint: ')" = 1 ] || not_ok "no message"
	[ "$(sed 1d "$tmp/err" | grep -vc '^hint: ')" = 0 ] || not_ok "more than a line and a hint"
	[ "$(wc -l <"$tmp/err")" -le 2 ] || not_ok "more than a line and a hint"
}

tap_matches()
{
	name=$1
	shift
	[ $# -gt 0 ] || return 0
	for pattern; do
		# shellcheck disable=SC2254
		case $name in
		$pattern) return 0 ;;
		esac
	done
	return 1
}

tap_run()
{
	nr=0
	for t in $(sed -n 's/^t_\([a-z0-9_]*\)()$/\1/p' "$0"); do
		tap_matches "$t" "$@" || continue
		nr=$((nr + 1)) bad='' skipped='' as='' what=$t
		tmp=$(mktemp -d)
		: >"$tmp/out"
		: >"$tmp/err"
		"t_$t"
		rm -rf "$tmp"
		if [ -n "$bad" ]; then
			echo "not ok $nr - $t"
			failed=1
		elif [ -n "$skipped" ]; then
			echo "ok $nr - $t # SKIP $skipped"
		else
			echo "ok $nr - $t"
		fi
	done
	echo "1..$nr"
	exit $failed
}
