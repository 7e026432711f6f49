/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines that BPF programs print with bpf_printk().
 *
 * They are read as perf events of the kernel's bpf_trace_printk tracepoint, not from trace_pipe:
 * other readers of trace_pipe take no line from us nor we from them, no other event gets in
 * between, tracing_on does not matter, lost lines are counted, and nothing is left behind in
 * tracefs however the process ends. tracefs is needed for the tracepoint's number only. The user
 * engine's come through a socket.
 */
#ifndef FS_CLI_PRINTK_H
#define FS_CLI_PRINTK_H

#include <stddef.h>
#include <stdint.h>

#include "cli/whose.h"

struct printk;

struct printk_line {
	uint64_t time_ns;	/* CLOCK_MONOTONIC, as bpf_ktime_get_ns() */
	uint32_t cpu;
	uint32_t pid;
	uint32_t tid;
	char *text;		/* without the newline at its end */
	enum whose_is who;	/* printed it */
};

typedef void (*printk_fn)(const struct printk_line *line, void *arg);

/* Lines printed from now on are kept for printk_drain(). @fd: of the user engine (lines_open()), -1: the
 * kernel's. 0, or -errno with the message printed. */
int printk_open(int fd, struct printk **ret);
void printk_close(struct printk *p);

/* Tells whose program printed a line from now on; until then, and without, that is unknown. Borrowed. */
void printk_set_whose(struct printk *p, struct whose *w);

/* Becomes readable when there are lines. */
int printk_fd(const struct printk *p);

/* Hands out what there is, in order of time on all CPUs. What was printed while it works may stay
 * for the next call, which should be soon; PRINTK_FINAL: nothing stays. Returns how many stayed. */
enum printk_drain { PRINTK_NOW, PRINTK_FINAL };
size_t printk_drain(struct printk *p, enum printk_drain how, printk_fn fn, void *arg);

/* Lines that were lost since printk_open(), because they came faster than they were read. */
uint64_t printk_lost(const struct printk *p);

#endif
