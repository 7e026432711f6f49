#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fsession list: what is in files and processes.
. "$(dirname "$0")/tap.sh"

images=$BUILD/tests/unit/images

# not_attachable FUNC WHY
not_attachable()
{
	grep -F " $1 " "$tmp/out" | grep -qF -e "-- cannot be attached: $2" || not_ok "no '$1' that $2"
}

t_list_file()
{
	fs list "$images/dwarf5"
	status 0
	no_err
	out ' dwarf5  int plain(int a, unsigned char b, const char *c)'
	out ' dwarf5  int other_name(int a, unsigned char b, const char *c)'
	out 'double by_double(double d, int i)  -- untyped: '
	not_attachable _start 'is not left the way it is entered'
	# as nm has it
	addr=$(nm "$images/dwarf5" | sed -n 's/ T plain$//p')
	[ -n "$addr" ] && out "0x${addr#0000} dwarf5  int plain("
}

t_list_globs()
{
	fs list "$images/dwarf5" 'by_*' plain
	status 0
	[ "$(grep -c . "$tmp/out")" = "$(nm "$images/dwarf5" | grep -cE ' [tT] (by_.*|plain)$')" ] ||
		not_ok 'not as many as nm has'
	fs list "$images/dwarf5" 'nope*'
	status 1
	one_error
	err "no function matches 'nope*'"
}

t_list_twins()
{
	fs list "$images/dwarf5" 'twin*'
	status 0
	out 'int twin@0x'
	out 'char *twin@0x'
	fs list "$images/dwarf5" twin
	status 1
	one_error
	err "several functions are called 'twin'"
	err "hint: say which: 'twin@0x"
}

t_list_cxx()
{
	[ -e "$images/cxx" ] || { skip 'there is no C++ compiler'; return; }
	fs list "$images/cxx" 'shop::*' main
	status 0
	out 'int shop::item::price(const struct item *'
	[ "$(grep -c shop:: "$tmp/out")" = "$(nm "$images/cxx" | grep -cE ' [tTwW] _ZNK?4shop')" ] ||
		not_ok 'not as many as nm has'
	fs list "$images/cxx" 'cxx:shop::make'
	status 0
	out 'struct counted shop::make(int n)'
	[ "$(wc -l <"$tmp/out")" = 1 ] || not_ok 'more than one line'
}

t_list_json()
{
	fs list --json "$images/dwarf5" plain twin@*
	status 0
	python3 - "$tmp/out" <<-'PY' || not_ok 'not the right JSON'
		import json, sys
		rows = [json.loads(line) for line in open(sys.argv[1])]
		assert {r['type'] for r in rows} == {'function'}
		plain = [r for r in rows if r['name'] == 'plain']
		assert len(plain) == 1 and len(rows) == 3
		assert plain[0]['prototype'] == 'int plain(int a, unsigned char b, const char *c)'
		assert plain[0]['typed'] and plain[0]['attachable'] and plain[0]['why'] is None
		assert plain[0]['size'] > 0 and plain[0]['object'] == 'dwarf5'
	PY
}

t_list_stats()
{
	fs list --stats "$images/strict"
	status 0
	out ' functions can be attached ('
	fs list --stats --json "$images/strict"
	python3 - "$tmp/out" <<-'PY' || not_ok 'sums do not add up, or less than 97 %'
		import json, sys
		row = json.load(open(sys.argv[1]))
		assert row['type'] == 'sums'
		assert row['functions'] == row['attachable'] + sum(row['reasons'].values()), row
		assert row['functions'] > 500 and row['attachable'] >= 0.97 * row['functions'], row
	PY
}

