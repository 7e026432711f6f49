#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The command line: help, verbs, options, exit statuses, manual pages, completion.
. "$(dirname "$0")/tap.sh"

verbs=$("$FSESSION" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p')

long_options()
{
	"$FSESSION" "$@" --help | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p' | sort
}

t_usage_help()
{
	fs --help
	status 0
	no_err
	[ "$(echo $verbs)" = 'run doctor verify list shim' ] || not_ok "verbs: $verbs"
	for v in $verbs; do
		fs "$v" --help
		status 0
		no_err
		out "Usage: fsession $v"
		out '--help'
		[ "$(awk 'length > 80' "$tmp/out")" = '' ] || not_ok 'a line has more than 80 columns'
		! grep -q ' $' "$tmp/out" || not_ok 'blanks at the end of a line'
	done
}

t_usage_none()
{
	fs
	status 2
	err 'Usage: fsession VERB'
}

t_usage_version()
{
	fs --version
	status 0
	out 'fsession '
	out 'libbpf v'
}

t_usage_unknown_verb()
{
	fs rum
	status 2
	one_error
	err "unknown verb 'rum'"
	err "hint: did you mean 'run'?"
	fs frobnicate
	status 2
	err "'fsession --help' lists the verbs"
	fs some.bpf.o
	status 2
	err "'fsession run some.bpf.o'"
}

t_usage_unknown_option()
{
	fs run --enigne=split x.bpf.o
	status 2
	one_error
	err "unknown option '--enigne'"
	err "hint: did you mean '--engine'?"
	fs run -Z x.bpf.o
	status 2
	err "unknown option '-Z'"
	fs doctor --for 5s
	status 2
	fs --frobnicate
	status 2
}

t_usage_values()
{
	for value in 0 5x -5s 1e30 '' s inf nan 0x5 5s5; do
		fs run --for "$value" x.bpf.o
		status 2
		one_error
		err "'$value' is not a time"
	done
	fs run --engine none x.bpf.o
	status 2
	err "'none' is none of auto|kernel|split|user"
	fs run x.bpf.o --engine
	status 2
	err '--engine needs a value'
	fs run --json=yes x.bpf.o
	status 2
	err '--json takes no value'
	fs run --attach= x.bpf.o
	status 2
}

t_usage_times_that_are()
{
	for value in 500ms 5s 2m 1h 0.5s 5 10us; do
		fs run --for "$value" /nonexistent
		status 1
		err "'/nonexistent'"
	done
}

t_usage_operands()
{
	fs run
	status 2
	one_error
	fs run a.bpf.o b.bpf.o
	status 2
	one_error
	err "a command goes after '--'"
	fs run a.bpf.o --
	status 2
	fs doctor x
	status 2
	one_error
}

t_usage_letters()
{
	fs run -vvjf5s -e split /nonexistent
	status 1
	fs run -e nothing /nonexistent
	status 2
	fs run -vf
	status 2
	err '-f needs a value: TIME'
}

t_usage_options_after_operand()
{
	fs run /nonexistent --for 1s --json
	status 1
	fs run /nonexistent --for 1s -- --frobnicate
	status 1
}

t_usage_full_disk()
{
	"$FSESSION" --help >/dev/full 2>"$tmp/err"
	got=$?
	status 1
	err 'cannot write the output'
}

t_usage_manual()
{
	for v in '' $verbs; do
		page=$BUILD/man/fsession${v:+-$v}.1
		[ -s "$page" ] || not_ok "no $page"
		for o in $(long_options $v); do
			tr -d '\\' <"$page" | grep -qF -e "$o" || not_ok "$page lacks $o"
		done
		! grep -q '@[A-Z]*@' "$page" || not_ok "$page has a placeholder"
	done
	command -v groff >/dev/null || { skip 'groff is not installed'; return; }
	for page in "$BUILD"/man/*.[13]; do
		warnings=$(groff -man -ww -Tutf8 -z "$page" 2>&1)
		[ -z "$warnings" ] || not_ok "$page: $warnings"
	done
}

# completions of the words given, the last of which is being typed
complete()
{
	bash -c 'source "$1" && shift && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) && _fsession
		printf "%s\n" "${COMPREPLY[@]}"' bash "$BUILD/man/fsession" "$@" | sort
}

t_usage_completion()
{
	command -v bash >/dev/null || { skip 'bash is not installed'; return; }
	for v in $verbs; do
		[ "$(complete fsession "$v" --)" = "$(long_options "$v")" ] ||
			not_ok "$v: $(complete fsession "$v" --)"
	done
	[ "$(complete fsession '' | grep -v -e --)" = "$(echo "$verbs" | sort)" ] || not_ok 'verbs'
	[ "$(echo $(complete fsession run --engine ''))" = 'auto kernel split user' ] || not_ok 'engines'
	[ "$(complete fsession run x.bpf.o -- ech | grep -x echo | head -1)" = echo ] || not_ok 'command'
	touch "$tmp/a.bpf.o" "$tmp/b.c"
	[ "$(complete fsession run "$tmp/")" = "$tmp/a.bpf.o" ] || not_ok 'objects'
}

tap_run "$@"
