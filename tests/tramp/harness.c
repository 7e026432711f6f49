/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "asm.h"
#include "tap.h"

struct hn_event hn_log[HN_EVENTS_MAX];
u32 hn_nr;
void (*hn_callback)(u64 a, u64 b);
bool (*hn_enter)(struct arch_tramp_run *run, u64 frame);
void (*hn_exit)(struct arch_tramp_run *run, u64 frame);

/* -- What programs call --- */

HN_GENERAL static u64 record(u64 ctx, u64 id, u64 phase, u64 value, u64 unused)
{
	const u64 *words = (const u64 *)ctx;
	u32 at = __atomic_fetch_add(&hn_nr, 1, __ATOMIC_RELAXED);
	struct hn_event *e = &hn_log[at % HN_EVENTS_MAX];

	(void)unused;
	e->id = id;
	e->phase = phase;
	e->value = value;
	e->meta = words[-1];
	for (u32 i = 0; i <= (e->meta & 0xff); i++)
		e->args[i] = words[i];
	return 0;
}

HN_GENERAL static u64 call_back(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	(void)c;
	(void)d;
	(void)e;
	if (hn_callback)
		hn_callback(a, b);
	return 0;
}

static __thread struct arch_tramp_run *run;

HN_GENERAL static bool enter(struct arch_tramp_run *r, u64 frame)
{
	(void)frame;
	r->scope = (u64)run;
	run = r;
	return true;
}

HN_GENERAL static void leave(struct arch_tramp_run *r, u64 frame)
{
	(void)frame;
	run = (struct arch_tramp_run *)r->scope;
}

HN_GENERAL static u64 attach_cookie(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	(void)e;
	return run->attach_cookie;
}

/* Every vector register there is changes. */
static u64 spoil(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	record(a, b, c, d, e);
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm1, %%xmm1; pcmpeqd %%xmm7, %%xmm7\n\t"
			 "pcmpeqd %%xmm15, %%xmm15; fld1" : : : "xmm0", "xmm1", "xmm7", "xmm15");
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile("vzeroall" : : : "memory");
	if (__builtin_cpu_supports("avx512f"))
		__asm__ volatile("vpternlogd $0xff, %%zmm0, %%zmm0, %%zmm0\n\t"
				 "vpternlogd $0xff, %%zmm31, %%zmm31, %%zmm31; kxnorw %%k1, %%k1, %%k1"
				 : : : "memory");
	return 0;
}

static int resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	static const bpf_helper_fn helpers[] = { NULL, record, call_back, attach_cookie, spoil };

	(void)arg;
	*ret = (struct bpf_call){ BPF_CALL_ADDR, 0 };
	if (insn_is_kfunc_call(insn) && insn->imm == 1)
		ret->kind = BPF_CALL_SESSION_IS_RETURN;
	else if (insn_is_kfunc_call(insn) && insn->imm == 2)
		ret->kind = BPF_CALL_SESSION_COOKIE;
	else if (insn_is_helper_call(insn) && insn->imm >= 1 && insn->imm <= 4)
		ret->addr = (u64)helpers[insn->imm];
	else
		return -ENOENT;
	return 0;
}

/* -- Programs --- */

static void must(int err, const char *what)
{
	if (!err)
		return;
	tap_fail(__FILE__, __LINE__, "%s: %d", what, err);
	fflush(stdout);
	_Exit(1);
}

struct tramp_prog *hn_prog(u32 flags, const char *fmt, ...)
{
	static struct asm_prog prog;
	struct tramp_prog_opts opts = { .name = "prog", .flags = flags };
	struct tramp_space *space;
	struct tramp_prog *p;
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memset(&prog, 0, sizeof(prog));
	must(asm_text(&prog, text), "assembly");
	must(self_space(&space), "space");
	opts.insns = prog.insns;
	opts.cnt = prog.cnt;
	opts.jit.resolve = resolve;
	if (flags & TRAMP_PROG_RUN) {
		opts.enter = (u64)(hn_enter ?: enter);
		opts.exit = (u64)(hn_exit ?: leave);
	}
	must(tramp_prog_new(space, &opts, &p), "program");
	return p;
}

