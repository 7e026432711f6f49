#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fsession run on several processes, on those that fork and those that execute other programs.
. "$(dirname "$0")/../cli/tap.sh"

victim=$BUILD/tests/inject/victim
weigh=$BUILD/tests/inject/weigh.bpf.o
latency=$BUILD/examples/latency.bpf.o

# Waits until a file has a line
until_line()
{
	for _ in $(seq 3000); do
		grep -q -e "$2" "$1" 2>/dev/null && return 0
		sleep 0.01
	done
	not_ok "'$1' never had the line '$2'"
	return 1
}

# A victim that answers from $tmp/in1, 2... to $tmp/answers1, 2...; sets $pid
start_victim()
{
	mkfifo "$tmp/in$1"
	"$2" <"$tmp/in$1" >"$tmp/answers$1" &
	pid=$!
}

t_follow_two_processes()
{
	what='fsession run -p PID,PID'
	start_victim 1 "$victim"
	first=$pid
	start_victim 2 "${victim}_static"
	exec 8>"$tmp/in1" 9>"$tmp/in2"
	until_line "$tmp/answers1" 0x && until_line "$tmp/answers2" 0x
	timeout 60 "$FSESSION" run "$weigh" --stats --dump -p "$first,$pid" -p "$pid" >"$tmp/out" 2>"$tmp/err" \
		8>&- 9>&- &
	tracer=$!
	until_line "$tmp/err" "engine user on weigh in process $pid"
	echo 10 >&8
	until_line "$tmp/answers1" '55 0'
	exec 8>&-
	until_line "$tmp/err" "process $first has ended"
	echo 20 >&9
	echo 10 >&9
	exec 9>&-
	wait "$tracer"
	got=$?
	status 0
	err "process $pid has ended"
	out 'weigh = 185, cookie 1'
	out 'weigh = 185, cookie 3'
	out 'calls = 3'	# in one map
	grep -q '^say  *6 ' "$tmp/out" || not_ok 'runs are not summed'
	until_line "$tmp/answers2" '210 0'
}

t_follow_one_of_two_cannot_be()
{
	start_victim 1 "$victim"
	exec 8>"$tmp/in1"
	until_line "$tmp/answers1" 0x
	fs run "$weigh" -p "$pid,999999999"
	status 1
	err '--pid 999999999: '
	fs run "$weigh" -p "$pid,x"
	status 1
	err 'not a process id'
	echo 10 >&8
	until_line "$tmp/answers1" '55 0'
	exec 8>&-
	wait "$pid" || not_ok 'the process died'
}

t_follow_not_into_another_program()
{
	timeout 60 "$FSESSION" run "$latency" --engine user -a 'libc.so.6:getenv' -- \
		sh -c "exec sleep 3" >"$tmp/out" 2>"$tmp/err"
	got=$?
	what='fsession run -- sh'
	status 0
	err 'executes another program'
}

tap_run "$@"
