#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fsession run --engine user: functions of a command, and of a process that runs already.
. "$(dirname "$0")/../cli/tap.sh"

victim=$BUILD/tests/inject/victim
weigh=$BUILD/tests/inject/weigh.bpf.o

# A victim whose stdin is fd 9; $pid
start_victim()
{
	start_victim_of victim "$@"
}

start_victim_of()
{
	program=$1
	shift
	mkfifo "$tmp/in"
	"$BUILD/tests/inject/$program" "$@" <"$tmp/in" >"$tmp/victim" &
	pid=$!
	exec 9>"$tmp/in"
	until [ -s "$tmp/victim" ]; do sleep 0.01; done
}

# start_tracer FUNC ARG...: fsession run ARG... on the victim, in $tmp, until it traces FUNC
start_tracer()
{
	func=$1
	shift
	(cd "$tmp" && exec "$FSESSION" run "$@" --pid "$pid" >"$tmp/out" 2>"$tmp/err" 9>&-) &
	tracer=$!
	until grep -q "engine user on $func" "$tmp/err"; do
		kill -0 "$tracer" 2>/dev/null || { not_ok 'it ended'; break; }
		sleep 0.01
	done
}

stop_tracer()
{
	kill -INT "$tracer"
	wait "$tracer"
	got=$?
}

no_err_of_process()
{
	grep -q 'was killed' "$tmp/err" && not_ok 'the process died'
}

# The line that it answers a number with
ask()
{
	before=$(wc -l <"$tmp/victim")
	echo "$1" >&9
	until [ "$(wc -l <"$tmp/victim")" -gt "$before" ]; do
		kill -0 "$pid" 2>/dev/null || { not_ok 'the process died'; return; }
		sleep 0.01
	done
	tail -n 1 "$tmp/victim" >"$tmp/answer"
	grep -qx "$2" "$tmp/answer" || not_ok "answer '$(cat "$tmp/answer")', not '$2'"
}

# The only program's counter $1 is $2
counter()
{
	value=$(awk -v name="$1" '/^program / { for (i = 1; i <= NF; i++) if ($i == name) col = i; next } col { print $col; exit }' "$tmp/out")
	[ "$value" = "$2" ] || not_ok "$1: '$value', not $2"
}

# The first bytes of its work()
text_of()
{
	dd if="/proc/$1/mem" bs=1 count=8 skip=$(($(sed -n '1s/ .*//p' "$tmp/victim"))) 2>/dev/null | od -An -tx1
}

stop_victim()
{
	exec 9>&-
	wait "$pid" || not_ok "the process ended with status $?"
}

t_process_command()
{
	timeout 60 "$FSESSION" run "$weigh" --engine user --dump -- "$victim" >"$tmp/out" 2>"$tmp/err" <<-END
		10
		20
	END
	got=$?
	what='fsession run -- victim'
	status 0
	err 'say: engine user on weigh'
	out '55 0'
	out '210 0'
	out 'weigh(a stone, 5, 200)'
	out 'weigh = 185, cookie 1'
	out 'weigh = 185, cookie 2'
	out 'calls = 2'
}

t_process_kinds_of_executables()
{
	echo 30 >"$tmp/30"
	for kind in static nopie staticpie; do
		what="fsession run -- victim_$kind"
		timeout 60 "$FSESSION" run "$weigh" --engine user -- "${victim}_$kind" 2 <"$tmp/30" >"$tmp/out" 2>"$tmp/err"
		got=$?
		status 0
		out '465 0'
		out 'weigh(a stone, 5, 200)'
		out 'weigh = 185, cookie 1'
	done
}

t_process_command_by_pattern()
{
	echo 30 >"$tmp/30"
	timeout 60 "$FSESSION" run "$BUILD/examples/latency.bpf.o" --engine user --attach 'wei*' --dump -- \
		"$victim" <"$tmp/30" >"$tmp/out" 2>"$tmp/err"
	got=$?
	status 0
	err 'engine user on wei'
	out '  weigh'
	out 'calls = 1'
}

t_process_command_that_is_none()
{
	fs run "$weigh" --engine user -- /nonexistent
	status 1
	err "cannot run '/nonexistent': No such file or directory"
}

t_process_object_for_another_command()
{
	fs run "$weigh" --engine user -- /bin/true
	status 1
	err "weigh"
}

