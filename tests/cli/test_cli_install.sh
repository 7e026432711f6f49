#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What `make install` installs, and an application built against nothing else.
. "$(dirname "$0")/tap.sh"

# Installs once for all tests.
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
meson install -C "$BUILD" --no-rebuild --quiet --destdir "$root" >"$root/log" 2>&1
installed=$?
prefix=$(dirname "$(dirname "$(find "$root" -path '*/bin/fsession')")")

t_install_files()
{
	what='meson install'
	[ $installed = 0 ] || not_ok "$(cat "$root/log")"
	for f in bin/fsession include/fsession/fsession.h include/fsession/bpf_fsession.h \
		share/man/man1/fsession.1 share/man/man1/fsession-run.1 \
		share/man/man1/fsession-doctor.1 share/man/man1/fsession-verify.1 share/man/man1/fsession-shim.1 share/man/man3/libfsession.3 \
		share/bash-completion/completions/fsession share/fsession/examples/icmp.bpf.o \
		share/fsession/examples/cookie.bpf.c share/fsession/examples/latency.bpf.o \
		share/fsession/examples/app/Makefile; do
		[ -s "$prefix/$f" ] || not_ok "$f is missing"
	done
	[ -n "$(find "$prefix" -name 'libfsession.so.0')" ] || not_ok 'no shared library'
	[ -n "$(find "$prefix" -name fsession.pc)" ] || not_ok 'no pkg-config file'
	! grep -rqF "$BUILD" "$(find "$prefix" -name fsession.pc)" || not_ok 'the build leaks'
}

t_install_application()
{
	for tool in make cc clang pkg-config; do
		command -v $tool >/dev/null || { skip "$tool is not installed"; return; }
	done
	what='make -C examples/app'
	! grep -qF __asan_init "$prefix"/lib/*/libfsession.so.0 "$prefix"/lib/libfsession.so.0 2>/dev/null ||
		{ skip 'the library needs the sanitizer'; return; }
	pc=$(dirname "$(find "$prefix" -name fsession.pc)")
	cp "$prefix"/share/fsession/examples/app/* "$tmp/"
	PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$pc \
		make -C "$tmp" CFLAGS='-Wall -Wextra -Werror' >"$tmp/out" 2>"$tmp/err" ||
		{ not_ok 'it fails'; return; }
	what=slowread
	LD_LIBRARY_PATH=$(dirname "$pc") timeout 60 "$tmp/slowread" 1000 1 >"$tmp/out" 2>"$tmp/err"
	got=$?
	# as far as the machine lets it
	grep -q '^COMMAND' "$tmp/out" || { status 1; err 'on_read'; err 'hint: '; }
}

tap_run "$@"
