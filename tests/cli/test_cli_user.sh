#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fsession run --engine user: the examples on functions of a library, without a kernel or a privilege.
. "$(dirname "$0")/tap.sh"

lib=$BUILD/examples/libsample.so

user()
{
	fs_nobody run --engine user --lib "$lib" "$@"
}

lines()
{
	n=$(grep -c "$1" "$tmp/out")
	[ "$n" = "$2" ] || not_ok "$n lines of '$1', not $2"
}

t_user_entry_and_exit()
{
	user "$BUILD/examples/icmp.bpf.o" -- sample 3
	status 0
	err 'icmp: engine user on icmp_rcv'
	err "'sample' returned 2"
	lines '^fsession entry\.$' 3
	lines '^fsession exit\.$' 3
}

t_user_cookie()
{
	user --stats "$BUILD/examples/cookie.bpf.o" -- sample 2
	status 0
	lines '^fsession cookie: 0xdeadbeef$' 2
	lines '^cookie  *4 ' 1
}

t_user_ordinary_kfuncs()
{
	user "$BUILD/tests/kernel/cli_foreign.bpf.o" -- sample 2
	status 0
	lines '^fsession cookie: 0xdeadbeef$' 2
}

t_user_latency()
{
	user "$BUILD/examples/latency.bpf.o" --attach 'parse_*' --dump -- sample 1000
	status 0
	err 'engine user on 2 functions'
	out 'parse_header'
	lines 'calls = 1000$' 1
	lines 'errors = 333$' 1
	lines 'calls = 667$' 1
}

t_user_json()
{
	user --json "$BUILD/examples/cookie.bpf.o" -- sample 1
	status 0
	out '"engine":"user"'
	out '"text":"fsession cookie: 0xdeadbeef"'
	out '"why":"command"'
}

t_user_refuses()
{
	fs_nobody run --engine user "$BUILD/examples/icmp.bpf.o"
	status 1
	one_error
	fs_nobody run --lib "$lib" "$BUILD/examples/icmp.bpf.o"
	status 1
	one_error
	fs_nobody run -e user --lib "$tmp/none.so" "$BUILD/examples/icmp.bpf.o"
	status 1
	one_error
	err none.so
	user "$BUILD/examples/icmp.bpf.o" -- nothing
	status 1
	err "nothing"
	user "$BUILD/examples/icmp.bpf.o" -- sample many
	status 1
	err "'many'"
	user "$BUILD/examples/latency.bpf.o" --attach 'no_such_function' -- sample 1
	status 1
	err no_such_function
}

tap_run "$@"