# What Debian ships, as far as it is installed: of each program with its shared objects at least 97 of 100 functions.
t_list_debian()
{
	[ "$(uname -m)" = x86_64 ] || { skip 'no trampolines here'; return; }
	for f in bash git openssl python3 sqlite3 redis-check-rdb nginx xz zstd perl; do
		path=$(readlink -f /usr/bin/$f); [ -x "$path" ] || path=/usr/sbin/$f; [ -x "$path" ] || continue
		for object in $path $(ldd "$path" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p'); do
			stats=$tmp/stats.${object##*/}
			if [ ! -e "$stats" ]; then
				fs list --stats "$(readlink -f "$object")"
				status 0
				cp "$tmp/out" "$stats"
				sed 's/; not counted.*//; s/^/# /' "$stats"
			fi
			cat "$stats"
		done >"$tmp/program"
		grep '^# ' "$tmp/program"
		awk -v program=$f '/ functions can be attached / { can += $2; all += $4 }
			END { printf "# %s and its shared objects: %d of %d\n", program, can, all
			      exit can < 0.97 * all }' "$tmp/program" || not_ok "less than 97 % of $f"
	done
}

t_list_process()
{
	sleep 60 &
	pid=$!
	# it is sleep only once it has been executed
	until [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$(command -v sleep)")" ]; do :; done
	fs list --pid $pid 'libc.so.6:malloc'
	status 0
	no_err
	base=$(sed -n '/libc.so.6$/{s/-.*//p;q}' "/proc/$pid/maps")
	off=$(nm -D "$(readlink -f "$(sed -n 's/.* \(\/.*libc.so.6\)$/\1/p' "/proc/$pid/maps" | head -1)")" |
		sed -n 's/ T malloc@@.*//p')
	# with libc's debugging information installed, "void *malloc(size_t bytes)"
	out "$(printf '0x%012x libc.so.6  ' $((0x$base + 0x$off)))"
	out malloc
	[ "$(wc -l <"$tmp/out")" = 1 ] || not_ok 'more than one line'
	kill $pid
	fs list -p 999999999
	status 1
	one_error
	err 'process 999999999: No such process'
}

t_list_chosen()
{
	"$images/ifunc" >"$tmp/ready" &
	pid=$!
	until [ -s "$tmp/ready" ]; do :; done
	fs list --pid $pid 'ifunc:*'
	status 0
	grep -q ' ifunc  int pick(int)  -- here 0x[0-9a-f]* fast$' "$tmp/out" || not_ok 'pick is not fast'
	[ "$(sed -n 's/ .* int fast(int a)//p' "$tmp/out")" = "$(sed -n 's/.*-- here \(0x[0-9a-f]*\) fast/\1/p' "$tmp/out")" ] ||
		not_ok 'the address is not that of fast'
	kill $pid
	# before it runs, nobody knows
	fs list "$images/ifunc" pick
	status 0
	not_attachable 'int pick(int)' 'only chooses a function'
}

# A shared object's that others may replace: its word is the symbol's
t_list_chosen_in_library()
{
	"$images/chosen" >"$tmp/ready" &
	pid=$!
	until [ -s "$tmp/ready" ] || ! kill -0 $pid; do :; done
	fs list --pid $pid 'libchosen.so:pick'
	status 0
	grep -q ' libchosen.so  int pick(int)  -- here 0x[0-9a-f]* fast$' "$tmp/out" || not_ok 'pick is not fast'
	kill $pid
}

# A file, and its debugging information, that only the process sees.
t_list_other_namespace()
{
	unshare -m true 2>/dev/null || { skip 'no mount namespaces'; return; }
	mkdir "$tmp/m"
	unshare -m sh -ec 'mount -t tmpfs none "$1/m"; cd "$1/m"; strip -o prog "$2"; objcopy --only-keep-debug "$2" x.debug
		objcopy --add-gnu-debuglink=x.debug prog; exec "$1/m/prog"' sh "$tmp" "$images/ifunc" >"$tmp/ready" &
	pid=$!
	until [ -s "$tmp/ready" ] || ! kill -0 $pid 2>/dev/null; do :; done
	[ ! -e "$tmp/m/prog" ] || not_ok 'it is here, too'
	fs list --pid $pid 'prog:*'
	status 0
	no_err
	out ' prog  int fast(int a)'
	kill $pid
}

t_list_without_first_thread()
{
	"$images/ifunc" x >"$tmp/ready" &
	pid=$!
	until [ -s "$tmp/ready" ] && grep -q '^State:	Z' /proc/$pid/status; do :; done
	fs list --pid $pid 'ifunc:pick'
	status 0
	out ' fast'
	kill $pid
}

t_list_replaced()
{
	cp "$(command -v sleep)" "$tmp/prog"
	"$tmp/prog" 60 &
	pid=$!
	until [ "$(readlink "/proc/$pid/exe")" = "$tmp/prog" ]; do :; done
	rm "$tmp/prog"
	cp "$images/dwarf5" "$tmp/prog"
	# what is mapped is meant, not what has its name now
	fs list -p $pid 'prog*:plain'
	status 1
	kill $pid
}

t_list_usage()
{
	fs list
	status 2
	one_error
	fs list -p x
	status 2
	fs list -p 1 -- x
	status 2
	fs list /dev/null
	status 1
	one_error
	err "'/dev/null': not an ELF file"
	fs list "$BUILD/tests/unit/progs/plain.bpf.o"
	status 1
	one_error
}

tap_run "$@"
