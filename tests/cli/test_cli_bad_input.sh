#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Objects that cannot be run, and a process that may not: one line that names the object and why.
. "$(dirname "$0")/tap.sh"

icmp=$BUILD/examples/icmp.bpf.o
latency=$BUILD/examples/latency.bpf.o

# fails NAME ARG...: an error which names NAME
fails()
{
	name=$1
	shift
	fs run "$@"
	status 1
	one_error
	err "$name"
	! grep -q 'libbpf: ' "$tmp/err" || not_ok 'libbpf speaks'
}

t_bad_input_no_file()
{
	fails "'/nonexistent/x.bpf.o'" /nonexistent/x.bpf.o
	err 'No such file or directory'
}

t_bad_input_no_object()
{
	: >"$tmp/empty"
	echo hello, I am a text that is long enough for the header of an ELF file, am I not >"$tmp/text"
	fails "'$tmp'" "$tmp"
	fails "'$tmp/empty'" "$tmp/empty"
	fails "'$tmp/text'" "$tmp/text"
	fails "'$FSESSION'" "$FSESSION"
	fails "'/dev/zero'" /dev/zero
}

t_bad_input_truncated()
{
	size=$(wc -c <"$icmp")
	for n in 10 64 100 1000 $((size / 2)) $((size - 1)); do
		head -c "$n" "$icmp" >"$tmp/cut.bpf.o"
		fails "'$tmp/cut.bpf.o'" "$tmp/cut.bpf.o"
	done
}

t_bad_input_unreadable()
{
	cp "$icmp" "$tmp/secret.bpf.o"
	chmod 0 "$tmp/secret.bpf.o"
	chmod 755 "$tmp"
	fs_nobody run "$tmp/secret.bpf.o"
	status 1
	one_error
	err "'$tmp/secret.bpf.o'"
	err 'Permission denied'
}

t_bad_input_no_privilege()
{
	cp "$icmp" "$tmp/icmp.bpf.o"
	chmod 755 "$tmp"
	chmod 644 "$tmp/icmp.bpf.o"
	fs_nobody run "$tmp/icmp.bpf.o"
	status 1
	one_error
	err icmp
	err 'Operation not permitted'
	err 'hint: '
	err 'CAP_BPF'
	[ ! -s "$tmp/out" ] || not_ok 'there is output'
}

t_bad_input_no_target()
{
	fails "'latency'" "$latency"
	err '--attach'
	fails "'icmp'" "$icmp" --attach vfs_read
}

t_bad_input_targets()
{
	fails "'prog:1'" "$latency" --attach prog:1 --attach vfs_read
	fails "'mod:a'" "$latency" --attach mod:a --attach b
	fails "'m:b'" "$latency" --attach a --attach m:b
	fails "'m:b'" "$latency" --attach n:a --attach m:b
	fails "'prog:/nonexistent'" "$latency" --attach prog:/nonexistent
}

t_bad_input_not_a_session()
{
	for o in return cookie; do
		fails "'p'" "$BUILD/tests/cli/foreign_$o.bpf.o"
		err "section is 'kprobe/vfs_read'"
	done
}

t_bad_input_no_programs()
{
	fails "'none'" "$BUILD/tests/cli/none.bpf.o"
	err 'no programs'
}

t_bad_input_doctor_without_privilege()
{
	fs_nobody doctor
	status 1
	out 'No engine for functions of the kernel works here.'
	out 'CAP_BPF'
	[ "$(uname -m)" != x86_64 ] || out 'user            works: '
	fs_nobody doctor --json
	status 1
	no_err
	command -v python3 >/dev/null || { skip 'python3 is not installed'; return; }
	python3 -c 'import json, sys
d = json.load(sys.stdin)
assert d["works"] is False and d["machine"]["cap_bpf"] is False
assert len(d["engines"]) >= 4 and not any(e["works"] for e in d["engines"] if e["name"] != "user")
assert all(e["how"] for e in d["engines"])' <"$tmp/out" || not_ok 'JSON'
}

tap_run "$@"
