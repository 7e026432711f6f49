// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Maps that Linux does not even make, so that no program that names them can be asked of it. */
#include "rules.h"

struct two {
	struct bpf_timer a, b;
};

struct array {
	struct bpf_timer all[3];
};

struct one {
	struct bpf_timer timer;
};

#define MAP_OF(kind, value_)                                                                                           \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_##kind);                                                                     \
		__uint(max_entries, 4);                                                                                \
		__type(key, __u32);                                                                                    \
		__type(value, value_);                                                                                 \
	}

MAP_OF(ARRAY, struct two) two SEC(".maps");
MAP_OF(ARRAY, struct array) array_of_timers SEC(".maps");
MAP_OF(PERCPU_ARRAY, struct one) each_cpu SEC(".maps");
MAP_OF(LRU_PERCPU_HASH, struct one) each_cpu_recent SEC(".maps");

#define PROG(name, map)                                                                                                \
	int name(void *ctx)                                                                                            \
	{                                                                                                              \
		__u32 key = 1;                                                                                         \
                                                                                                                       \
		bpf_map_lookup_elem(&map, &key);                                                                       \
		return 0;                                                                                              \
	}

SEC("tc") __failure __msg("has 2 of struct bpf_timer, not one")
PROG(two_timers, two)

SEC("tc") __failure __msg("has 3 of struct bpf_timer, not one")
PROG(many_timers, array_of_timers)

SEC("tc") __failure __msg("values of maps of type 6 cannot have a struct bpf_timer")
PROG(timer_for_each_cpu, each_cpu)

SEC("tc") __failure __msg("values of maps of type 10 cannot have a struct bpf_timer")
PROG(timer_for_each_cpu_in_a_hash, each_cpu_recent)

char LICENSE[] SEC("license") = "GPL";
