/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests that use the library as an application does, by its public header alone:
 *
 *	API_TEST(name) { ... }
 *
 * is a TEST() between fsession_register() with the engine of --engine=..., and a check that
 * nothing of it remains: no link, program, map or BTF in the kernel, no file descriptor.
 * What the library says is kept, to be asked for.
 */
#ifndef FS_TESTS_API_H
#define FS_TESTS_API_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "../unit/tap.h"

#define API_TEST(id)                                                                               \
	static void api_fn_##id(void);                                                             \
	TEST(id)                                                                                   \
	{                                                                                          \
		api_run(api_fn_##id);                                                              \
	}                                                                                          \
	static void api_fn_##id(void)

/* Ends the test with a failure where @cond is not so; then nothing is asked of what remains. */
#define NEED(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			api_give_up(__FILE__, __LINE__, #cond);                                    \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* A program that defines it as true starts each test knowing nothing of the kernel. */
extern bool api_cold;

void api_run(void (*fn)(void));
void api_give_up(const char *file, int line, const char *what);

/* --engine */
enum fsession_engine api_engine(void);
bool api_is_split(void);
/* Registers anew, with what @o says besides the engine; AUTO stands for --engine. */
int api_register(struct fsession_register_opts o);

/* -- What was said ---------------------------------------------------------------------------- */

bool api_said(const char *part);		/* by the library */
bool api_libbpf_said(const char *part);
bool api_said_nothing(void);
const char *api_said_all(void);
void api_forget(void);				/* what was said so far */

/*
 * That the library reported one error since api_forget(), in one line which names @object and
 * @reason, and if @hint is not NULL a hint that contains it. Forgets.
 */
#define ERROR_IS(object, reason, hint) api_error_is(__FILE__, __LINE__, object, reason, hint)
void api_error_is(const char *file, int line, const char *object, const char *reason,
		  const char *hint);

/* -- What is in the kernel ---------------------------------------------------------------------- */

enum api_kind { API_LINKS, API_PROGS, API_MAPS, API_BTFS, API_KINDS };

struct api_census {
	unsigned int nr[API_KINDS];
	int fds;			/* of this process */
};

void api_count(struct api_census *ret);
/* Waits a moment for @kind to be down to @nr: the kernel frees in the background. */
bool api_settles(enum api_kind kind, unsigned int nr);
int api_fds(void);

/* -- Making things happen ------------------------------------------------------------------------- */

/* The kernel calls bpf_fentry_test1(1) to 10, once each. */
void api_fire(void);
/* Opens and closes /dev/net/tun: tun_chr_open(). */
void api_fire_tun(void);

/* Lines of the kernel's release: 5.10 is 510. */
int api_kernel(void);
bool api_is_arm64(void);
bool api_has_module_btf(void);
const char *api_machinery(void);	/* a function that is part of what runs BPF programs */
uint32_t api_btf_id(const char *func);		/* in vmlinux; 0 = none */
const struct btf *api_vmlinux(void);
/* A few functions that api_fire() calls, and how many they are here: each copy of a program takes its time. */
#define API_SMALL_GLOB "bpf_fentry_test1*"
unsigned int api_nr_small(void);

/* Only that program of @obj is loaded. */
void api_only(struct bpf_object *obj, const char *prog);

/* open(), only(), load() of a BPF object beside the test; NULL after a failure, which may be meant. */
struct bpf_object *api_load(const char *file, const char *prog, struct bpf_program **ret);

/* Whole file, malloc()ed. */
void *api_slurp(const char *path, size_t *size);

#endif
