/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/host.h"

#include <cpuid.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <unistd.h>

#define ARCH_SHSTK_STATUS 0x5005

void arch_tramp_claim(void);
void arch_tramp_busy(void);
void arch_tramp_readable(void);
void arch_tramp_longjmp(void);
void arch_tramp_longjmp_chk(void);

void arch_host_guard_env(struct guard_env *env)
{
	env->claim = (u64)arch_tramp_claim;
	env->busy = (u64)arch_tramp_busy;
	env->probe_words = (u64)arch_tramp_readable;
}

u64 arch_host_jump(u32 nr)
{
	return (u64)(nr ? arch_tramp_longjmp_chk : arch_tramp_longjmp);
}

const struct arch_tramp_ops *arch_host_tramp(void)
{
	return &x86_64_tramp;
}

/* CPUID leaf 0xd: the compacted size of what XCR0 enables; xsavec is as old as AVX-512 */
u32 arch_host_vector_bytes(void)
{
	u32 a, b, c, d;

	if (!__get_cpuid_count(0xd, 1, &a, &b, &c, &d) || !(a & 1 << 1) || !b)
		return 0;
	return (b + 63) & ~63u;
}

bool arch_host_shadow_stack(void)
{
	unsigned long features = 0;

	return !arch_host_syscall(SYS_arch_prctl, ARCH_SHSTK_STATUS, (long)&features, 0, 0) && features & 1;
}

int arch_host_get_pc(pid_t tid, struct arch_thread_pc *ret)
{
	struct user_regs_struct regs;

	/* the raw call: no errno, which would be the traced thread's own */
	if (arch_host_syscall(SYS_ptrace, PTRACE_GETREGS, tid, 0, (long)&regs))
		return -ESRCH;
	ret->pc = regs.rip;
	ret->sp = regs.rsp;
	return 0;
}

int arch_host_get_words(pid_t tid, u64 ret[ARCH_WORDS_MAX])
{
	if (arch_host_syscall(SYS_ptrace, PTRACE_GETREGS, tid, 0, (long)ret))
		return -ESRCH;
	return sizeof(struct user_regs_struct) / sizeof(u64);
}

int arch_host_set_pc(pid_t tid, u64 pc)
{
	return arch_host_syscall(SYS_ptrace, PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rip), pc);
}

/* ... rsp, rip, eflags, cs | gs << 16 | fs << 32 | ss << 48 */
bool arch_host_is_saved_pc(const u64 *pc, u32 before, u32 after, u64 *sp)
{
	if (before < 1 || after < 2)
		return false;
	*sp = pc[-1];
	return (pc[2] & 0xffff) == 0x33 && (pc[1] & 0x202) == 0x202 && !(pc[1] >> 22);
}
