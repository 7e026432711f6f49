/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the library knows of each fsession program of a libbpf object, from open to the last
 * link: where it goes, which engine runs it, its original instructions and what is needed
 * to load halves and copies of it again.
 *
 * libbpf tells when a program is opened and loaded, not when its object is closed: a session lives
 * until its program's address is opened anew, until it is found closed, or until the
 * library is unregistered; links hold a reference of their own. The registry has a lock;
 * one program is used by one thread at a time, as libbpf demands.
 */
#ifndef FS_ENGINE_SESSION_H
#define FS_ENGINE_SESSION_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsession/fsession.h>

#include "bpf/fdarray.h"
#include "engine/split.h"
#include "engine/store.h"
#include "image/ktarget.h"

struct bpf_prog_load_opts;

enum session_kind {		/* the cookie of the section handlers */
	KIND_SLEEPABLE = 1 << 0,
	KIND_MULTI = 1 << 1,
};

struct session {
	struct session *next;
	int refs;
	const struct bpf_program *prog;	/* key; not followed once the object may be closed */
	int kind;
	char *want;			/* fsession_set_target() */
	char name[64];
	bool tail_calls;		/* makes some, by its own instructions */

	/* from here on: valid once loaded */
	bool loaded;
	enum fsession_engine engine;
	char reason[256];
	char target_text[256];		/* for people */
	char *glob;			/* pattern; "" = ids; NULL = one target */
	struct ktarget target;		/* or, with a glob or ids, the representative it was loaded for */
	bool kernel_multi;		/* loaded as BPF_TRACE_FSESSION_MULTI */
	struct split_uses uses;
	bool no_spill;			/* the stacks of all its functions leave no room in main's */
	struct bpf_insn *insns;		/* originals, with maps as fds */
	size_t cnt;
	struct split_info info;		/* owned copies */
	struct fdarray fds;		/* that the instructions name */
	void *entry_info[2];		/* func_info and line_info of the entry half */
	int btf_fd;			/* the object's BTF, dup */
	int libbpf_btf_fd;		/* libbpf's number for it: another BTF's once the object is closed */
	uint32_t btf_id;		/* its kernel id: one per open object */
	int target_prog_fd;		/* dup, -1 none */
	uint32_t flags;
	struct store_ref store;		/* split; id 0 = none */

	bool attached;
	int nr_attaches;
	bool pinned;			/* something of it outlives us: its store id is not reused */
	int prog_fd;			/* libbpf's, seen at the first use after load; -1 = not yet */
	uint32_t prog_id;
	uint32_t exit_id;		/* split, attached to one function: the exit half's */
	struct twin_array *twins;	/* of prog arrays, for the exit half */
};

/* One program of the engine's, loaded for one function. */
struct session_half {
	const struct ktarget *target;
	enum split_half half;		/* ignored by the kernel engine */
	uint64_t attach_cookie;
	bool gpl;
	char *log;			/* verifier log, may be NULL */
	size_t log_size;
};

/* libbpf's callbacks (see fsession_register()) */
int session_setup(struct bpf_program *prog, long kind);
int session_prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long kind);

/* The loaded session of @prog; -EINVAL (message printed) if there is none. Borrowed. */
int session_of(const struct bpf_program *prog, struct session **ret);
struct session *session_get(struct session *s);
void session_put(struct session *s);
int session_set_target(struct bpf_program *prog, const char *target);
/* The loaded session of @sibling's object whose program has this kernel id, or NULL. Borrowed. */
struct session *session_of_object(const struct session *sibling, uint32_t prog_id);
void session_drop_all(void);

/* Loads a half (split) or a copy (kernel). Return: an fd, or -errno without a message. */
int session_load(struct session *s, const struct session_half *h);
/* The same, with a message that carries the verifier's reason. */
int session_load_loudly(struct session *s, const struct session_half *h, const char *what);

/* Puts program @fd (the caller's still) in the place of libbpf's. */
int session_replace_prog(struct session *s, int fd);

/* Drops the records of a session that has no link: when one ends, and before the next, since an entry half
 * that was preempted meanwhile may have left one more. */
void session_forget_calls(struct session *s);

/* Is libbpf's program GPL-compatible? */
bool session_is_gpl(struct session *s);

/* USER is the code of KERNEL over another bpf(2). */
void session_set_engine(enum fsession_engine engine);
/* The one to be told. */
enum fsession_engine session_engine(const struct session *s);

/* The last line of a verifier log that says something, or NULL; points into @log. */
const char *session_log_reason(char *log);

#endif
