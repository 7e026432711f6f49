/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libfsession: SEC("fsession/...") for libbpf programs, on every kernel since 5.10.
 *
 * One call, fsession_register(), before bpf_object__open*(), makes libbpf know the
 * sections
 *
 *	fsession/FUNC          fsession/MODULE:FUNC          fsession
 *	fsession.s/FUNC        (sleepable)                   fsession.s
 *	fsession.multi/GLOB    fsession.multi/MODULE:GLOB    fsession.multi[.s]
 *
 * and after it open, load, attach (skeletons included), pin and destroy are libbpf's
 * own. Each program runs on the best engine the kernel has:
 *
 *	kernel	native BPF_TRACE_FSESSION (Linux >= 7.0 with a JIT that supports it)
 *	split	the program is loaded twice, as fentry and as fexit, over a session
 *		record that both find (Linux >= 5.10)
 *
 * A third engine needs no kernel and no privilege, and is used if it is asked for:
 *
 *	user	bpf(2) is answered in the process, programs are attached to its own functions: the
 *		executable's are named as vmlinux's, "libfoo.so.1:func" is one of a shared object.
 *		The program is linked with libfsession-user (`pkg-config --libs fsession-user`).
 *
 * Errors: every function returns 0 (or what it says) or a negative errno, and reports
 * the reason once, in one line and perhaps a "hint:" line, through the print function
 * given to fsession_set_print(), by default to stderr; fsession_last_error() returns it too.
 *
 * Threads: like libbpf's own registration calls, fsession_register() and
 * fsession_unregister() need one thread. Everything else may be called from any
 * thread; one bpf_object and its links belong to one thread at a time.
 */
#ifndef FSESSION_H
#define FSESSION_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef FSESSION_API
#define FSESSION_API __attribute__((visibility("default")))
#endif

#define FSESSION_VERSION_MAJOR 0
#define FSESSION_VERSION_MINOR 1

/** enum fsession_engine - what runs a program */
enum fsession_engine {
	FSESSION_ENGINE_AUTO = 0,	/* the best one that works, by trying */
	FSESSION_ENGINE_KERNEL = 1,	/* native BPF_TRACE_FSESSION */
	FSESSION_ENGINE_SPLIT = 2,	/* fentry + fexit */
	FSESSION_ENGINE_USER = 3,	/* no kernel: functions of this process, see below */
};

/**
 * FSESSION_MODIFIABLE() - engine user: fmod_ret programs may replace @func's result
 * @func: a function with external linkage of the same file
 */
#define FSESSION_MODIFIABLE(func) \
	extern __typeof__(func) __fsession_modify_##func __attribute__((alias(#func)))

/** enum fsession_log_level - severity of a message */
enum fsession_log_level {
	FSESSION_LOG_ERROR = 0,		/* why something failed; a "hint:" line may follow */
	FSESSION_LOG_WARN = 1,		/* it works, but you want to know */
	FSESSION_LOG_INFO = 2,		/* which engine runs what, and why */
	FSESSION_LOG_DEBUG = 3,		/* verifier logs and probe results */
};

/** fsession_print_fn - receives one message, without a newline at its end */
typedef void (*fsession_print_fn)(enum fsession_log_level level, const char *line, void *arg);

/**
 * fsession_set_print() - send messages to @fn instead of stderr
 * @fn:  called with each line, by the thread that called the library or by a thread of the library's,
 *       perhaps by several at once; NULL silences; must not call libfsession
 * @arg: handed to @fn
 *
 * Context: any thread, but not while another one is inside libfsession.
 */
FSESSION_API void fsession_set_print(fsession_print_fn fn, void *arg);

/**
 * fsession_last_error() - the reason of this thread's last error, as it was printed
 *
 * For who shows errors elsewhere than where messages go. What the kernel's verifier says to a program
 * of engine KERNEL when its object is loaded is for libbpf to report, and is not here.
 *
 * Context: any thread.
 * Return: the line, and after a newline the "hint:" line if there was one; at most 1,023 bytes. Never
 * NULL; "" if this thread had no error yet. Calls that succeed leave it alone; valid until this
 * thread's next error.
 */
FSESSION_API const char *fsession_last_error(void);

