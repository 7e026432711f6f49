#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fsession verify: verdicts, reasons, exit statuses, JSON; all without privilege.
. "$(dirname "$0")/tap.sh"

examples=$BUILD/examples
objects=$BUILD/tests/verifier
types=$objects/target.bpf.o

verify()
{
	fs_nobody verify --btf "$types" "$@"
}

# fields of programs that a python expression of p selects
json()
{
	python3 -c 'import json, sys
for p in json.load(sys.stdin)["programs"]:
    print(eval(sys.argv[1]))' "$1" <"$tmp/out"
}

t_verify_accepts()
{
	for o in icmp cookie latency; do
		verify "$examples/$o.bpf.o"
		status 0
		no_err
		out "$o: accept (section fsession"
		out 'instructions visited'
	done
}

t_verify_refuses()
{
	verify "$objects/programs.bpf.o"
	status 1
	no_err
	out 'histogram: accept'
	out 'forgotten_null_check: reject'
	out '; v->count++; @ '
	out 'it may be NULL'
	out 'hint: compare it with NULL first'
	verify "$objects/session.bpf.o"
	status 1
	out 'should have been in [0, 0]'
}

# The list of functions that may fail is the kernel's, and of a file of types there is none.
t_verify_notes()
{
	[ "$(uname -m)" = x86_64 ] || { skip 'libbpf asks the running kernel'; return; }
	for p in sleeps modifies; do
		verify -p $p "$objects/kfuncs.bpf.o"
		status 0
		out "$p: accept"
		out "note: whether 'bpf_fentry_test1' takes such programs"
	done
	verify -p none "$objects/kfuncs.bpf.o"
	! grep -q note: "$tmp/out" || not_ok 'a note'
}

t_verify_one_program()
{
	verify --program histogram "$objects/programs.bpf.o"
	status 0
	[ "$(wc -l <"$tmp/out")" = 1 ] || not_ok 'more than a line'
	verify -p record_forgotten "$objects/programs.bpf.o"
	status 1
	verify -p none_of_them "$objects/programs.bpf.o"
	status 3
	one_error
	err "no program 'none_of_them'"
}

t_verify_json()
{
	command -v python3 >/dev/null || { skip 'python3 is not installed'; return; }
	verify --json "$objects/programs.bpf.o"
	status 1
	no_err
	json 'p["name"] + " " + p["verdict"]' >"$tmp/verdicts"
	grep -qx 'histogram accept' "$tmp/verdicts" || not_ok 'histogram'
	grep -qx 'forgotten_null_check reject' "$tmp/verdicts" || not_ok 'forgotten_null_check'
	! grep -qvx '[a-z_]* \(accept\|reject\)' "$tmp/verdicts" || not_ok 'another verdict'
	json 'p["insns_visited"] > 0 and p["time_ns"] > 0 and "states" in p and "log" not in p' |
		grep -qx False && not_ok 'costs'
	verify --json -p forgotten_null_check "$objects/programs.bpf.o"
	json '[p["errno"] > 0, p["reason"], p["hint"], p["source"], p["line"]]' >"$tmp/reason"
	grep -q "True, 'R. is map_value_or_null: it may be NULL', 'compare .*, 'v->count++;', [0-9]" \
		"$tmp/reason" || not_ok "$(cat "$tmp/reason")"
	verify --json -v "$objects/programs.bpf.o"
	json '"log" in p' | grep -qx False && not_ok 'no log'
	verify --json "$examples/icmp.bpf.o"
	status 0
}

t_verify_log()
{
	verify -v -p forgotten_null_check "$objects/programs.bpf.o"
	out 'insn '
	out 'processed '
	verify -v -p record_forgotten "$objects/programs.bpf.o"
	out 'if (a == 5)'
	out '11: (15) if r6 == 0x5 goto pc+3'
	out '16: R0=0 R1=1 R6=5 R10=fp0'
	! grep -q '^12: ' "$tmp/out" || not_ok 'another path'
	verify -vv -p histogram "$objects/programs.bpf.o"
	out 'R1=ctx()'
	out 'processed '
}