t_process_exceptions()
{
	[ -x "$BUILD/tests/inject/thrower" ] || { skip 'no C++ compiler'; return; }
	echo 100 >"$tmp/100"
	timeout 60 "$FSESSION" run "$BUILD/examples/latency.bpf.o" --engine user --attach middle --attach inner --dump --stats -- \
		"$BUILD/tests/inject/thrower" <"$tmp/100" >"$tmp/out" 2>"$tmp/err"
	got=$?
	what='fsession run -- thrower'
	status 0
	no_err_of_process
	out '50 2500'
	out 'calls = 50'
	counter unwound 150
}

t_process_jumps()
{
	[ -x "$BUILD/tests/inject/thrower" ] || { skip 'no C++ compiler'; return; }
	echo 100 >"$tmp/100"
	timeout 60 "$FSESSION" run "$BUILD/examples/latency.bpf.o" --engine user --attach leap --dump --stats -- \
		"$BUILD/tests/inject/thrower" jump <"$tmp/100" >"$tmp/out" 2>"$tmp/err"
	got=$?
	what='fsession run -- thrower jump'
	status 0
	out '50 leaps'
	out 'calls = 50'
	counter unwound 50
}

t_process_running()
{
	start_victim 2
	ask 10 '55 0'
	start_tracer weigh "$weigh"
	ask 20 '210 0'
	stop_tracer
	what='fsession run --pid'
	status 0
	out 'weigh(a stone, 5, 200)'
	out 'weigh = 185, cookie 1'
	ask 10 '55 0'
	[ "$(grep TracerPid "/proc/$pid/status")" = "TracerPid:	0" ] || not_ok 'it is still traced'
	stop_victim
}

