#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Sessions on every function of real programs and of all their shared objects: what they print is what they print
# without. LONG=1 (make check-long): longer runs of more programs.
. "$(dirname "$0")/../cli/tap.sh"

here=$(cd "$(dirname "$0")" && pwd)
whole=$BUILD/tests/inject/whole

# whole_same [WHOLE'S OPTION...] -- COMMAND... ; $shape: what sed(1) makes of output that times are part of
shape=''
whole_same()
{
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	what=$*
	command -v "$1" >/dev/null || { skip "no $1"; return; }
	timeout 250 "$@" >"$tmp/want" 2>"$tmp/want.err" </dev/null
	want=$?
	# shellcheck disable=SC2086
	timeout 550 "$whole" $options -- "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	status "$want"
	[ -z "$shape" ] || sed -i "$shape" "$tmp/want" "$tmp/out"
	cmp -s "$tmp/want" "$tmp/out" || not_ok 'the output is another one'
	grep '^whole: ' "$tmp/err" | sed 's/^whole: /# /'
}

long()
{
	[ -n "${LONG-}" ] || { skip 'only in make check-long'; return 1; }
}

# Their own counts are those of the sessions, function by function.
counted()
{
	[ -x "$BUILD/tests/inject/counted_$1" ] || { skip "no compiler for $1"; return; }
	whole_same --calls "$tmp/calls" -- "$BUILD/tests/inject/counted_$1" "$tmp/calls"
}

t_counted_by_level()
{
	for level in O0 O1 O2 O3 Os; do counted $level; done
}

t_counted_by_kind()
{
	for kind in lto nopie static musl musl_static; do counted $kind; done
}

data()
{
	head -c "$1" "$whole" >"$tmp/data"
}

# library NAME PROGRAM: the file of a shared object of it
library()
{
	readlink -f "$(ldd "$2" | sed -n "s/^[[:space:]]*$1.* => \([^ ]*\).*/\1/p")"
}

# ran OBJECTS -- COMMAND...: calls are those that valgrind sees, which executes the program itself
ran()
{
	objects=$1
	shift 2
	command -v valgrind >/dev/null || { skip 'no valgrind'; return; }
	valgrind --tool=callgrind --dump-instr=yes --dump-line=no --compress-strings=no --compress-pos=no \
		--callgrind-out-file="$tmp/callgrind" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || not_ok 'no count'
	# shellcheck disable=SC2086
	python3 "$here/ran.py" "$tmp/callgrind" $objects >"$tmp/ran"
	whole_same --ran "$tmp/ran" -- "$@"
}

t_ran_xz()
{
	data 50000
	xz=$(command -v xz)
	ran "$xz $(library liblzma "$xz")" -- xz -c -T1 "$tmp/data"
}

t_ran_zstd()
{
	data 500000
	zstd=$(command -v zstd)
	ran "$zstd $(library libzstd "$zstd")" -- zstd -q -c --single-thread "$tmp/data"
}

t_ran_sqlite()
{
	sqlite=$(command -v sqlite3)
	ran "$sqlite $(library libsqlite3 "$sqlite")" -- sqlite3 :memory: ".read $here/whole.sql"
}

t_xz()
{
	data 200000
	whole_same -- xz -c -T1 "$tmp/data"
	xz -c -T1 "$tmp/data" >"$tmp/data.xz"
	whole_same -- xz -dc "$tmp/data.xz"
}

t_zstd()
{
	data 2000000
	whole_same -- zstd -q -c "$tmp/data"
	zstd -q -c "$tmp/data" >"$tmp/data.zst"
	whole_same -- zstd -q -d -c "$tmp/data.zst"
}

t_bash()
{
	whole_same --forks 1 -- bash "$here/whole.bash"
}

t_sqlite()
{
	whole_same -- sqlite3 :memory: ".read $here/whole.sql"
}

t_python()
{
	whole_same -- /usr/bin/python3 -c 'import json, re, hashlib
print(len(json.dumps([{"a": i, "b": [i] * 3} for i in range(500)])), re.sub("(a+)b", "c", "aab" * 9))
print(hashlib.sha256(b"x" * 1000).hexdigest(), sorted(map(str, range(30))))
try:
    [][1]
except IndexError as e:
    print(e)'
}

t_python_regression()
{
	long || return
	for python in /usr/bin/python3 "$(python3 -c 'import sys; print(sys.executable)')" ''; do
		"$python" -c 'import test.test_json' 2>/dev/null && break
	done
	[ -n "$python" ] || { skip 'no Python with its tests'; return; }
	for part in test_json test_re test_generators test_exceptions test_list test_struct test_zlib; do
		whole_same --forks 1 -- "$python" -m unittest -q "test.$part"
	done
}

t_openssl()
{
	data 300000
	whole_same -- openssl dgst -sha256 "$tmp/data"
	whole_same -- openssl enc -aes-256-cbc -pbkdf2 -k secret -S 0011223344556677 -in "$tmp/data"
}

t_openssl_speed()
{
	long || return
	shape='s/[0-9][0-9.]*/N/g; s/  */ /g'
	whole_same -- openssl speed -seconds 1 -bytes 1024 sha256 sha512 md5 aes-128-cbc rsa2048 ecdsap256 ecdhx25519
	whole_same -- openssl speed -seconds 1 -bytes 8192 -evp aes-256-gcm
	whole_same -- openssl speed -seconds 1 -bytes 8192 -evp chacha20-poly1305
	shape=''
}

t_git()
{
	git init -q "$tmp/repo"
	for i in 1 2 3 4 5; do
		seq "$i" 2000 >"$tmp/repo/file$i"
		git -C "$tmp/repo" add .
		git -C "$tmp/repo" -c user.name=a -c user.email=b@c commit -q -m "number $i"
	done
	whole_same --forks 1 -- git -C "$tmp/repo" log --stat --no-color
	whole_same --forks 1 -- git -C "$tmp/repo" fsck --no-progress
}

t_gcc()
{
	cc1=$(gcc -print-prog-name=cc1 2>/dev/null)
	long || return
	sed '/^#include/d' "$here/victim.c" >"$tmp/a.c"
	printf 'int f(int a) { for (int i = 0; i < a; i++) a += i * a; return a; }\n' >"$tmp/b.c"
	whole_same -- "$cc1" -quiet -O2 "$tmp/b.c" -o -
}

tap_run "$@"