# The reason is one line: where in the source, what, which register and what is known of it; then what to do.
mistake()
{
	verify -v -p "$1" "$objects/programs.bpf.o"
	status 1
	grep -A1 "^insn [0-9]* (.*programs.bpf.c:[0-9]*): $2\$" "$tmp/out" | grep -q "^hint: $3" || not_ok "$(cat "$tmp/out")"
}

t_verify_mistakes()
{
	mistake forgotten_null_check 'R0 is map_value_or_null: it may be NULL; R0=map_value_or_null(id=2,ks=8,vs=272)' \
		'compare it with NULL first'
	mistake index_without_bound 'R2: .* is added to map_value; R2=map_value(.*)' 'make it unsigned'
	mistake record_forgotten 'the ring buffer record taken at insn [0-9]* is not given back at the end' \
		'give it back on every path that leads here'
	mistake argument_too_far "the target 'bpf_fentry_test2' has no argument in slot 3; R1=ctx()" \
		'slots 0 to 1 of ctx are its arguments, slot 2 is what it returns'
	mistake returns_whether 'R0 is 0 to 1 at the end, should have been in \[0, 0\]; R0=scalar(umax=1.*)' 'return 0'
}

t_verify_bare_section()
{
	verify "$objects/args.bpf.o"
	status 1
	out "the target 'any function' has no argument"
	out 'hint: say with --attach which function it is for'
	verify --attach bpf_fentry_test1 "$examples/latency.bpf.o"
	status 0
	verify --attach no_such_function "$examples/latency.bpf.o"
	status 1
	out "there is no function 'no_such_function'"
}

t_verify_unknown_target()
{
	cp "$examples/icmp.bpf.o" "$tmp/"
	chmod 755 "$tmp"
	fs_nobody verify --btf "$tmp/icmp.bpf.o" "$tmp/icmp.bpf.o"
	status 1
	out "there is no function 'icmp_rcv' in these types"
}

t_verify_kernel_types()
{
	[ -r /sys/kernel/btf/vmlinux ] || { skip 'the kernel has no types'; return; }
	fs_nobody verify "$examples/icmp.bpf.o"
	status 0
}

# A program on functions of an executable with DWARF alone: types and prototypes are its.
t_verify_executable()
{
	exe=$BUILD/tests/unit/images/dwarf5
	for f in plain other_name; do
		fs_nobody verify --target "$exe" --attach $f "$BUILD/tests/verifier/args.bpf.o"
		status 1
		no_err
		out 'three: accept'
		out 'four: reject'
		out "the target '$f' has no argument in slot 4"
	done
	fs_nobody verify --target "$exe" --attach no_such_function "$examples/latency.bpf.o"
	status 1
	out "there is no function 'no_such_function'"
	fs_nobody verify --target "$tmp/none" "$examples/latency.bpf.o"
	status 3
}

t_verify_kfuncs()
{
	[ "$(uname -m)" = x86_64 ] || { skip 'libbpf asks the running kernel'; return; }
	verify "$objects/kfuncs.bpf.o"
	status 1
	no_err
	out 'known: accept'
	out 'unknown: reject'
	out 'bpf_kfunc_of_no_kernel'
	out 'none: accept'
	fs_nobody verify "$BUILD/tests/kernel/progs/foreign_noarg.bpf.o"
	[ "$got" != 0 ] || out 'session: accept'
}

t_verify_cannot()
{
	verify /nonexistent.bpf.o
	status 3
	one_error
	err "'/nonexistent.bpf.o'"
	verify "$FSESSION"
	status 3
	one_error
	verify "$BUILD/tests/cli/empty.bpf.o"
	status 3
	one_error
	err 'no programs'
	fs verify --btf /nonexistent "$examples/icmp.bpf.o"
	status 3
	one_error
	err "'/nonexistent'"
	head -c 3000 "$types" >"$tmp/cut"
	fs verify --btf "$tmp/cut" "$examples/icmp.bpf.o"
	status 3
}

t_verify_usage()
{
	fs verify
	status 2
	one_error
	fs verify a.bpf.o b.bpf.o
	status 2
	fs verify a.bpf.o -- true
	status 2
	fs verify --btf a --target b a.bpf.o
	status 2
	fs verify --btf= a.bpf.o
	status 2
}

tap_run "$@"
