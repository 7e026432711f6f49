/* SPDX-License-Identifier: BSD-2-Clause */
/* Lanes and run records of programs that call helpers, and what becomes of them when a run is left. */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "asm.h"
#include "harness.h"
#include "jit/jit.h"
#include "rt/helper.h"
#include "tap.h"
#include "trampoline/run.h"

static void set_up(void)
{
	void *lanes = mmap(NULL, sizeof(struct rt_lanes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	void *threads = mmap(NULL, sizeof(struct rt_threads), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	rt_env_init(lanes, threads, 8);
	hn_enter = tramp_run_enter;
	hn_exit = tramp_run_exit;
}

__attribute__((constructor)) static void init(void)
{
	tap_set_up(set_up);
}

HN_NOINLINE u64 plain(u64 a);
HN_NOINLINE u64 plain(u64 a)
{
	__asm__ volatile("" ::: "memory");
	return a + 1;
}

static u64 depth(void)
{
	return rt_depth(rt_thread_self());
}

static u64 seen_depth, seen_cookie, seen_ip;

static void look(u64 a, u64 b)
{
	struct rt_run *run = rt_run(rt_thread_self());

	(void)a;
	(void)b;
	seen_depth = depth();
	seen_cookie = run->attach_cookie;
	seen_ip = run->func_ip;
}

static struct tramp_prog *caller(void)
{
	return hn_prog(TRAMP_PROG_RUN | TRAMP_PROG_VECTORS, "r1 = 0\nr2 = 0\ncall 2\nr0 = 0\nexit\n");
}

TEST(lane_and_record_inside)
{
	hn_callback = look;
	hn_attach(hn_tramp(plain, 1), caller(), TRAMP_FSESSION, 77);
	CHECK_EQ(plain(1), 2);
	CHECK_EQ(seen_depth, 1);
	CHECK_EQ(seen_cookie, 77);
	CHECK_EQ(seen_ip, (u64)plain);
	CHECK_EQ(depth(), 0);
	CHECK(!rt_run(rt_thread_self()));
}

/* -- Left --- */

static sigjmp_buf env;

static void jump_out(int sig)
{
	(void)sig;
	siglongjmp(env, 1);
}

static void raise_once(u64 a, u64 b)
{
	hn_callback = look;
	look(a, b);
	raise(SIGUSR1);
	look(a, b);
}

TEST(left_run_gives_its_lane_back_at_the_next)
{
	signal(SIGUSR1, jump_out);
	hn_callback = raise_once;
	hn_attach(hn_tramp(plain, 1), caller(), TRAMP_FENTRY, 5);
	if (!sigsetjmp(env, 1))
		plain(1);
	CHECK_EQ(depth(), 1);
	plain(1);
	CHECK_EQ(seen_depth, 1);
	CHECK_EQ(depth(), 0);
	CHECK(!rt_run(rt_thread_self()));
}

/* -- Nested: another program in a handler --- */

HN_NOINLINE u64 second(u64 a);
HN_NOINLINE u64 second(u64 a)
{
	__asm__ volatile("" ::: "memory");
	return a + 2;
}

static u64 inner_depth, inner_cookie;

static void call_second(int sig)
{
	(void)sig;
	second(1);
	inner_depth = seen_depth;
	inner_cookie = seen_cookie;
}

TEST(nested_runs_have_their_own_records)
{
	signal(SIGUSR1, call_second);
	hn_callback = raise_once;
	hn_attach(hn_tramp(plain, 1), caller(), TRAMP_FENTRY, 1);
	hn_attach(hn_tramp(second, 1), caller(), TRAMP_FENTRY, 2);
	plain(1);
	CHECK_EQ(inner_depth, 2);
	CHECK_EQ(inner_cookie, 2);
	CHECK_EQ(seen_depth, 1);
	CHECK_EQ(seen_cookie, 1);
	CHECK_EQ(depth(), 0);
}

/* The inner run is left for a place inside the handler, which returns to the outer one. */
static void raise_other(u64 a, u64 b)
{
	(void)a;
	(void)b;
	raise(SIGUSR2);
}

static void raise_and_look(u64 a, u64 b)
{
	hn_callback = raise_other;
	raise(SIGUSR1);
	look(a, b);
}

static void leave_inner(int sig)
{
	(void)sig;
	if (!sigsetjmp(env, 1))
		second(1);
}

TEST(inner_run_left_outer_goes_on)
{
	signal(SIGUSR1, leave_inner);
	signal(SIGUSR2, jump_out);
	hn_callback = raise_and_look;
	hn_attach(hn_tramp(plain, 1), caller(), TRAMP_FENTRY, 1);
	hn_attach(hn_tramp(second, 1), caller(), TRAMP_FENTRY, 2);
	plain(1);
	CHECK_EQ(depth(), 0);
	CHECK(!rt_run(rt_thread_self()));
}

/* -- Callers, by frame pointers --- */

static u64 stack[8];
static s64 stack_bytes, skipped_bytes, bad_size, ids[3];
static struct rt_map *stacks;

static void *make_stacks(void)
{
	struct rt_map *m = calloc(1, sizeof(*m));
	void *mem;

	*m = (struct rt_map){ .type = BPF_MAP_TYPE_STACK_TRACE, .key_size = 4, .value_size = 64,
			      .max_entries = 1 };
	CHECK(!rt_map_layout(m));
	mem = mmap(NULL, m->total_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	rt_map_init(m, mem, 1);
	return m;
}

static void look_at_stack(u64 a, u64 b)
{
	u64 few[2];

	(void)a;
	(void)b;
	stack_bytes = rt_help_get_stack(0, (u64)stack, sizeof(stack), BPF_F_USER_STACK, 0);
	skipped_bytes = rt_help_get_stack(0, (u64)few, sizeof(few), BPF_F_USER_STACK | 1, 0);
	CHECK_EQ(few[0], stack[1]);
	CHECK_EQ(few[1], stack[2]);
	bad_size = rt_help_get_stack(0, (u64)few, 9, 0, 0);
	ids[0] = rt_help_get_stackid(0, (u64)stacks, BPF_F_USER_STACK, 0, 0);
	ids[1] = rt_help_get_stackid(0, (u64)stacks, BPF_F_USER_STACK, 0, 0);
	ids[2] = rt_help_get_stackid(0, (u64)stacks, BPF_F_USER_STACK | 1, 0, 0);
}

HN_NOINLINE u64 inner_caller(u64 a);
HN_NOINLINE u64 inner_caller(u64 a)
{
	u64 r = plain(a);

	__asm__ volatile("" : "+r"(r));
	return r + 1;
}

HN_NOINLINE u64 outer_caller(u64 a);
HN_NOINLINE u64 outer_caller(u64 a)
{
	u64 r = inner_caller(a);

	__asm__ volatile("" : "+r"(r));
	return r + 1;
}

TEST(callers)
{
	u64 copy[8];
	u32 key = 0;

	stacks = make_stacks();
	hn_callback = look_at_stack;
	hn_attach(hn_tramp(plain, 1), caller(), TRAMP_FSESSION, 0);
	CHECK_EQ(outer_caller(1), 4);
	CHECK(stack_bytes >= 4 * 8);
	CHECK_EQ(stack[0], (u64)plain);
	CHECK(stack[1] - (u64)inner_caller < 512);
	CHECK(stack[2] - (u64)outer_caller < 512);
	CHECK_EQ(skipped_bytes, 16);
	CHECK_EQ(bad_size, -EINVAL);
	CHECK_EQ(ids[0], 0);
	CHECK_EQ(ids[1], 0);
	CHECK_EQ(ids[2], -EEXIST);
	CHECK(!stacks->ops->copy(stacks, &key, copy));
	CHECK(!memcmp(copy, stack, sizeof(copy)));
	CHECK(!stacks->ops->del(stacks, &key));
	CHECK_EQ(stacks->ops->copy(stacks, &key, copy), -ENOENT);
}

/* -- Loads that may fault --- */

/* r0 = what the load gives, plus the sum of what other registers were and should still be */
static u64 load_at(const char *load, u64 addr)
{
	static struct asm_prog p;
	static u8 flags[ASM_INSNS_MAX];
	struct jit_opts opts = { .features = arch_host_features(), .insn_flags = flags,
				 .probe_fn = (u64)rt_help_probe_load };
	struct jit_code *code;
	char text[512];
	u64 ret;

	memset(&p, 0, sizeof(p));
	memset(flags, 0, sizeof(flags));
	snprintf(text, sizeof(text), "r6 = r1\nr0 = 1\nr1 = 2\nr2 = 3\nr3 = 4\nr4 = 5\nr5 = 6\nr8 = 7\n"
		 "*(u64 *)(r10 - 8) = r8\n%s\nr0 += r1\nr0 += r2\nr0 += r3\nr0 += r4\nr0 += r5\n"
		 "r0 += r8\nr8 = *(u64 *)(r10 - 8)\nr0 += r8\nr0 += r7\nexit\n", load);
	CHECK(!asm_text(&p, text));
	flags[9] = JIT_INSN_PROBE;
	CHECK(!jit_load(p.insns, p.cnt, &opts, &code));
	ret = code->entry((void *)addr);
	jit_code_free(code);
	return ret - (1 + 2 + 3 + 4 + 5 + 6 + 7 + 7);
}

TEST(marked_loads)
{
	u64 there = 0x8182838485868788, at = (u64)&there;
	sigset_t all;

	CHECK_EQ(load_at("r7 = *(u64 *)(r6 + 0)", at), there);
	CHECK_EQ(load_at("r7 = *(u32 *)(r6 + 4)", at), 0x81828384);
	CHECK_EQ(load_at("r7 = *(u16 *)(r6 + 2)", at), 0x8586);
	CHECK_EQ(load_at("r7 = *(u8 *)(r6 - 1)", at + 1), 0x88);
	CHECK_EQ(load_at("r7 = *(s32 *)(r6 + 0)", at), 0xffffffff85868788);
	CHECK_EQ(load_at("r7 = *(s16 *)(r6 + 0)", at), 0xffffffffffff8788);
	CHECK_EQ(load_at("r7 = *(s8 *)(r6 + 0)", at), 0xffffffffffffff88);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	CHECK_EQ(load_at("r7 = *(u64 *)(r6 + 0)", 0), 0);
	CHECK_EQ(load_at("r7 = *(u64 *)(r6 + 0x7000)", 1ULL << 63), 0);
	CHECK_EQ(load_at("r7 = *(u8 *)(r6 - 8)", 0), 0);
	CHECK_EQ(load_at("r7 = *(s32 *)(r6 + 0)", 8), 0);
	CHECK_EQ(load_at("r7 = *(u64 *)(r6 + 0)\nr0 += r7", at), 2 * there);
	CHECK_EQ(load_at("r0 = *(u64 *)(r6 + 0)\nr7 = 1", at), there);
	CHECK_EQ(load_at("r6 = *(u64 *)(r6 + 0)\nr7 = r6", at), there);
}