struct tramp_prog *hn_session(u64 id)
{
	return hn_prog(0, "r6 = r1\ncall kfunc#1\nr7 = r0\nr1 = r6\ncall kfunc#2\nr8 = r0\n"
			  "if r7 != 0 goto out\nr1 = *(u64 *)(r6 + 0)\nr1 += %llu\n*(u64 *)(r8 + 0) = r1\n"
			  "out:\nr1 = r6\nr2 = %llu\nr3 = r7\nr4 = *(u64 *)(r8 + 0)\ncall 1\nr0 = 0\nexit\n",
		       1000 * id, id);
}

struct tramp_prog *hn_plain_session(u64 id)
{
	return hn_prog(0, "r6 = r1\ncall kfunc#1\nr3 = r0\nr1 = r6\nr2 = %llu\nr4 = 0\ncall 1\nr0 = 0\nexit\n",
		       id);
}

struct tramp_prog *hn_probe(u64 id)
{
	return hn_prog(0, "r2 = %llu\nr3 = 2\nr4 = 0\ncall 1\nr0 = 0\nexit\n", id);
}

struct tramp_prog *hn_modify(u64 id, u64 ret)
{
	return hn_prog(0, "r2 = %llu\nr3 = 3\nr4 = 0\ncall 1\nr0 = %llu\nexit\n", id, ret);
}

/* -- Functions --- */

/* By the symbol table of the test program, which dladdr() does not read. */
static u32 size_in(Elf *elf, u64 vaddr)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	GElf_Sym sym;

	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB)
			continue;
		for (u32 i = 0; i < sh.sh_size / sh.sh_entsize; i++)
			if (gelf_getsym(elf_getdata(scn, NULL), i, &sym) && sym.st_value == vaddr &&
			    GELF_ST_TYPE(sym.st_info) == STT_FUNC)
				return sym.st_size;
	}
	return 0;
}

u32 hn_size(const void *func)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	u32 size = 0;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf)
		size = size_in(elf, (u64)func - _r_debug.r_map->l_addr);
	elf_end(elf);
	close(fd);
	return size;
}

static const char *name_of(const void *func)
{
	Dl_info info;

	return dladdr(func, &info) && info.dli_sname ? info.dli_sname : "test";
}

struct tramp *hn_tramp(const void *func, u32 nr_args)
{
	struct tramp_proto proto = { .nr_args = nr_args };
	struct tramp *t;

	memset(proto.arg_words, 1, sizeof(proto.arg_words));
	must(self_get(func, hn_size(func), &proto, name_of(func), &t), "self_get");
	return t;
}

struct tramp *hn_tramp_untyped(const void *func)
{
	struct tramp_proto proto = { .untyped = true };
	struct tramp *t;

	must(self_get(func, hn_size(func), &proto, name_of(func), &t), "self_get");
	return t;
}

struct tramp_link *hn_attach(struct tramp *t, struct tramp_prog *p, enum tramp_kind kind, u64 cookie)
{
	struct tramp_link *link;

	must(tramp_attach(t, p, kind, cookie, &link), "attach");
	return link;
}

const char *hn_order(void)
{
	static char text[HN_EVENTS_MAX * 8];
	u32 len = 0;

	text[0] = 0;
	for (u32 i = 0; i < hn_nr && i < HN_EVENTS_MAX; i++)
		len += snprintf(text + len, sizeof(text) - len, "%s%c%llu", len ? " " : "",
				"expm"[hn_log[i].phase & 3], hn_log[i].id);
	return text;
}

void hn_clear(void)
{
	memset(hn_log, 0, sizeof(hn_log));
	hn_nr = 0;
}
