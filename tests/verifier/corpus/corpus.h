/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the programs of the corpus share: the kernel's types as far as they look at them, small things. */
#ifndef FS_TESTS_VERIFIER_CORPUS_H
#define FS_TESTS_VERIFIER_CORPUS_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#define FSESSION_BPF_KFUNC
#include <fsession/bpf_fsession.h>

#define NO_UNROLL _Pragma("clang loop unroll(disable)")
/* What the compiler knows of it is forgotten, so that a mask stays. */
#define OPAQUE(v) asm volatile("" : "+r"(v))
#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define OFF(type, member) __builtin_offsetof(type, member)

#define MAP_OF(name_, type_, key_, value_, max_)                                                   \
	struct {                                                                                   \
		__uint(type, type_);                                                               \
		__uint(max_entries, max_);                                                         \
		__type(key, key_);                                                                 \
		__type(value, value_);                                                             \
	} name_ SEC(".maps")

#define RING_OF(name_, bytes_)                                                                     \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                \
		__uint(max_entries, bytes_);                                                       \
	} name_ SEC(".maps")

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#include "types.h"
#pragma clang attribute pop

char LICENSE[] SEC("license") = "GPL";

#endif