# Line $1 of the process' map for perf, in hexadecimal: its code is executable memory of no file
named()
{
	entry=$(grep -x "[0-9a-f]* [0-9a-f]* $1" "/tmp/perf-$pid.map" | head -n 1)
	start=$((0x${entry%% *}))
	[ "$start" -ne 0 ] || { not_ok "no '$1'"; return; }
	while read -r range perms _ _ inode _; do
		[ $((0x${range%-*})) -le $start ] && [ $((0x${range#*-})) -gt $start ] || continue
		[ "$perms $inode" = 'r-xp 0' ] || not_ok "'$1' is in $range $perms of file $inode"
		return
	done <"/proc/$pid/maps"
	not_ok "'$1' is nowhere"
}

t_process_perf_map()
{
	start_victim
	start_tracer weigh "$weigh" --perf-map
	what='fsession run --perf-map'
	named trampoline:weigh
	named program:say
	named original:weigh
	stop_tracer
	status 0
	rm -f "/tmp/perf-$pid.map"
	stop_victim
}

# Walks jit-PID.dump by its specification; each piece must lie in the process as it says.
read_jitdump()
{
	python3 - "$tmp/jit-$pid.dump" "$pid" <<-'EOF'
	import struct, sys
	dump, pid = open(sys.argv[1], 'rb').read(), int(sys.argv[2])
	mem = open(f'/proc/{pid}/mem', 'rb', 0)
	magic, version, size, mach, _, its_pid, _, flags = struct.unpack_from('<IIIIIIQQ', dump)
	assert (magic, version, mach, its_pid, flags) == (0x4A695444, 1, 62, pid, 0), 'header'
	last, indices, names = 0, set(), set()
	while size < len(dump):
	    kind, total, time, p, t, vma, addr, bytes, index = struct.unpack_from('<IIQIIQQQQ', dump, size)
	    assert kind == 0 and p == pid and vma == addr and time >= last and index not in indices, 'record'
	    name, code = dump[size + 56:size + total].split(b'\0', 1)
	    mem.seek(addr)
	    assert len(code) == bytes and mem.read(bytes) == code, name
	    last = time
	    indices.add(index)
	    names.add(name.decode())
	    size += total
	assert size == len(dump) and {'trampoline:weigh', 'program:say', 'original:weigh', 'stub:weigh'} <= names, names
	EOF
}

t_process_jitdump()
{
	start_victim
	start_tracer weigh "$weigh" --jitdump
	what='fsession run --jitdump'
	read_jitdump >"$tmp/why" 2>&1 || not_ok "$(tail -n 1 "$tmp/why")"
	grep -q "r-xs .* $tmp/jit-$pid.dump" "/proc/$pid/maps" || not_ok 'perf would not see the file'
	stop_tracer
	status 0
	stop_victim
}

# What perf makes of it: an ELF file for each piece.
t_process_jitdump_for_perf()
{
	start_victim
	start_tracer weigh "$weigh" --jitdump
	what='perf inject --jit'
	if perf record -q -k mono -e dummy:u -o "$tmp/perf" -p "$pid" -- true >"$tmp/why" 2>&1; then
		(cd "$tmp" && perf inject --jit -i perf -o perf.jit) >"$tmp/why" 2>&1 || not_ok "$(tail -n 1 "$tmp/why")"
		nm "$tmp"/jitted-"$pid"-*.so 2>/dev/null | grep -qi ' t trampoline:weigh$' || not_ok 'no trampoline:weigh'
	else
		skip "perf record: $(tail -n 1 "$tmp/why")"
	fi
	stop_tracer
	stop_victim
}

t_process_that_ends()
{
	start_victim
	start_tracer weigh "$weigh"
	ask 20 '210 0'
	stop_victim
	wait "$tracer"
	got=$?
	what='fsession run --pid'
	status 0
	out 'weigh = 185, cookie 1'
}

t_process_that_is_none()
{
	fs run "$weigh" --pid 999999999
	status 1
	err '--pid 999999999: '
	fs run "$weigh" --pid x
	status 1
	err "--pid 'x': not a process id"
}

# Whatever few there are: one line, and the process as it was.
t_process_few_descriptors()
{
	start_victim
	own=$(text_of "$pid")
	for n in 16 24 32 40 48; do
		what="fsession run with $n descriptors"
		(exec 9>&-; ulimit -n $n; timeout 60 "$FSESSION" run "$weigh" --for 1ms -p "$pid" >"$tmp/out" 2>"$tmp/err")
		got=$?
		status 1
		one_error
		err "process $pid: it takes file descriptors: Too many open files"
		[ "$(text_of "$pid")" = "$own" ] || not_ok 'its text is another one'
	done
	ask 10 '55 0'
	stop_victim
}

# pack() of a process that waits for a line is traced; it is packed once.
pack_traced()
{
	start_tracer pack "$BUILD/tests/inject/layout.bpf.o" --dump
	ask x 47
	stop_victim
	wait "$tracer"
	got=$?
	status 0
	out ': 40 holds inner'
	out 'calls = 1'
}

# What is mapped counts, not what its name is now: there, the members are elsewhere.
t_process_executable_replaced()
{
	for how in mv rm; do
		what="fsession run, after $how"
		rm -f "$tmp"/*
		cp "$BUILD/tests/inject/layout" "$tmp/prog"
		mkfifo "$tmp/in"
		"$tmp/prog" <"$tmp/in" >"$tmp/victim" &
		pid=$!
		exec 9>"$tmp/in"
		until [ -s "$tmp/victim" ]; do sleep 0.01; done
		cp "$BUILD/tests/inject/layout_other" "$tmp/other"
		[ $how = rm ] && rm "$tmp/prog" || mv "$tmp/other" "$tmp/prog"
		pack_traced
	done
}

t_process_no_room_in_reach()
{
	start_victim_of layout full
	fs run "$BUILD/tests/inject/layout.bpf.o" -p "$pid"
	status 1
	err 'inject: no free memory within 2 GiB of 0x'
	err "in process $pid"
	ask x 47
	stop_victim
}

# What it prints cannot be written; the command is not to suffer
t_process_full_disk()
{
	[ -c /dev/full ] || { skip 'no /dev/full'; return; }
	what='fsession run --follow >/dev/full'
	echo x | timeout 60 "$FSESSION" run "$BUILD/tests/inject/layout.bpf.o" --engine user --follow --dump -- \
		sh -c "$BUILD/tests/inject/layout >$tmp/answer; exit 0" >/dev/full 2>"$tmp/err"
	got=$?
	status 1
	err 'cannot write the output: No space left on device'
	grep -qx 47 "$tmp/answer" || not_ok 'the command did not get to its end'
}

t_process_that_is_traced()
{
	start_victim
	# a tracer that does nothing but be one
	"$BUILD/tests/inject/tracer" "$pid" 9>&- &
	tracer=$!
	until [ "$(grep TracerPid "/proc/$pid/status")" != "TracerPid:	0" ]; do sleep 0.01; done
	fs run "$weigh" --pid "$pid"
	status 1
	err "process $pid is traced by process $tracer (tracer)"
	err 'hint: '
	kill "$tracer"
	wait "$tracer"
	ask 10 '55 0'
	stop_victim
}

t_process_of_the_kernel()
{
	[ "$(cat /proc/2/comm 2>/dev/null)" = kthreadd ] || { skip 'no kernel threads here'; return; }
	fs run "$weigh" --pid 2
	status 1
	one_error
	err 'process 2 is a kernel thread'
}

t_process_of_go()
{
	start_victim_of go_like
	fs run "$weigh" --pid "$pid"
	status 1
	err "process $pid is a Go program"
	stop_victim
}

t_process_of_somebody_else()
{
	start_victim
	fs_nobody run "$weigh" --pid "$pid"
	[ "$(id -u)" = 0 ] && status 1 && err "process $pid: Permission denied" && err 'hint: '
	ask 10 '55 0'
	stop_victim
}

# The example of the README: arguments, results and latencies of nested calls
t_process_calc()
{
	fs run --engine user "$BUILD/examples/calc.bpf.o" -- "$BUILD/examples/calc" '2*(3+4)'
	status 0
	out '2*(3+4) = 14'
	sed -n 's/, [0-9]* ns$//; /[{}]/p' "$tmp/out" >"$tmp/seen"
	diff "$tmp/seen" - >"$tmp/out" <<-END || not_ok 'other calls'
	sum("2*(3+4)") {
	  product("2*(3+4)") {
	    number("2*(3+4)") {
	    } = 2
	    number("(3+4)") {
	      sum("3+4)") {
	        product("3+4)") {
	          number("3+4)") {
	          } = 3
	        } = 3
	        product("4)") {
	          number("4)") {
	          } = 4
	        } = 4
	      } = 7
	    } = 7
	  } = 14
	} = 14
	END
}

# Neither alive nor dead
stopped_sleepers()
{
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/exe" 2>/dev/null)" = "$tmp/sleeper" ] || continue
		grep -q '^State:.[Tt]' "$p/status" 2>/dev/null && echo "${p#/proc/}"
	done
}

t_process_starter_killed()
{
	cp "$(command -v sleep)" "$tmp/sleeper"
	for delay in 0 0.01 0.02 0.04 0.08 0.15 0.3; do
		"$FSESSION" run --engine user "$BUILD/examples/calc.bpf.o" -- "$tmp/sleeper" 600 >"$tmp/out" 2>"$tmp/err" &
		sleep "$delay"
		kill -9 $! 2>/dev/null; wait $! 2>/dev/null
	done
	tries=0
	while [ -n "$(stopped_sleepers)" ] && [ "$tries" -lt 100 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	what='fsession run -- sleeper, killed'
	[ -z "$(stopped_sleepers)" ] || not_ok "processes stay stopped: $(stopped_sleepers)"
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/exe" 2>/dev/null)" = "$tmp/sleeper" ] && kill -9 "${p#/proc/}"
	done
}

# What the process's memory is, and its code
look_at_victim()
{
	cat "/proc/$pid/maps"
	sed -n "/r-xp.*victim/{s/-.*//p;q}" "/proc/$pid/maps" >"$tmp/text_at"
	dd if="/proc/$pid/mem" bs=4096 skip="$((0x$(cat "$tmp/text_at") / 4096))" count=1 2>/dev/null | sha256sum
}

t_process_not_entered_by_what_is_not_proved()
{
	start_victim
	look_at_victim >"$tmp/before"
	what='fsession run unproved.bpf.o'
	fs run "$BUILD/tests/inject/unproved.bpf.o" -p "$pid"
	status 1
	err 'unproved.bpf.c:'
	look_at_victim >"$tmp/after"
	cmp -s "$tmp/before" "$tmp/after" || not_ok 'the process is not as it was'
	echo 10 >&9
	exec 9>&-
	wait "$pid"
	grep -q '^55 0' "$tmp/victim" || not_ok 'the process answers otherwise'
}

tap_run "$@"
