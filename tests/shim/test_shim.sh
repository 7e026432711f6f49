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

t_shim_bpftool()
{
	tool=$(command -v bpftool || echo /usr/sbin/bpftool)
	[ -x "$tool" ] || { skip 'no bpftool'; return; }
	fs_nobody shim -- "$tool" btf list
	status 0
	out 'name [vmlinux]'
}

tap_run "$@"
