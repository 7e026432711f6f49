/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame is the kernel's rt_sigframe (arch/x86/include/uapi/asm/sigcontext.h and ucontext.h say what
 * of it is ABI):
 *
 *	fpstate |  xsave area with its size in sw_reserved, FP_XSTATE_MAGIC2 behind	| multiple of 64
 *	        |  padding							|
 *	        |  ucontext							|
 *	sp ->   |  return address, unused						|
 *
 * rt_sigreturn finds it 8 below the stack pointer.
 */
#include <assert.h>
#include <cpuid.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "arch/host.h"

#define NT_X86_XSTATE 0x202
#define PTRACE_GETSIGMASK_ 0x420a
#define RED_ZONE 128
#define CODE64 0x33
#define SS_INVALID 0x40000000	/* no flag of sigaltstack(): the alternate stack stays as it is */
#define SW_OFF 464		/* of sw_reserved in the xsave area */
#define XSTATE_MIN 576
#define XSTATE_AMX (3ULL << 17)
#define MAGIC1 0x46505853u
#define MAGIC2 0x46505845u

enum { UC_FP_XSTATE = 1, UC_SIGCONTEXT_SS = 2, UC_STRICT_RESTORE_SS = 4 };

enum { ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516 };

struct frame {
	u64 ret;
	u64 uc_flags, uc_link;
	u64 ss_sp;
	u32 ss_flags, pad;
	u64 ss_size;
	u64 r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	u64 fpstate;
	u64 reserved[8];
	u64 sigmask;
};

struct xstate_sw {		/* struct _fpx_sw_bytes */
	u32 magic1, extended_size;
	u64 xfeatures;
	u32 xstate_size, pad[7];
};

/* syscall; mov $__NR_rt_sigreturn, %eax; syscall */
const struct arch_gadget arch_host_gadget = {
	.len = 9, .bytes = { 0x0f, 0x05, 0xb8, SYS_rt_sigreturn, 0, 0, 0, 0x0f, 0x05 },
};

void arch_host_detour(u64 entry, struct arch_detour *ret)
{
	*ret = (struct arch_detour){ 23, 11, {
		0xf3, 0x0f, 0x1e, 0xfa,			/* endbr64		*/
		0xb8, SYS_getpid, 0, 0, 0,		/* mov	$.., %eax	*/
		0x0f, 0x05,				/* syscall		*/
		0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,	/* movabs @entry, %rax	*/
		0xff, 0xe0,				/* jmp	*%rax		*/
	} };
	memcpy(&ret->bytes[13], &entry, sizeof(entry));
}

static long pt(long req, pid_t tid, long addr, void *data)
{
	return arch_host_syscall(SYS_ptrace, req, tid, addr, (long)data);
}

/* The kernel does this on the way out, unless registers are set meanwhile. */
static void restart_call(struct user_regs_struct *r)
{
	long ret = r->rax;

	if ((long)r->orig_rax >= 0) {
		if (ret == -ERESTARTSYS || ret == -ERESTARTNOINTR || ret == -ERESTARTNOHAND) {
			r->rax = r->orig_rax;
			r->rip -= 2;
		} else if (ret == -ERESTART_RESTARTBLOCK) {
			r->rax = SYS_restart_syscall;
			r->rip -= 2;
		}
	}
	r->orig_rax = -1;
}

/* Standard format: components where CPUID says, up to the last one. */
static u32 xstate_bytes(u64 features)
{
	u32 bytes = XSTATE_MIN, a, b, c, d;

	for (u32 i = 2; i < 63; i++)
		if (features >> i & 1 && __get_cpuid_count(0xd, i, &a, &b, &c, &d) && a && b + a > bytes)
			bytes = a + b;
	return bytes;
}

