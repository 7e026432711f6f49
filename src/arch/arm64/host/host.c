/* SPDX-License-Identifier: BSD-2-Clause */
/* No trampolines yet: arch_host_tramp() says so, and nothing else here is reached. */
#include "arch/host.h"

#include <errno.h>

long arch_host_syscall(long nr, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

const struct arch_tramp_ops *arch_host_tramp(void)
{
	return NULL;
}

void arch_host_guard_env(struct guard_env *env)
{
	env->claim = env->busy = env->probe_words = 0;
}

u64 arch_host_jump(u32 nr)
{
	(void)nr;
	return 0;
}

u32 arch_host_vector_bytes(void)
{
	return 0;
}

bool arch_host_shadow_stack(void)
{
	return false;
}

int arch_host_get_pc(pid_t tid, struct arch_thread_pc *ret)
{
	(void)tid;
	(void)ret;
	return -EOPNOTSUPP;
}

int arch_host_get_words(pid_t tid, u64 ret[ARCH_WORDS_MAX])
{
	(void)tid;
	(void)ret;
	return -EOPNOTSUPP;
}

int arch_host_set_pc(pid_t tid, u64 pc)
{
	(void)tid;
	(void)pc;
	return -EOPNOTSUPP;
}

const struct arch_gadget arch_host_gadget;

void arch_host_detour(u64 entry, struct arch_detour *ret)
{
	(void)entry;
	*ret = (struct arch_detour){ 0 };
}

int arch_host_borrow(pid_t tid, struct arch_borrow *ret)
{
	(void)tid;
	(void)ret;
	return -EOPNOTSUPP;
}

int arch_host_borrow_call(pid_t tid, const struct arch_borrow *b, u64 gadget, long nr, const long args[6])
{
	(void)tid;
	(void)b;
	(void)gadget;
	(void)nr;
	(void)args;
	return -EOPNOTSUPP;
}

int arch_host_borrow_result(pid_t tid, long *ret)
{
	(void)tid;
	(void)ret;
	return -EOPNOTSUPP;
}

int arch_host_borrow_end(pid_t tid, const struct arch_borrow *b)
{
	(void)tid;
	(void)b;
	return -EOPNOTSUPP;
}

int arch_host_thread_pointer(pid_t tid, u64 *ret)
{
	(void)tid;
	(void)ret;
	return -EOPNOTSUPP;
}

int arch_host_set_thread_pointer(pid_t tid, u64 tp)
{
	(void)tid;
	(void)tp;
	return -EOPNOTSUPP;
}

bool arch_host_is_saved_pc(const u64 *pc, u32 before, u32 after, u64 *sp)
{
	(void)pc;
	(void)before;
	(void)after;
	(void)sp;
	return false;
}
