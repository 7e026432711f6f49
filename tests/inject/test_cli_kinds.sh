#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fsession run --engine user: programs and processes of all kinds, and those that cannot be traced.
. "$(dirname "$0")/../cli/tap.sh"

here=$BUILD/tests/inject
weigh=$here/weigh.bpf.o
latency=$BUILD/examples/latency.bpf.o

# A victim that runs already, its stdin fd 9: "$@" is what is executed; sets $pid and $victim_pid
start_victim()
{
	mkfifo "$tmp/in"
	"$@" <"$tmp/in" >"$tmp/answers" 2>"$tmp/answers.err" &
	pid=$!
	exec 9>"$tmp/in"
	for _ in $(seq 3000); do
		grep -q 0x "$tmp/answers" && break
		kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.01
	done
	victim_pid=$pid
}

# It answers, and ends as it should.
stop_victim()
{
	echo 10 >&9
	exec 9>&-
	wait "$pid" || not_ok "the process ended with status $?"
	grep -qx '55 0' "$tmp/answers" || not_ok 'its answer is wrong'
}

# Its weigh() is traced while it runs.
trace_victim()
{
	timeout 60 "$FSESSION" run "$weigh" -p "$victim_pid" --dump >"$tmp/out" 2>"$tmp/err" 9>&- &
	tracer=$!
	for _ in $(seq 3000); do
		grep -q 'engine user on weigh' "$tmp/err" && break
		kill -0 "$tracer" 2>/dev/null || break
		sleep 0.01
	done
	stop_victim
	wait "$tracer"
	got=$?
	status 0
	out 'weigh(a stone, 5, 200)'
	out 'calls = 1'
}

t_kinds_of_names()
{
	timeout 60 "$FSESSION" run "$latency" --engine user -a 'do_*' -a '__rcu_*' --dump -- "$here/named" \
		>"$tmp/out" 2>"$tmp/err"
	got=$?
	what='functions called as the kernel'\''s'
	status 0
	out '  do_exit'
	out '  __rcu_read_lock'
	out 5
}

# Which code it is nobody knows before its first call.
t_kinds_ifunc_not_called_yet()
{
	"$BUILD/tests/unit/images/chosen" x y >"$tmp/ready" &
	pid=$!
	until [ -s "$tmp/ready" ] || ! kill -0 $pid; do :; done
	what='an IFUNC without choice'
	timeout 60 "$FSESSION" run "$latency" -p $pid -a 'libchosen.so:pick' >"$tmp/out" 2>"$tmp/err"
	got=$?
	kill $pid
	status 1
	err 'it is an IFUNC, whose first call has yet to choose the code: attach after that'
	err 'LD_BIND_NOW=1'
}

t_kinds_without_symbols()
{
	strip -o "$tmp/stripped" "$here/named"
	timeout 60 "$FSESSION" run "$latency" --engine user -a '*' --dump -- "$tmp/stripped" >"$tmp/out" 2>"$tmp/err"
	got=$?
	what='a stripped program'
	status 0
	out '  @0x'
	grep -q 'bpf_' "$tmp/err" && not_ok "functions of the engine's own are told"
}

t_kinds_musl()
{
	command -v musl-gcc >/dev/null || { skip 'no musl-gcc'; return; }
	echo 10 >"$tmp/10"
	for how in '' -static '-static-pie -fPIE' '-no-pie -fno-pie -static'; do
		what="musl $how"
		# shellcheck disable=SC2086
		musl-gcc -g -O1 $how -o "$tmp/victim" "$(dirname "$0")/victim.c" -lpthread 2>"$tmp/err" || {
			not_ok 'cannot be built'
			return
		}
		timeout 60 "$FSESSION" run "$weigh" --engine user --dump -- "$tmp/victim" 2 <"$tmp/10" \
			>"$tmp/out" 2>"$tmp/err"
		got=$?
		status 0
		out '55 0'
		out 'weigh(a stone, 5, 200)'
		out 'calls = 1'
	done
}

t_kinds_in_a_container()
{
	what='a process of other namespaces'
	unshare -Urmpf --mount-proc true 2>/dev/null || { skip 'no namespaces here'; return; }
	mkdir "$tmp/only"
	# the file has this name there alone, and the process is number 2 there
	start_victim unshare -Urmpf --mount-proc sh -c \
		"mount -t tmpfs none $tmp/only && cp $here/victim $tmp/only/victim && $tmp/only/victim; exit \$?"
	victim_pid=$(pgrep -f "^$tmp/only/victim\$")
	[ -e "$tmp/only/victim" ] && not_ok 'it is seen from outside'
	trace_victim
}

t_kinds_with_a_filter()
{
	what='a process with a seccomp filter'
	start_victim "$here/confined" filter "$here/victim" || { skip 'no filters here'; return; }
	if [ "$(id -u)" = 0 ]; then
		trace_victim
	else
		fs run "$weigh" -p "$pid"
		status 1
		err 'has a seccomp filter'
		stop_victim
	fi
}

t_kinds_with_a_filter_without_privilege()
{
	what='a process with a seccomp filter, without privilege'
	[ "$(id -u)" = 0 ] || { skip 'covered by the one before'; return; }
	start_victim setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		"$here/confined" filter "$here/victim" || { skip 'not for that user'; return; }
	fs_nobody run "$weigh" -p "$pid"
	status 1
	err "process $pid has a seccomp filter"
	err 'hint: '
	stop_victim
}

t_kinds_that_gain_no_code()
{
	what='a process with PR_SET_MDWE'
	start_victim "$here/confined" mdwe "$here/victim" || { skip 'Linux 6.3 has it'; return; }
	trace_victim
}

# Writes "0x", then waits for a signal, or given an argument ends
make_32_bits()
{
	printf '%s' '.globl _start
		_start: mov $4, %eax
		mov $1, %ebx
		mov $x, %ecx
		mov $3, %edx
		int $0x80
		mov $29, %eax
		cmpl $1, (%esp)
		je 1f
		mov $1, %eax
		mov $7, %ebx
		1: int $0x80
		x: .ascii "0x\n"
		' >"$tmp/x.s"
	as --32 -o "$tmp/x.o" "$tmp/x.s" && ld -m elf_i386 -o "$tmp/x" "$tmp/x.o"
}

t_kinds_of_32_bits()
{
	what='a 32-bit process'
	make_32_bits || { skip 'no 32-bit tools'; return; }
	start_victim "$tmp/x" || { skip 'no 32-bit programs on this kernel'; return; }
	fs run "$weigh" -p "$pid"
	status 1
	one_error
	err "process $pid is a 32-bit program"
	kill -0 "$pid" || not_ok 'the process died'
	exec 9>&-
	kill "$pid"
	wait "$pid" 2>/dev/null
}

t_kinds_of_32_bits_executed()
{
	what='a command that is or executes a 32-bit program'
	make_32_bits || { skip 'no 32-bit tools'; return; }
	"$tmp/x" ends >"$tmp/out" 2>&1
	[ $? = 7 ] || { skip 'no 32-bit programs on this kernel'; return; }
	fs run "$weigh" --engine user -- "$tmp/x" ends
	status 1
	err 'is a 32-bit program'
	fs run "$weigh" --engine user --follow -- sh -c "$tmp/x ends; echo ended \$?"
	status 1
	err "($tmp/x) is not traced: process"
	out 'ended 7'
}

tap_run "$@"