/* The tiles of AMX are there only where the thread uses them; a frame that is too long is refused. */
static u32 fill_xstate(pid_t tid, u8 *area, u32 room)
{
	struct iovec iov = { area, room };
	u64 features, in_use;
	struct xstate_sw sw;

	if (pt(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &iov) || iov.iov_len < XSTATE_MIN)
		return 0;
	memcpy(&features, area + SW_OFF, 8);
	memcpy(&in_use, area + 512, 8);
	if (!(in_use & XSTATE_AMX))
		features &= ~XSTATE_AMX;
	sw = (struct xstate_sw){ .magic1 = MAGIC1, .xfeatures = features };
	sw.xstate_size = xstate_bytes(features);
	sw.extended_size = sw.xstate_size + 4;
	memcpy(area + SW_OFF, &sw, sizeof(sw));
	memcpy(area + sw.xstate_size, &(u32){ MAGIC2 }, 4);
	return sw.extended_size;
}

static void fill_frame(struct frame *f, const struct user_regs_struct *r)
{
	*f = (struct frame){
		.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
		.ss_flags = SS_INVALID,
		.r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11, .r12 = r->r12, .r13 = r->r13,
		.r14 = r->r14, .r15 = r->r15, .di = r->rdi, .si = r->rsi, .bp = r->rbp, .bx = r->rbx,
		.dx = r->rdx, .ax = r->rax, .cx = r->rcx, .sp = r->rsp, .ip = r->rip, .flags = r->eflags,
		.cs = r->cs, .ss = r->ss,
	};
}

int arch_host_borrow(pid_t tid, struct arch_borrow *b)
{
	struct user_regs_struct *r = (struct user_regs_struct *)b->regs;
	const u32 fp_off = (sizeof(struct frame) + 63) & ~63u;
	struct frame *f = (struct frame *)b->frame;
	u32 fp_len;

	static_assert(sizeof(*r) <= sizeof(b->regs), "");
	if (pt(PTRACE_GETREGS, tid, 0, r))
		return -ESRCH;
	if (r->cs != CODE64)
		return -EOPNOTSUPP;
	restart_call(r);
	fill_frame(f, r);
	if (pt(PTRACE_GETSIGMASK_, tid, 8, &f->sigmask))
		return -ESRCH;
	fp_len = fill_xstate(tid, b->frame + fp_off, sizeof(b->frame) - fp_off - 64);
	if (!fp_len)
		return -EOPNOTSUPP;
	b->frame_len = fp_off + fp_len;
	b->sp = (r->rsp - RED_ZONE - b->frame_len) & ~63ULL;
	f->fpstate = b->sp + fp_off;
	return 0;
}

int arch_host_borrow_call(pid_t tid, const struct arch_borrow *b, u64 gadget, long nr, const long args[6])
{
	struct user_regs_struct r = *(const struct user_regs_struct *)b->regs;

	r.rax = nr;
	r.rdi = args[0];
	r.rsi = args[1];
	r.rdx = args[2];
	r.r10 = args[3];
	r.r8 = args[4];
	r.r9 = args[5];
	r.rip = gadget;
	r.rsp = b->sp + 8;
	r.eflags &= ~0x100ULL;
	return pt(PTRACE_SETREGS, tid, 0, &r);
}

int arch_host_borrow_result(pid_t tid, long *ret)
{
	struct user_regs_struct r;
	int err = pt(PTRACE_GETREGS, tid, 0, &r);

	*ret = r.rax;
	return err;
}

int arch_host_borrow_end(pid_t tid, const struct arch_borrow *b)
{
	struct user_regs_struct regs, now;
	int err = pt(PTRACE_GETREGS, tid, 0, &now);

	if (err)
		return err;
	memcpy(&regs, b->regs, sizeof(regs));
	regs.fs_base = now.fs_base;	/* arch_host_set_thread_pointer() */
	return pt(PTRACE_SETREGS, tid, 0, &regs);
}

int arch_host_thread_pointer(pid_t tid, u64 *ret)
{
	struct user_regs_struct r;
	int err = pt(PTRACE_GETREGS, tid, 0, &r);

	*ret = r.fs_base;
	return err;
}

int arch_host_set_thread_pointer(pid_t tid, u64 tp)
{
	return pt(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, fs_base), (void *)tp);
}
