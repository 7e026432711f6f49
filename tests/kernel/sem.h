/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of session semantics (docs/semantics.md) share: opening a BPF object with some of
 * its programs, on the engine of --engine; calling traced functions; plain programs beside them.
 * What fails here fails the test.
 */
#ifndef FS_TESTS_KERNEL_SEM_H
#define FS_TESTS_KERNEL_SEM_H

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <fsession/fsession.h>

#include "../unit/tap.h"
#include "progs/sem.h"

#define SEM_LINKS 64

struct sem {
	struct bpf_object *obj;
	struct sem_data *d;			/* .bss of the object */
	struct bpf_link *links[SEM_LINKS];	/* of sem_attach(), in its order */
	int nr_links;
};

/* The engine of --engine; AUTO without. */
enum fsession_engine sem_engine(void);
/* fsession_register() with that engine and @store_slots (0: as many as the library likes). */
void sem_register(__u32 store_slots);
/* The same with an engine of the test's choice. */
void sem_register_engine(enum fsession_engine engine, __u32 store_slots);
/* The last message of the library at level ERROR, "" if there was none. */
const char *sem_message(void);

/* Opens progs/@name.bpf.o with autoload only for @programs ("one two"). */
bool sem_open(struct sem *s, const char *name, const char *programs);
/* sem_register(0), sem_open() and loading; false after a failure. */
bool sem_load(struct sem *s, const char *name, const char *programs);
/* sem_load() that is expected to fail: the negative errno, or 0. */
int sem_load_error(const char *name, const char *programs);
struct bpf_program *sem_prog(struct sem *s, const char *program);
/* Attaches the programs in the order given; false after a failure. */
bool sem_attach(struct sem *s, const char *programs);
/* Attaches a session with an attach cookie; 0 or a negative errno. */
int sem_attach_cookie(struct sem *s, const char *program, __u64 cookie, struct bpf_link **ret);
/* For objects loaded otherwise: sets s->d. */
bool sem_map_data(struct sem *s);
void sem_detach(struct sem *s);			/* what sem_attach() attached */
void sem_close(struct sem *s);
void sem_clear(struct sem *s);			/* log and counters */
struct fsession_stats sem_stats(struct sem *s, const char *program);

/* Runs bpf_fentry_test1(1), test2(2, 3), ... once, through a program of no effect. */
int sem_run_tests(void);
/* A plain program that does nothing, of kind BPF_TRACE_FENTRY, ..., on @func: a descriptor. */
int sem_plain(enum bpf_attach_type kind, const char *func, __u32 flags);
/* sem_plain() attached: a link, or a negative errno. */
int sem_plain_attach(enum bpf_attach_type kind, const char *func);
/* A plain fentry program may trace another one. */
bool sem_plain_can_nest(void);
/* Plain fentry and fexit load and attach; else skips the test with the reason. */
void sem_need_target(const char *func);
/* Ends the test as skipped unless the kernel has a helper, tried with a plain fexit program. */
void sem_need_helper(enum bpf_func_id id, const char *name);
/* Address of a kernel symbol, 0 if there is none. */
__u64 sem_symbol(const char *name);
/* Number of BPF links and of programs that there are in the kernel. */
int sem_count_links(void);
int sem_count_programs(void);
/* Binds the calling thread to a CPU. */
void sem_pin(int cpu);
/* Milliseconds. */
void sem_sleep(int ms);

/* The log as "id+" for entries and "id-" for exits: "2+ 1+ 2- 1-". Valid until the next call. */
const char *sem_order(const struct sem *s);

#define CHECK_ORDER(s, expected) CHECK_STR(sem_order(s), expected)

/* A thread inside eventfd_read(), where it stays until sem_wake(). */
struct sem_sleeper {
	pthread_t thread;
	pid_t tid;
	int fd;
	volatile bool done;
};

/* Starts @nr threads in eventfd_read() and waits until they sleep. */
struct sem_sleeper *sem_sleep_many(int nr);
/* Lets them all return and waits for the threads to end. */
void sem_wake(struct sem_sleeper *sl, int nr);
/* Until @tid sleeps in the kernel. */
void sem_wait_asleep(pid_t tid);

#endif
