/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bpf(2) passes, as of Linux 7.2 (facts of include/uapi/linux/bpf.h): Debian 12's header is older.
 * Commands, types and flags that header has are taken from it; newer ones are named UBPF_*.
 */
#ifndef FS_SYSCALL_ATTR_H
#define FS_SYSCALL_ATTR_H

#include <linux/bpf.h>

#include "util/types.h"

#define UBPF_ATTR_BYTES 168	/* of the whole union */
#define UBPF_COMMON_ATTRS (1 << 16)
#define UBPF_F_CPU 8
#define UBPF_F_ALL_CPUS 16
#define UBPF_F_TOKEN_FD (1 << 16)
#define UBPF_F_PATH_FD (1 << 14)
#define UBPF_PROG_STREAM_READ 37
#define UBPF_OBJ_NAME_LEN 16

struct map_create_attr {
	u32 map_type, key_size, value_size, max_entries;
	u32 map_flags, inner_map_fd, numa_node;
	char map_name[UBPF_OBJ_NAME_LEN];
	u32 map_ifindex, btf_fd, btf_key_type_id, btf_value_type_id, btf_vmlinux_value_type_id;
	u64 map_extra;
	s32 value_type_btf_obj_fd, map_token_fd;
	u64 excl_prog_hash;
	u32 excl_prog_hash_size;
};

struct map_elem_attr {
	u32 map_fd;
	u64 key __attribute__((aligned(8)));
	u64 value;	/* or next_key */
	u64 flags;
};

struct map_batch_attr {
	u64 in_batch, out_batch, keys, values;
	u32 count, map_fd;
	u64 elem_flags, flags;
};

struct prog_load_attr {
	u32 prog_type, insn_cnt;
	u64 insns, license;
	u32 log_level, log_size;
	u64 log_buf;
	u32 kern_version, prog_flags;
	char prog_name[UBPF_OBJ_NAME_LEN];
	u32 prog_ifindex, expected_attach_type, prog_btf_fd, func_info_rec_size;
	u64 func_info;
	u32 func_info_cnt, line_info_rec_size;
	u64 line_info;
	u32 line_info_cnt, attach_btf_id, attach_prog_fd, core_relo_cnt;
	u64 fd_array, core_relos;
	u32 core_relo_rec_size, log_true_size;
	s32 prog_token_fd;
	u32 fd_array_cnt;
	u64 signature;
	u32 signature_size;
	s32 keyring_id;
};

struct obj_attr {
	u64 pathname;
	u32 bpf_fd, file_flags;
	s32 path_fd;
};

struct test_run_attr {
	u32 prog_fd, retval, data_size_in, data_size_out;
	u64 data_in, data_out;
	u32 repeat, duration, ctx_size_in, ctx_size_out;
	u64 ctx_in, ctx_out;
	u32 flags, cpu, batch_size;
};

struct id_attr {
	u32 id;		/* to start from, or of the object */
	u32 next_id;
	u32 open_flags;
	s32 token_fd;
};

struct info_attr {
	u32 bpf_fd, info_len;
	u64 info;
};

struct btf_load_attr {
	u64 btf, log_buf;
	u32 btf_size, log_size, log_level, log_true_size, flags;
	s32 token_fd;
};

struct link_create_attr {
	u32 prog_fd, target_fd, attach_type, flags;
	union {
		struct {
			u32 target_btf_id;
			u64 cookie __attribute__((aligned(8)));
		} tracing;
		struct {
			u64 ids;	/* u32 each */
			u64 cookies;	/* u64 each; 0: none */
			u32 cnt;
		} multi;
		u64 words[6];	/* of whatever type has most */
	};
};

struct link_update_attr {
	u32 link_fd, new_prog_fd, flags, old_prog_fd;
};

struct raw_tp_open_attr {
	u64 name;
	u32 prog_fd;
	u64 cookie __attribute__((aligned(8)));
};

struct link_info {		/* struct bpf_link_info */
	u32 type, id, prog_id;
	struct {
		u32 attach_type, target_obj_id, target_btf_id;
		u64 cookie __attribute__((aligned(8)));
	} tracing __attribute__((aligned(8)));
};

struct prog_bind_map_attr {
	u32 prog_fd, map_fd, flags;
};

struct enable_stats_attr {
	u32 type;
};

struct common_attr {
	u64 log_buf;
	u32 log_size, log_level, log_true_size;
};

#define COMMON_ATTR_MEANT 20	/* bytes of it that mean something */

union sys_attr {		/* one command's, padded with zeros */
	struct map_create_attr map_create;
	struct map_elem_attr elem;
	struct map_batch_attr batch;
	struct prog_load_attr prog_load;
	struct obj_attr obj;
	struct test_run_attr test;
	struct id_attr id;
	struct info_attr info;
	struct btf_load_attr btf_load;
	struct prog_bind_map_attr bind;
	struct enable_stats_attr stats;
	struct link_create_attr link;
	struct link_update_attr link_update;
	struct raw_tp_open_attr raw_tp;
	u8 bytes[UBPF_ATTR_BYTES];
};

/* Bytes up to and with member @field of command @cmd's struct: everything behind must be zero. */
#define ATTR_END(type, field) (offsetof(struct type, field) + sizeof(((struct type *)0)->field))

#endif
