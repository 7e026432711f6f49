/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Newer kernels refuse these themselves; older ones accept a session on a function that never
 * returns and then keep its trampoline image for ever.
 */
#include "image/kdeny.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char *const noreturn[] = {
	"do_exit",
	"do_group_exit",
	"do_task_dead",
	"make_task_dead",
	"rewind_stack_do_exit",		/* x86, until 5.16 */
	"rewind_stack_and_make_dead",
	"complete_and_exit",		/* until 5.16; then kthread_complete_and_exit */
	"kthread_exit",
	"kthread_complete_and_exit",
	"__module_put_and_exit",	/* until 5.16 */
	"__module_put_and_kthread_exit",
	"kunit_try_catch_throw",
	"__kunit_abort",
};

/* exit(2) and exit_group(2) in the spellings of the architectures */
static const char *const exit_prefixes[] = {
	"__x64_", "__ia32_", "__ia32_compat_", "__arm64_", "__arm64_compat_", "__se_", "__do_", "",
};

/*
 * What a trampoline itself runs through: the verifier's own list, of which older kernels have only
 * a part (6.1 takes a program on __rcu_read_unlock, and hangs).
 */
static const char *const machinery[] = {
	"migrate_disable",
	"migrate_enable",
	"__migrate_enable",
	"rcu_read_unlock_strict",
	"preempt_count_add",
	"preempt_count_sub",
	"__rcu_read_lock",
	"__rcu_read_unlock",
	"__bpf_tramp_enter",
	"__bpf_tramp_exit",
};

static const char *const machinery_prefixes[] = { "__bpf_prog_enter", "__bpf_prog_exit" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool in_list(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

static bool is_exit_syscall(const char *name)
{
	for (size_t i = 0; i < COUNT(exit_prefixes); i++) {
		size_t len = strlen(exit_prefixes[i]);

		if (strncmp(name, exit_prefixes[i], len))
			continue;
		if (!strcmp(name + len, "sys_exit") || !strcmp(name + len, "sys_exit_group"))
			return true;
	}
	return false;
}

static bool is_machinery(const char *name)
{
	for (size_t i = 0; i < COUNT(machinery_prefixes); i++)
		if (!strncmp(name, machinery_prefixes[i], strlen(machinery_prefixes[i])))
			return true;
	return in_list(name, machinery, COUNT(machinery));
}

bool kdeny_never_returns(const char *func)
{
	return in_list(func, noreturn, COUNT(noreturn)) || is_exit_syscall(func);
}

const char *kdeny_reason(const char *func, const char **hint)
{
	if (hint)
		*hint = NULL;
	if (kdeny_never_returns(func)) {
		if (hint)
			*hint = "an fentry program sees its calls; there is no exit to see";
		return "never returns";
	}
	if (is_machinery(func))
		return "is part of what runs BPF programs";
	return NULL;
}
