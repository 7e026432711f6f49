#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Unmodified libbpf applications on the user engine, without privilege.
. "$(dirname "$0")/../cli/tap.sh"

app=$BUILD/tests/shim/app

t_shim_ring_buffer_and_globals()
{
	fs_nobody shim -- "$app"
	status 0
	out 'entry a 7 ret 42'
	out 'exit a 7 ret 7042'
	out '10 entries, 10 exits'
}

t_shim_tool()
{
	fs_nobody shim -- "$BUILD/tests/shim/tool"
	status 0
	out '200 events, 0 lost'
	out '200 calls in the pinned map'
	out '0 wrong'
}

t_shim_command_status()
{
	fs_nobody shim -- sh -c 'exit 5'
	status 5
	fs_nobody shim -- /nonexistent
	status 1
	one_error
	fs_nobody shim
	status 2
	one_error
}

# Runs $app with the libraries of folder $1, by their loader.
other()
{
	FSESSION_SHIM=1 "$1/ld-linux-x86-64.so.2" --library-path "$1:/usr/lib/x86_64-linux-gnu" --preload "$lib" "$2" \
		>"$tmp/out" 2>"$tmp/err"
	got=$? what="$2 with $1"
	status 0
}

# The same applications with later releases' libbpf.
t_shim_other_libbpf()
{
	lib=$(readlink -f "$(dirname "$FSESSION")/../shim/libfsession-user.so.0")
	tried=''
	for dir in "$LIBS/trixie" "$LIBS/sid"; do
		[ -x "$dir/ld-linux-x86-64.so.2" ] || continue
		tried=1
		other "$dir" "$app"
		out '10 entries, 10 exits'
		other "$dir" "$BUILD/tests/shim/tool"
		out '0 wrong'
	done
	[ -n "$tried" ] || skip 'no other libraries downloaded'
}

t_shim_bpftool()
{
	tool=$(command -v bpftool || echo /usr/sbin/bpftool)
	[ -x "$tool" ] || { skip 'no bpftool'; return; }
	fs_nobody shim -- "$tool" btf list
	status 0
	out 'name [vmlinux]'
}

tap_run "$@"