/**
 * struct fsession_register_opts - settings of the process
 * @sz:            sizeof(struct fsession_register_opts)
 * @engine:        AUTO, or the one engine to use
 * @store_slots:   split: calls that can be inside traced functions at one time, of all
 *                 sessions of this process; rounded up to a power of two, 64 to 65,536;
 *                 0 = 65,536 (32 bytes each)
 * @max_sessions:  split: programs loaded at one time, 0 = 512 (128 bytes per CPU each, 4 MiB in
 *                 all: fewer on a machine of more than 60 CPUs)
 * @log_level:     lowest severity printed is ERROR, this is the highest;
 *                 default (0) is WARN. -1 prints errors only.
 */
struct fsession_register_opts {
	size_t sz;
	enum fsession_engine engine;
	uint32_t store_slots;
	uint32_t max_sessions;
	int log_level;
	size_t :0;
};

/**
 * fsession_register() - teach libbpf the fsession sections
 * @opts: NULL for the defaults; copied
 *
 * Call it before opening objects. Calling it again changes the settings for programs
 * loaded from then on, but for @store_slots and @max_sessions: the store is made when the first
 * program needs it and stays until fsession_unregister(). Loads nothing and needs no privilege.
 *
 * Return: 0, or
 *   -EINVAL  @opts is larger than this library knows and has non-zero bytes there, or a
 *            value is out of range
 *   -EOPNOTSUPP  engine USER, and the program has no libfsession-user
 *   -ENOMEM
 *   what libbpf_register_prog_handler() returned
 */
FSESSION_API int fsession_register(const struct fsession_register_opts *opts);

/**
 * fsession_unregister() - undo fsession_register() and free what the library keeps
 *
 * Objects must be closed and links destroyed before. libbpf tells nobody when an object is closed:
 * what the library keeps of it (its BTF, and the BPF program that was its target) goes when another one
 * is opened, or here.
 */
FSESSION_API void fsession_unregister(void);

/**
 * fsession_open_file() - bpf_object__open_file() for objects that others compiled
 * @path: a BPF ELF object, little-endian
 * @opts: as for bpf_object__open_file(); may be NULL
 * @ret:  out: the object; close it with bpf_object__close()
 *
 * Objects built without <fsession/bpf_fsession.h> declare bpf_session_is_return() and
 * bpf_session_cookie() as kfuncs, strong or weak, with whatever prototype their vmlinux.h
 * had; kernels before 7.0 contradict it. This opens a copy in which those calls are the
 * ones the library resolves. Objects that need no patching are opened as they are.
 *
 * Return: 0, or
 *   -ENOENT, -EACCES, ...  @path cannot be read
 *   -EINVAL  not a BPF object, or damaged: the message says where
 *   -EFBIG   larger than 64 MiB
 *   what libbpf returned for the patched copy
 */
FSESSION_API int fsession_open_file(const char *path, const struct bpf_object_open_opts *opts,
				    struct bpf_object **ret);

/**
 * fsession_open_mem() - the same for an object in memory
 * @data: the ELF file; borrowed for the duration of the call
 * @size: in bytes
 */
FSESSION_API int fsession_open_mem(const void *data, size_t size,
				   const struct bpf_object_open_opts *opts,
				   struct bpf_object **ret);

/**
 * fsession_open_skeleton() - bpf_object__open_skeleton() for objects that others compiled
 * @s:    a skeleton as `bpftool gen skeleton` creates it
 * @opts: may be NULL
 *
 * To have NAME__open() use it, put this before the skeleton's include:
 *	#define bpf_object__open_skeleton fsession_open_skeleton
 *
 * Return: as fsession_open_mem().
 */
FSESSION_API int fsession_open_skeleton(struct bpf_object_skeleton *s,
					const struct bpf_object_open_opts *opts);

/**
 * fsession_set_target() - choose the target of a program before its object is loaded
 * @prog:   opened, not loaded; SEC("fsession[.s]") or SEC("fsession[.s]/...")
 * @target: "FUNC", "MODULE:FUNC", or a pattern ("GLOB", "MODULE:GLOB": then attach it with
 *          fsession_attach_multi()); copied; overrides the section's
 *
 * For a BPF program as target use bpf_program__set_attach_target(prog, fd, "func").
 * Return: 0, or -EINVAL (not an fsession program, or loaded), -ENOMEM.
 */
