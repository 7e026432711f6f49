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

# Each executable's own types say where members are, whichever came first.
said_by_both()
{
	status 0
	[ "$(grep -c 'layout: 40 holds inner$' "$tmp/out")" = 2 ] || not_ok 'not what layout has'
	[ "$(grep -c 'layout_other: 40 holds inner$' "$tmp/out")" = 2 ] || not_ok 'not what layout_other has'
	[ "$(grep -c 'inner is 7: in ' "$tmp/out")" = 4 ] || not_ok 'not what the inner box weighs'
	out 'calls = 4'
}

t_follow_types_of_each_executable()
{
	layout=$BUILD/tests/inject/layout
	for pair in "$layout ${layout}_other" "${layout}_other $layout"; do
		what="fsession run --follow of $pair"
		timeout 60 "$FSESSION" run "$layout.bpf.o" --engine user --follow --dump -- \
			sh -c 'for i in 1 2; do for p; do echo x | $p; done; done' sh $pair >"$tmp/out" 2>"$tmp/err"
		got=$?
		said_by_both
	done
}

t_follow_types_of_running_executables()
{
	what='fsession run -p LAYOUT,OTHER'
	start_victim 1 "$BUILD/tests/inject/layout"
	first=$pid
	start_victim 2 "$BUILD/tests/inject/layout_other"
	exec 8>"$tmp/in1" 9>"$tmp/in2"
	until_line "$tmp/answers1" 0x && until_line "$tmp/answers2" 0x
	timeout 60 "$FSESSION" run "$BUILD/tests/inject/layout.bpf.o" --dump -p "$first,$pid" >"$tmp/out" 2>"$tmp/err" \
		8>&- 9>&- &
	tracer=$!
	until_line "$tmp/err" "engine user on pack in process $pid"
	printf 'x\nx\n' >&8
	printf 'x\nx\n' >&9
	exec 8>&- 9>&-
	wait "$tracer"
	got=$?
	said_by_both
	out "inner is 7: in $first"
	out "inner is 7: in $pid"
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

t_follow_names_of_programs_that_are_gone()
{
	timeout 100 "$FSESSION" run "$latency" --engine user --follow --dump -a 'libc.so.6:mallo?' -- \
		sh -c "exec sh -c :" >"$tmp/out" 2>"$tmp/err"
	got=$?
	what='fsession run --follow -- sh -c "exec sh"'
	status 0
	[ "$(grep -c '^  malloc .libc.so.6.$' "$tmp/out")" = 2 ] || not_ok 'malloc() of two programs has no two names'
}

# follow ARG...: runs it with weigh.bpf.o and --follow
follow()
{
	timeout 100 "$FSESSION" run "$weigh" --engine user --follow --dump "$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	what="fsession run --follow $*"
}

t_follow_script()
{
	printf '40\n-5\n' >"$tmp/40"
	cat >"$tmp/script" <<-END
		#!/bin/sh
		echo 10 | $victim
		ls / >/dev/null
		(echo 20 | nice ${victim}_static) || exit 3
		exec $victim <$tmp/40
	END
	chmod +x "$tmp/script"
	follow --stats -- "$tmp/script"
	status 0
	for line in '55 0' '210 0' '820 0' '15 0' 'calls = 4'; do
		out "$line"
	done
	grep -q '^say  *8 ' "$tmp/out" || not_ok 'runs are not summed'
}

t_follow_ways_to_execute()
{
	follow -- "$BUILD/tests/inject/family" /bin/sh -c "echo 10 | $victim"
	status 0
	out 'seen 2'
	out 'calls = 3'
}

# What has no such function is left at once, and has executed the next one by then
t_follow_one_after_another()
{
	cat >"$tmp/script" <<-END
		#!/bin/sh
		for i in 1 2 3 4 5 6; do
			echo 10 | nice env nice env $victim
		done
	END
	chmod +x "$tmp/script"
	follow -- "$tmp/script"
	status 0
	out 'calls = 6'
}

t_follow_many_at_once()
{
	printf '10\n' >"$tmp/10"
	follow -- sh -c "for i in 1 2 3 4 5 6; do $victim 2 <$tmp/10 & done; wait"
	status 0
	[ "$(grep -c '^55 0$' "$tmp/out")" = 6 ] || not_ok 'not all of them answered'
	out 'calls = 6'
}

t_follow_stopped_and_continued()
{
	follow -- sh -c "(echo 10; sleep 1; echo 20) | $victim & kill -STOP \$!; sleep 0.3; kill -CONT \$!; wait \$!; echo got \$?"
	status 0
	out '55 0'
	out '210 0'
	out 'got 0'
	out 'calls = 2'
	mkfifo "$tmp/never"
	for pause in 0.1 0.4 1; do	# before it is entered, while it is, afterwards
		follow -- sh -c "exec 7<>$tmp/never; $victim <&7 & sleep $pause; kill \$!; wait \$!; echo got \$?"
		out 'got 143'
	done
}

# A shell that runs already, and what it executes
t_follow_running_shell()
{
	what='fsession run --follow -p SHELL'
	mkfifo "$tmp/in1"
	sh <"$tmp/in1" >"$tmp/answers1" 2>&1 &
	pid=$!
	exec 8>"$tmp/in1"
	echo 'echo ready' >&8
	until_line "$tmp/answers1" ready
	timeout 60 "$FSESSION" run "$weigh" --follow --dump -p "$pid" >"$tmp/out" 2>"$tmp/err" 8>&- &
	tracer=$!
	until_line "$tmp/err" "process $pid (.*) is not traced: target 'weigh': no such function"
	echo "echo 10 | $victim; exit 5" >&8
	exec 8>&-
	wait "$pid"
	sh_status=$?
	[ $sh_status = 5 ] || not_ok "the shell ended with status $sh_status: $(cat "$tmp/answers1")"
	wait "$tracer"
	got=$?
	status 0
	out 'calls = 1'
	grep -qx '55 0' "$tmp/answers1" || not_ok 'no answer'
}

t_follow_nothing_to_trace()
{
	fs run /nonexistent.bpf.o --engine user --follow -- sh -c "touch $tmp/ran"
	status 1
	err '/nonexistent.bpf.o'
	[ -e "$tmp/ran" ] && not_ok 'the command was run'
	follow -- sh -c 'ls / >/dev/null; exit 3'
	status 1
	err "nothing was traced: target 'weigh': no such function"
	err 'exited with status 3'
}

# The first bytes of work() in process $1
text_of()
{
	dd if="/proc/$1/mem" bs=1 count=8 skip=$(($(sed -n '1s/ .*//p' "$tmp/answers1"))) 2>/dev/null | od -An -tx1
}

# With following and without, with the parent alive and without it.
t_follow_children_get_their_text_back()
{
	for how in '' --follow; do
		rm -f "$tmp"/*
		what="fsession run $how on one that forks"
		start_victim 1 "$victim"
		exec 8>"$tmp/in1"
		until_line "$tmp/answers1" 0x
		own=$(text_of "$pid")
		# shellcheck disable=SC2086
		"$FSESSION" run "$latency" $how -a 'wor*' -p "$pid" >"$tmp/out" 2>"$tmp/err" 8>&- &
		tracer=$!
		until_line "$tmp/err" 'engine user on wor'
		echo 0 >&8
		echo 10 >&8
		until_line "$tmp/answers1" '55 0'
		child=$(pgrep -P "$pid")
		[ "$(text_of "$child")" != "$own" ] || not_ok 'the child was never patched'
		[ -z "$how" ] || { kill -9 "$pid"; sleep 0.2; }
		kill -INT "$tracer"
		wait "$tracer"
		[ "$(text_of "$child")" = "$own" ] || not_ok "the child is still patched: $(text_of "$child")"
		echo 20 >&8
		until_line "$tmp/answers1" '210 0'
		until_line "/proc/$child/status" 'TracerPid:	0'
		exec 8>&-
		wait "$pid"
	done
}

# They go on as they were.
t_follow_ends_before_them()
{
	for sig in INT KILL; do
		rm -f "$tmp"/*
		what="fsession run --follow, then SIG$sig"
		start_victim 1 "$victim"
		exec 8>"$tmp/in1"
		until_line "$tmp/answers1" 0x
		"$FSESSION" run "$weigh" --follow -p "$pid" >"$tmp/out" 2>"$tmp/err" 8>&- &
		tracer=$!
		until_line "$tmp/err" 'engine user on weigh'
		until_line "/proc/$pid/status" "TracerPid:	$tracer"
		echo -10 >&8
		until_line "$tmp/answers1" '55 0'
		kill -$sig "$tracer"
		wait "$tracer" 2>/dev/null
		until_line "/proc/$pid/status" 'TracerPid:	0'
		echo 20 >&8
		until_line "$tmp/answers1" '210 0'
		exec 8>&-
		wait "$pid" || not_ok "it ended with status $?"
	done
}

# Sends a character to the loader and waits for the $2-th answer to it
tell()
{
	echo "$1" >&8
	for _ in $(seq 3000); do
		[ "$(grep -c "^$1 " "$tmp/answers1")" -ge "$2" ] && return
		sleep 0.01
	done
	not_ok "no answer to '$1'"
}

# What is loaded later, unloaded, loaded again
t_follow_what_is_loaded()
{
	what='fsession run -a liblate.so:*'
	mkfifo "$tmp/in1"
	"$BUILD/tests/inject/loader" "$BUILD/tests/inject/liblate.so" <"$tmp/in1" >"$tmp/answers1" &
	pid=$!
	exec 8>"$tmp/in1"
	until_line "$tmp/answers1" ready
	# no timeout(1), which would pass on SIGINT twice: the second one cuts detaching short
	"$FSESSION" run "$latency" -a 'liblate.so:la*' --stats --dump -p "$pid" >"$tmp/out" 2>"$tmp/err" 8>&- &
	tracer=$!
	until_line "$tmp/err" "has not loaded 'liblate.so'"
	tell o 1
	until_line "$tmp/err" 'engine user on liblate.so:la'
	tell a 1
	tell b 1
	tell c 1
	until_line "$tmp/err" "has unloaded 'liblate.so'"
	tell o 2
	for _ in $(seq 3000); do
		[ "$(grep -c 'engine user on' "$tmp/err")" = 2 ] && break
		sleep 0.01
	done
	tell d 1
	kill -INT "$tracer"
	wait "$tracer"
	got=$?
	status 0
	out 'calls = 3'
	grep -q '^latency  *6 ' "$tmp/out" || not_ok 'runs are not summed'
	tell e 1
	exec 8>&-
	wait "$pid" || not_ok "it ended with status $?"
	grep -qx 'd 101' "$tmp/answers1" || not_ok 'a wrong answer'
	grep -qx 'e 102' "$tmp/answers1" || not_ok 'a wrong answer'
}

t_follow_what_is_never_loaded()
{
	fs run "$latency" --engine user -a 'libnone.so:*' -- /bin/true
	status 1
	err "has not loaded 'libnone.so': waiting for it"
	err "nothing was traced: 'libnone.so' was never loaded"
}

# Who starts it, or follows it, is killed while its dynamic loader still works.
t_follow_killed_before_the_entry_point()
{
	echo 10 >"$tmp/10"
	for how in '' '--follow env'; do
		what="fsession run ${how%env} -- victim_slow, killed"
		# shellcheck disable=SC2086
		"$FSESSION" run "$weigh" --engine user ${how%env} -- ${how#--follow} "$BUILD/tests/inject/victim_slow" \
			<"$tmp/10" >"$tmp/out" 2>"$tmp/err" &
		tracer=$!
		until grep -q loading "$tmp/err"; do
			kill -0 "$tracer" 2>/dev/null || { not_ok 'it ended'; break; }
			sleep 0.01
		done
		kill -9 "$tracer"
		wait "$tracer"
		tries=0
		until grep -q '^55 0' "$tmp/out" || [ "$tries" -eq 300 ]; do
			sleep 0.1
			tries=$((tries + 1))
		done
		out '55 0'
	done
}

t_follow_is_hinted_at()
{
	fs run "$weigh" --engine user -- sh -c "$victim"
	status 1
	err "target 'weigh': no such function"
	err 'hint: --follow is for functions of what the command executes'
}

t_follow_is_for_processes()
{
	fs run "$weigh" --follow
	status 1
	err '--follow is for the user engine'
}

tap_run "$@"
