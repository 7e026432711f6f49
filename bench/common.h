/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel benches share. Results are lines "bench NAME VALUE UNIT". */
#ifndef FS_BENCH_COMMON_H
#define FS_BENCH_COMMON_H

struct bpf_object;

/* --engine=, limits, registration; finds overhead.bpf.o beside the program. Exits on bad usage. */
void bench_init(int argc, char **argv);
/* The handler of getpgid(2), which bench_call() calls. */
const char *bench_target(void);
void bench_call(void);
double bench_now_ns(void);
/* Loads the programs named (NULL-terminated) for @target and nothing else; NULL on failure. */
struct bpf_object *bench_load(const char *const names[], const char *target);

#endif