FSESSION_API int fsession_set_target(struct bpf_program *prog, const char *target);

/**
 * struct fsession_attach_opts - for fsession_attach()
 * @sz:     sizeof(struct fsession_attach_opts)
 * @cookie: what bpf_get_attach_cookie() returns in both phases
 */
struct fsession_attach_opts {
	size_t sz;
	uint64_t cookie;
	size_t :0;
};

/**
 * fsession_attach() - attach a loaded fsession program to the target it was loaded for
 * @prog: a program with SEC("fsession[.s]...")
 * @opts: NULL for no cookie
 * @ret:  out: one link, whatever the engine; bpf_link__destroy() detaches,
 *        bpf_link__fd() polls as any link. See fsession_link_pin().
 *
 * bpf_program__attach() and skeletons do the same without a cookie. (libbpf's own
 * bpf_program__attach_trace_opts() works for the kernel engine only.)
 *
 * Return: 0, or
 *   -EINVAL  not an fsession program, or not loaded
 *   -EBUSY   already attached, or the function has a freplace program
 *   -E2BIG   the function's trampoline is full
 *   -ENOENT  the function is gone, or not traceable
 *   -EPERM   needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN)
 * On error nothing stays attached.
 */
FSESSION_API int fsession_attach(const struct bpf_program *prog,
				 const struct fsession_attach_opts *opts, struct bpf_link **ret);

/**
 * struct fsession_multi_opts - for fsession_attach_multi()
 * @sz:       sizeof(struct fsession_multi_opts)
 * @ids:      BTF ids instead of a glob: all or nothing
 * @cookies:  one attach cookie per id, or NULL; only with @ids
 * @cnt:      number of ids, at most 2^20
 * @progress: called from the calling thread with what is done so far, at most some 20
 *            times a second; non-zero cancels with -ECANCELED; may be NULL
 * @arg:      handed to @progress
 * @skipped:  called for each function a glob matched which could not be attached, with the
 *            reason in words; may be NULL
 */
struct fsession_multi_opts {
	size_t sz;
	const uint32_t *ids;
	const uint64_t *cookies;
	size_t cnt;
	int (*progress)(size_t done, size_t total, void *arg);
	void (*skipped)(const char *func, int err, const char *reason, void *arg);
	void *arg;
	size_t :0;
};

/**
 * fsession_attach_multi() - attach a program to many kernel functions with one link
 * @prog:    loaded, with SEC("fsession.multi[.s]...") or a bare SEC("fsession[.s]")
 * @glob:    "GLOB" or "MODULE:GLOB" ('*', '?', and ',' between alternatives), or NULL
 *           with opts->ids
 * @opts:    may be NULL with @glob
 * @ret:     out: one link for all of them
 *
 * With the kernel's tracing_multi (Linux 7.2, x86_64) that is one link of the kernel, if all
 * functions are of the object (vmlinux, or one module) that the program was loaded for; else one
 * copy of the program per function, attached in parallel. The functions of a glob
 * are filtered beforehand by what the kernel can trace, and those that fail all the same
 * are left out and told to opts->skipped; ids are all or nothing.
 *
 * Return: number of functions attached (> 0), or
 *   -EINVAL   glob together with ids, or neither; duplicate ids; not loaded for a pattern
 *             (a program with loads from ctx in a .multi section fails when its object is
 *             loaded, with -EACCES: use bpf_get_func_arg())
 *   -E2BIG    more than 2^20 ids, or a trampoline is full
 *   -ENOENT   no function matches that can be attached
 *   -ECANCELED, and as fsession_attach()
 */
FSESSION_API int fsession_attach_multi(const struct bpf_program *prog, const char *glob,
				       const struct fsession_multi_opts *opts,
				       struct bpf_link **ret);

/**
 * fsession_link_pin() - pin a link, all halves of it
 * @link: from any attach call
 * @path: on a bpffs; the split engine also makes @path with "_exit" appended;
 *        neither name may have a dot in it (a rule of bpffs)
 *
 * bpf_link__pin() does the same for the kernel engine; for split it pins the entry half
 * and bpf_link__destroy() then pins the other beside it, while this pins both or none.
 *
 * Return: 0, or -EEXIST, -EBUSY (is pinned already), -EPERM, -EINVAL (not a bpffs, or a link of
 * many functions without tracing_multi), ...
 */
