/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs as bpf(2) has them: loaded if the verifier accepts them. */
#ifndef FS_SYSCALL_PROG_H
#define FS_SYSCALL_PROG_H

#include "jit/jit.h"
#include "syscall/extend.h"
#include "syscall/map.h"
#include "syscall/trace.h"
#include "verifier/verifier.h"

struct prog {
	struct obj obj;		/* first */
	u32 type, attach_type, flags;
	char name[UBPF_OBJ_NAME_LEN];
	bool gpl;
	u8 tag[BPF_TAG_SIZE];	/* as in Linux 7.2: of the SHA-256 of its instructions */
	struct bpf_insn *insns;	/* as given */
	struct bpf_insn *xlated;	/* with addresses in place of fds */
	u32 cnt;
	u32 nr_maps;
	struct map **maps;
	struct btf_obj *btf;
	void *func_info, *line_info;
	u32 func_info_cnt, func_info_rec, line_info_cnt, line_info_rec;
	u8 *insn_flags;		/* for the code generator, from the verifier */
	struct jit_code *code;
	struct tramp_space *traced_in;	/* where its functions were traced; NULL: nowhere */
	struct trace *trace;	/* tracing programs: their function; NULL otherwise */
	struct extend *extend;	/* freplace programs: theirs; NULL otherwise */
	u32 nr_extended, nr_arrays;	/* its functions that are replaced; prog arrays it is in: one excludes the other */
	u8 packet_movers[VERIFY_FUNCS_MAX / 8];	/* functions that may move a packet's ends, bit per function */
	u32 verified;		/* instructions the verifier visited */
	u64 load_ns;		/* CLOCK_BOOTTIME */
	u64 run_cnt, run_ns;	/* by PROG_TEST_RUN; trampolines count for themselves */
	u32 uid;
};

int prog_load(const struct prog_load_attr *attr, struct blog *log);
int prog_bind_map(const struct prog_bind_map_attr *attr);
/* BPF_PROG_TEST_RUN; @uattr: the caller's attribute, where results go */
int prog_test_run(const struct test_run_attr *attr, u64 uattr);

/* Of a call in @p: what it turns into, in this process. */
int prog_resolve_call(const struct prog *p, const struct bpf_insn *insn, struct bpf_call *ret);
/* The map that p->xlated[@i], a ldimm64, has the address *@addr of, or of its values; NULL: none. */
const struct map *prog_map_at(const struct prog *p, u32 i, u64 *addr);

/* May @map, a prog array, hold @prog? Its first program decides: type and attach type. 0 or -EINVAL */
int prog_array_fits(struct map *map, const struct prog *prog);

/* BPF_ENABLE_STATS: an fd; runs are counted and timed as long as one is open. */
int stats_enable(void);
bool stats_are_on(void);

/* Its functions in order of the program, main first: address and size of their code. */
u32 prog_nr_funcs(const struct prog *p);
u64 prog_func_addr(const struct prog *p, u32 nr, u32 *bytes);
void prog_func_tag(const struct prog *p, u32 nr, u8 tag[BPF_TAG_SIZE]);
/* Where the code of instruction @i is: of a function's first, where that begins. */
u64 prog_insn_addr(const struct prog *p, u32 i);
/* The code of function @btf_id of @p, by its func_info. -ENOENT */
struct target_func;
int prog_func(struct prog *p, u32 btf_id, struct target_func *ret);

/* May function @btf_id, or what it calls, move a packet's ends? */
bool prog_moves_packet(const struct prog *p, u32 btf_id);
/* What it is verified as: an freplace program is what it extends. */
u32 prog_kind(const struct prog *p, u32 *attach_type);
/* One more prog array it is in, one more function of it that is replaced: -EBUSY, there is one of the other. */
int prog_array_get(struct prog *p);
void prog_array_put(struct prog *p);
int prog_extended_get(struct prog *p);
void prog_extended_put(struct prog *p);

int prog_from_fd(int fd, struct prog **ret);
void prog_put(struct prog *prog);

#endif
