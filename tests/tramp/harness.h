/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs in BPF assembly for trampolines of the test program itself, and a log of what they saw.
 * Calls: kfunc#1 bpf_session_is_return, kfunc#2 bpf_session_cookie; helper 1 record(ctx, id, phase,
 * value), helper 2 call back into the test (hn_callback), helper 3 the attach cookie, helper 4 record
 * and spoil vector state.
 */
#ifndef FS_TESTS_TRAMP_HARNESS_H
#define FS_TESTS_TRAMP_HARNESS_H

#include "inject/self.h"

struct hn_event {
	u64 id, phase, value;
	u64 meta;
	u64 args[13];		/* ctx as far as there are slots, and the return value's */
};

#define HN_EVENTS_MAX 256
extern struct hn_event hn_log[HN_EVENTS_MAX];
extern u32 hn_nr;
extern void (*hn_callback)(u64 a, u64 b);
/* Around runs of programs with TRAMP_PROG_RUN; NULL: a simple pair */
extern bool (*hn_enter)(struct arch_tramp_run *run, u64 frame);
extern void (*hn_exit)(struct arch_tramp_run *run, u64 frame);

#define HN_NOINLINE __attribute__((noinline))
#define HN_GENERAL __attribute__((target("general-regs-only")))

/* Fails the test and ends it where that cannot be. */
struct tramp_prog *hn_prog(u32 flags, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Records itself and a cookie that is its first argument + 1000 * id */
struct tramp_prog *hn_session(u64 id);
/* A session that does not use its cookie. */
struct tramp_prog *hn_plain_session(u64 id);
/* Records @id; for fentry, fexit */
struct tramp_prog *hn_probe(u64 id);
/* Records, returns @ret */
struct tramp_prog *hn_modify(u64 id, u64 ret);

/* Bytes of the function by its symbol; 0: unknown */
u32 hn_size(const void *func);
struct tramp *hn_tramp(const void *func, u32 nr_args);
struct tramp *hn_tramp_untyped(const void *func);
struct tramp_link *hn_attach(struct tramp *t, struct tramp_prog *p, enum tramp_kind kind, u64 cookie);

/* "e3 x2 ..." by phase and id */
const char *hn_order(void);
void hn_clear(void);

#endif