FSESSION_API int fsession_link_pin(struct bpf_link *link, const char *path);

/**
 * fsession_link_open() - open what fsession_link_pin() pinned
 * @path: as given there
 * @ret:  out: a link; destroying it leaves the pins in place, bpf_link__unpin() first
 *        detaches as well
 *
 * Return: 0, or -ENOENT, -EPERM, -EINVAL (not an fsession link).
 */
FSESSION_API int fsession_link_open(const char *path, struct bpf_link **ret);

/**
 * struct fsession_prog_info - what a loaded program became
 * @sz:     sizeof(struct fsession_prog_info), set by the caller
 * @engine: KERNEL, SPLIT or USER
 * @reason: why this engine, one line; owned by the library, valid until the object is closed
 * @target: the function, "module:function", or "prog ID:function"; owned as @reason
 * @entry_id, @exit_id: kernel ids of the programs; exit_id is 0 for KERNEL, and for SPLIT
 *          while it is not attached
 */
struct fsession_prog_info {
	size_t sz;
	enum fsession_engine engine;
	const char *reason;
	const char *target;
	uint32_t entry_id;
	uint32_t exit_id;
	size_t :0;
};

/**
 * fsession_prog_info() - which engine runs @prog, and why
 * Return: 0, or -EINVAL (not an fsession program, or not loaded).
 */
FSESSION_API int fsession_prog_info(const struct bpf_program *prog,
				    struct fsession_prog_info *info);

/**
 * struct fsession_stats - counters of one program since it was loaded
 * @sz:        sizeof(struct fsession_stats), set by the caller
 * @entries:   entry runs (kernel engine: run_cnt counts both phases; needs BPF stats, see
 *             BPF_ENABLE_STATS; 0 here)
 * @exits:     exit runs
 * @unmatched: exits dropped because their entry did not run
 * @missed:    runs suppressed by recursion, both phases (kernel: recursion_misses)
 * @full:      entries dropped because the session store was full
 * @swept:     records removed or taken over because their call can no longer end here;
 *             entries = exits + open + swept
 * @open:      records in the store now: calls inside the function
 * @unwound:   user engine: calls that left the function without a return, by an exception, thread exit or,
 *             where BPF stats were enabled before @prog was loaded, longjmp(); their exit never runs
 */
struct fsession_stats {
	size_t sz;
	uint64_t entries;
	uint64_t exits;
	uint64_t unmatched;
	uint64_t missed;
	uint64_t full;
	uint64_t swept;
	uint64_t open;
	uint64_t unwound;
	size_t :0;
};

/**
 * fsession_prog_stats() - read the counters of @prog
 * Return: 0, or -EINVAL (not an fsession program, or not loaded).
 */
FSESSION_API int fsession_prog_stats(const struct bpf_program *prog, struct fsession_stats *stats);

/**
 * fsession_sweep() - split: remove records of calls that will not return
 *
 * A record leaks when the exit half is kept from running (recursion on another CPU, an image
 * replaced before Linux 7.2.10, a task that died inside). They do no harm but fill the store;
 * programs that trace for long call this now and then (the fsession command: once a
 * second). A record goes when two calls of this have found its task gone, or asleep with no traced
 * function on its stack (which takes CAP_SYS_ADMIN to see); one of the idle task after ten.
 *
 * Return: number of records removed, or a negative errno.
 */
FSESSION_API int fsession_sweep(void);

/**
 * struct fsession_rung - one way of running sessions, as this kernel has it
 * @name:    "kernel multi", "kernel", "split", ...
 * @works:   loaded, attached and fired
 * @how:     what was tried and what happened, one line
 * @remedy:  what would make it work; "" when it works or nothing would
 */
struct fsession_rung {
	const char *name;
	bool works;
	const char *how;
	const char *remedy;
};

/**
 * fsession_probe() - try every rung of the ladder
 * @cb:  called for each rung, best first; strings are valid during the call
 * @arg: handed to @cb
 *
 * Takes some 100 ms the first time; the results are kept for the process.
 * Return: number of rungs that work, or -EINVAL (@cb is NULL), -ENOMEM.
 */
FSESSION_API int fsession_probe(void (*cb)(const struct fsession_rung *rung, void *arg), void *arg);

#ifdef __cplusplus
}
#endif
#endif
