/* SPDX-License-Identifier: BSD-2-Clause */
/* PROG_LOAD and PROG_BIND_MAP. */
#include "syscall/prog.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/helpers.h"
#include "bpf/kfuncs.h"
#include "bpf/license.h"
#include "bpf/uapi.h"
#include "rt/helper.h"
#include "syscall/env.h"
#include "syscall/syscall.h"
#include "syscall/uptr.h"
#include "syscall/verify.h"
#include "trampoline/run.h"
#include "util/log.h"
#include "util/sha256.h"

#define LICENSE_MAX 128
#define MAPS_MAX 64
#define F_TEST_REG_INVARIANTS (1u << 7)
#define F_XDP_DEV_BOUND_ONLY (1u << 6)

static void prog_free(struct prog *p)
{
	if (!p || !trace_free(p->trace))
		return;		/* a run that does not end has what it uses for good */
	extend_free(p->extend);
	if (p->traced_in)
		tramp_forget(p->traced_in, (u64)p->code->mem, p->code->mem_bytes);
	jit_code_free(p->code);
	for (u32 i = 0; i < p->nr_maps; i++)
		map_put(p->maps[i]);
	btf_put(p->btf);
	free(p->maps);
	free(p->insns);
	free(p->xlated);
	free(p->insn_flags);
	free(p->func_info);
	free(p->line_info);
	free(p);
}

static void prog_destroy(struct obj *o)
{
	prog_free((struct prog *)o);
}

int prog_from_fd(int fd, struct prog **ret)
{
	struct obj *o;
	int err = obj_from_fd(fd, OBJ_PROG, &o, NULL);

	if (!err)
		*ret = (struct prog *)o;
	return err;
}

void prog_put(struct prog *prog)
{
	if (prog)
		obj_put(&prog->obj);
}

/* -- Its functions --- */

u32 prog_nr_funcs(const struct prog *p)
{
	return p->code->img->func_cnt;
}

/* A function's code ends where the next piece begins. */
static u32 end_of(const struct jit_image *img, u32 off)
{
	u32 end = img->len;

	if (img->entry_off > off && img->entry_off < end)
		end = img->entry_off;
	for (u32 i = 0; i < img->func_cnt; i++)
		if (img->funcs[i].off > off && img->funcs[i].off < end)
			end = img->funcs[i].off;
	return end;
}

u64 prog_func_addr(const struct prog *p, u32 nr, u32 *bytes)
{
	const struct jit_image *img = p->code->img;
	u32 off = nr ? img->funcs[nr].off : img->entry_off;	/* tail calls go past the entry */

	*bytes = end_of(img, off) - off;
	return (u64)p->code->mem + off;
}

u64 prog_insn_addr(const struct prog *p, u32 i)
{
	const struct jit_image *img = p->code->img;
	u32 bytes;

	for (u32 f = 0; f < img->func_cnt; f++)
		if (img->funcs[f].start == i)
			return prog_func_addr(p, f, &bytes);
	return (u64)p->code->mem + img->insn_offs[i < img->insn_cnt ? i : img->insn_cnt];
}

static int find_func(const struct prog *p, u32 btf_id)
{
	for (u32 i = 0; i < p->func_info_cnt; i++) {
		const struct bpf_func_info *info = (void *)((char *)p->func_info + (u64)i * p->func_info_rec);

		if (info->type_id == btf_id)
			return i;
	}
	return -ENOENT;
}

int prog_func(struct prog *p, u32 btf_id, struct target_func *ret)
{
	int nr = find_func(p, btf_id);

	if (nr < 0 || (u32)nr >= prog_nr_funcs(p))
		return -ENOENT;
	*ret = (struct target_func){};
	ret->addr = prog_func_addr(p, nr, &ret->size);
	return 0;
}

bool prog_moves_packet(const struct prog *p, u32 btf_id)
{
	int nr = find_func(p, btf_id);

	return nr >= 0 && p->packet_movers[nr / 8] >> nr % 8 & 1;
}

u32 prog_kind(const struct prog *p, u32 *attach_type)
{
	*attach_type = p->extend ? p->extend->attach_type : p->attach_type;
	return p->extend ? p->extend->type : p->type;
}

/* -- Prog arrays and freplace: tail calls go past an entry that leads elsewhere --- */

static pthread_mutex_t entry_lock = PTHREAD_MUTEX_INITIALIZER;

static int count_up(u32 *mine, const u32 *other)
{
	int err;

	pthread_mutex_lock(&entry_lock);
	err = *other ? -EBUSY : 0;
	*mine += !err;
	pthread_mutex_unlock(&entry_lock);
	return err;
}

static void count_down(u32 *mine)
{
	pthread_mutex_lock(&entry_lock);
	--*mine;
	pthread_mutex_unlock(&entry_lock);
}

int prog_array_get(struct prog *p)
{
	return count_up(&p->nr_arrays, &p->nr_extended);
}

void prog_array_put(struct prog *p)
{
	count_down(&p->nr_arrays);
}

int prog_extended_get(struct prog *p)
{
	return count_up(&p->nr_extended, &p->nr_arrays);
}

void prog_extended_put(struct prog *p)
{
	count_down(&p->nr_extended);
}

/* -- Checks before anything is looked at --- */

static bool is_type(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_SYSCALL:
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_EXT:
		return true;
	default:
		return false;
	}
}

static int check_attr(const struct prog_load_attr *attr)
{
	const u32 flags = BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_STATE_FREQ |
			  BPF_F_SLEEPABLE | BPF_F_TEST_RND_HI32 | BPF_F_XDP_HAS_FRAGS |
			  F_XDP_DEV_BOUND_ONLY | F_TEST_REG_INVARIANTS;

	if (attr->prog_flags & ~flags)
		return -EINVAL;
	if (!attr->insn_cnt || attr->insn_cnt > INSN_CNT_MAX)
		return -E2BIG;
	return 0;
}

static int read_license(struct prog *p, u64 from)
{
	char license[LICENSE_MAX];
	int n = uptr_read_str(license, from, sizeof(license) - 1);

	if (n == -EFAULT)
		return n;
	license[n < 0 ? (int)sizeof(license) - 1 : n] = 0;
	p->gpl = license_is_gpl(license);
	return 0;
}

/* -- Kfuncs: by the name that vmlinux has for their id --- */

static int resolve_kfunc(const struct bpf_insn *insn, struct bpf_call *ret)
{
	const struct kfunc *k = kfunc_find(insn->off ? NULL : target_kfunc_name(insn->imm));

	if (!k)
		return -ENOENT;
	*ret = (struct bpf_call){ k->kind, (u64)k->fn };
	return 0;
}

/* -- Maps --- */

static int use_map(struct prog *p, struct map *map)
{
	struct map **maps;

	for (u32 i = 0; i < p->nr_maps; i++)
		if (p->maps[i] == map)
			return 0;
	if (p->nr_maps == MAPS_MAX)
		return -E2BIG;
	maps = realloc(p->maps, (p->nr_maps + 1) * sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	obj_get(&map->obj);
	maps[p->nr_maps++] = map;
	p->maps = maps;
	return 0;
}

static void put_imm64(struct bpf_insn *insn, u64 v)
{
	insn[0].src_reg = 0;
	insn[0].imm = v;
	insn[1].imm = v >> 32;
}

/* The address inside a map's values that "fd, offset" means. */
static int value_address(struct map *map, u32 off, u64 *ret)
{
	struct rt_map *rt = map->rt;

	if (rt->type != BPF_MAP_TYPE_ARRAY || rt->max_entries != 1)
		return -FS_ENOTSUPP;
	if (off >= rt->value_size)
		return -EINVAL;
	*ret = (u64)rt->values + off;
	return 0;
}

static int fd_of(const struct bpf_insn *insn, u64 fd_array, int *ret)
{
	if (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE) {
		*ret = insn->imm;
		return 0;
	}
	return fd_array ? uptr_read(ret, fd_array + (u32)insn->imm * sizeof(int), sizeof(int)) : -EPROTO;
}

static int resolve_map(struct prog *p, struct bpf_insn *insn, u64 fd_array, struct blog *log)
{
	bool value = insn->src_reg == BPF_PSEUDO_MAP_VALUE || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	struct map *map;
	u64 addr;
	int err, fd;

	err = fd_of(insn, fd_array, &fd);
	if (err)
		return err;
	err = map_from_fd(fd, &map, NULL);
	if (err) {
		blog_print(log, "fd %d is not pointing to valid bpf_map\n", fd);
		return err;
	}
	addr = (u64)map->rt;
	if (value)
		err = value_address(map, insn[1].imm, &addr);
	if (err)
		blog_print(log, "invalid access to map value pointer, value_size=%u off=%u\n",
			   map->rt->value_size, (u32)insn[1].imm);
	else if (map->rt->type == BPF_MAP_TYPE_PROG_ARRAY)
		err = prog_array_fits(map, p);
	if (!err)
		err = use_map(p, map);
	map_put(map);
	if (!err)
		put_imm64(insn, addr);
	return err;
}

static int resolve_ldimm64(struct prog *p, u32 i, u64 fd_array, struct blog *log)
{
	struct bpf_insn *insn = &p->xlated[i];

	if (i + 1 >= p->cnt || insn[1].code || insn[1].dst_reg || insn[1].src_reg || insn[1].off) {
		blog_print(log, "invalid bpf_ld_imm64 insn\n");
		return -EINVAL;
	}
	switch (insn->src_reg) {
	case 0:
	case BPF_PSEUDO_FUNC:
		return 0;
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		return resolve_map(p, insn, fd_array, log);
	default:
		blog_print(log, "unrecognized bpf_ld_imm64 insn\n");
		return -EINVAL;
	}
}

static int resolve_maps(struct prog *p, u64 fd_array, struct blog *log)
{
	int err = 0;

	for (u32 i = 0; i < p->cnt && !err; i++)
		if (insn_is_ldimm64(&p->xlated[i]))
			err = resolve_ldimm64(p, i++, fd_array, log);
	return err;
}

/* What a tail call's target finds below ctx is what the first program of the chain asked for: they must
 * want the same, or one would take an argument for its cookie. */
static u64 prog_frame_uses(const struct prog *p)
{
	u64 uses = 0;

	for (u32 i = 0; p->trace && i < p->cnt; i++) {
		const struct bpf_insn *insn = &p->insns[i];
		struct bpf_call call;

		if (insn_is_ldimm64(insn))
			i++;
		else if (insn_is_helper_call(insn))
			uses |= insn->imm == BPF_FUNC_get_func_ip;
		else if (insn_is_kfunc_call(insn) && !resolve_kfunc(insn, &call))
			uses |= (u64)(call.kind == BPF_CALL_SESSION_COOKIE) << 1;
	}
	return uses;
}

const struct map *prog_map_at(const struct prog *p, u32 i, u64 *addr)
{
	const struct bpf_insn *insn = &p->xlated[i];
	u8 kind = p->insns[i].src_reg;

	if (!insn_is_ldimm64(insn) || !kind || kind == BPF_PSEUDO_FUNC)
		return NULL;
	*addr = (u32)insn[0].imm | (u64)(u32)insn[1].imm << 32;
	for (u32 j = 0; j < p->nr_maps; j++) {
		const struct rt_map *rt = p->maps[j]->rt;

		if (*addr == (u64)rt || *addr - (u64)rt->values < rt->value_size)
			return p->maps[j];
	}
	return NULL;
}

int prog_array_fits(struct map *map, const struct prog *prog)
{
	u32 attach_type, type = prog_kind(prog, &attach_type);
	u64 mine = (u64)(type + 1) << 32 | prog_frame_uses(prog) << 16 | attach_type, none = 0;

	if (__atomic_compare_exchange_n(&map->prog_kind, &none, mine, 0, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return 0;
	return none == mine ? 0 : -EINVAL;
}

/* -- Calls --- */

int prog_resolve_call(const struct prog *p, const struct bpf_insn *insn, struct bpf_call *ret)
{
	const struct helper *h = helper_find(insn->imm);

	if (insn_is_kfunc_call(insn))
		return resolve_kfunc(insn, ret);
	if (!insn_is_helper_call(insn) || !h)
		return -ENOENT;
	*ret = (struct bpf_call){ h->fn ? BPF_CALL_ADDR : BPF_CALL_TAIL, (u64)h->fn };
	if (insn->imm == BPF_FUNC_get_func_ret && p->trace && p->trace->kind == TRAMP_FENTRY)
		ret->addr = (u64)rt_help_get_func_ret_none;
	return 0;
}

/* @arg: the program. Also asked when it is compiled anew for a trampoline. */
static int resolve_call(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	return prog_resolve_call(arg, insn, ret);
}

static int check_kfunc(const struct prog *p, u32 i, struct blog *log)
{
	const struct bpf_insn *insn = &p->insns[i];
	struct bpf_call call;

	if (!p->gpl) {
		blog_print(log, "%u: cannot call kernel function from non-GPL compatible program\n", i);
		return -EINVAL;
	}
	if (resolve_kfunc(insn, &call)) {
		blog_print(log, "%u: kernel btf_id %d is not a function that programs may call\n", i,
			   insn->imm);
		return -EINVAL;
	}
	if (call.kind != BPF_CALL_ADDR && !(p->trace && p->trace->kind == TRAMP_FSESSION)) {
		blog_print(log, "%u: calling kernel function %s is not allowed\n", i,
			   target_kfunc_name(insn->imm));
		return -EACCES;
	}
	return 0;
}

static int check_call(const struct prog *p, u32 i, struct blog *log)
{
	const struct bpf_insn *insn = &p->xlated[i];
	const struct helper *h = helper_find(insn->imm);
	const char *name = helper_name(insn->imm);
	u32 attach_type;

	if (insn_is_kfunc_call(insn))
		return check_kfunc(p, i, log);
	if (!insn_is_helper_call(insn))
		return 0;
	if (!name)
		blog_print(log, "%u: invalid func unknown#%d\n", i, insn->imm);
	else if (!h)
		blog_print(log, "%u: helper %s#%d is not implemented by this engine\n", i, name, insn->imm);
	else if (!helper_is_allowed(h, prog_kind(p, &attach_type)))
		blog_print(log, "%u: program of this type cannot use helper %s#%d\n", i, name, insn->imm);
	else if (h->flags & HELPER_GPL && !p->gpl)
		blog_print(log, "%u: cannot call GPL-restricted function from non-GPL compatible program\n", i);
	else
		return 0;
	return -EINVAL;
}

static int check_calls(const struct prog *p, struct blog *log)
{
	for (u32 i = 0; i < p->cnt; i++) {
		int err = check_call(p, i, log);

		if (err)
			return err;
		i += insn_is_ldimm64(&p->xlated[i]);
	}
	return 0;
}

/* -- Code --- */

static int compile(struct prog *p, struct blog *log)
{
	struct jit_opts opts = {
		.features = arch_host_features(),
		.resolve = resolve_call,
		.arg = p,
		.insn_flags = p->insn_flags,
		.probe_fn = (u64)rt_help_probe_load,
		.array = { offsetof(struct rt_map, max_entries), offsetof(struct rt_map, elem_bytes),
			   offsetof(struct rt_map, values) },
		.prog_array = { offsetof(struct rt_map, max_entries), offsetof(struct rt_map, entries) },
	};
	char text[512] = "";
	struct log_capture cap;
	int err;

	log_capture_start(&cap, text, sizeof(text));
	err = jit_load(p->xlated, p->cnt, &opts, &p->code);
	log_capture_stop(&cap);
	if (err)
		blog_print(log, "%s%s", text, *text ? "" : "jit: failed\n");
	return err || !p->trace ? err : trace_compile(p, &opts, log);
}

/* -- Tags --- */

static bool is_map_load(const struct bpf_insn *insn)
{
	return insn_is_ldimm64(insn) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE);
}

/* Without the numbers of fds, which differ from load to load. */
static void make_tag(const struct bpf_insn *insns, u32 cnt, u8 tag[BPF_TAG_SIZE])
{
	struct bpf_insn *copy = calloc(cnt, sizeof(*copy));
	u8 digest[SHA256_BYTES];

	if (!copy)
		return;
	memcpy(copy, insns, cnt * sizeof(*copy));
	for (u32 i = 0; i + 1 < cnt; i++)
		if (is_map_load(&insns[i]))
			copy[i].imm = copy[i + 1].imm = 0;
	sha256(copy, (u64)cnt * sizeof(*copy), digest);
	memcpy(tag, digest, BPF_TAG_SIZE);
	free(copy);
}

void prog_func_tag(const struct prog *p, u32 nr, u8 tag[BPF_TAG_SIZE])
{
	const struct jit_func *f = &p->code->img->funcs[nr];

	make_tag(p->insns + f->start, f->end - f->start, tag);
}

/* -- Load --- */

static int read_info(u64 from, u32 cnt, u32 rec, void **ret)
{
	if (!cnt)
		return 0;
	if (rec > 4096 || cnt > INSN_CNT_MAX)
		return -EINVAL;
	return uptr_dup(from, (u64)cnt * rec, ret);
}

static int read_btf(struct prog *p, const struct prog_load_attr *attr)
{
	int err;

	if (!attr->func_info_cnt && !attr->line_info_cnt)
		return 0;
	err = btf_from_fd(attr->prog_btf_fd, &p->btf);
	if (err)
		return err;
	p->func_info_cnt = attr->func_info_cnt;
	p->func_info_rec = attr->func_info_rec_size;
	p->line_info_cnt = attr->line_info_cnt;
	p->line_info_rec = attr->line_info_rec_size;
	err = read_info(attr->func_info, p->func_info_cnt, p->func_info_rec, &p->func_info);
	return err ?: read_info(attr->line_info, p->line_info_cnt, p->line_info_rec, &p->line_info);
}

static int prog_alloc(const struct prog_load_attr *attr, struct prog **ret)
{
	u64 bytes = (u64)attr->insn_cnt * sizeof(struct bpf_insn);
	struct prog *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->type = attr->prog_type;
	p->attach_type = attr->expected_attach_type;
	p->flags = attr->prog_flags;
	p->cnt = attr->insn_cnt;
	p->uid = getuid();
	memcpy(p->name, attr->prog_name, sizeof(p->name));
	p->xlated = malloc(bytes);
	err = p->xlated ? uptr_dup(attr->insns, bytes, (void **)&p->insns) : -ENOMEM;
	if (!err) {
		memcpy(p->xlated, p->insns, bytes);
		err = read_license(p, attr->license);
	}
	if (err) {
		prog_free(p);
		return err;
	}
	*ret = p;
	return 0;
}

static int check_sleepable(const struct prog *p, struct blog *log)
{
	bool sleepable = p->flags & BPF_F_SLEEPABLE;

	if (p->trace || (p->type == BPF_PROG_TYPE_SYSCALL) == sleepable)
		return 0;
	blog_print(log, sleepable ? "Only tracing, struct_ops and syscall programs can be sleepable\n" :
				    "Syscall programs can only be sleepable\n");
	return -EINVAL;
}

static int prog_check(struct prog *p, const struct prog_load_attr *attr, struct blog *log)
{
	int err;

	if (!is_type(p->type))
		return -EINVAL;
	err = check_sleepable(p, log);
	if (err)
		return err;
	err = obj_name_check(attr->prog_name);
	if (!err)
		err = read_btf(p, attr);
	if (!err)
		err = resolve_maps(p, attr->fd_array, log);
	if (!err && p->trace)
		err = trace_check(p, log);
	if (!err && p->extend)
		err = extend_check(p, log);
	if (!err)
		err = prog_verify(p, log);
	if (!err && p->extend)
		err = extend_check_code(p, log);
	if (!err)
		err = check_calls(p, log);
	if (!err)
		err = compile(p, log);
	return err;
}

int prog_load(const struct prog_load_attr *attr, struct blog *log)
{
	struct extend *extend = NULL;
	struct trace *trace = NULL;
	struct prog *p;
	int err = check_attr(attr);

	if (!err)
		err = trace_open(attr, &trace);
	if (!err)
		err = extend_open(attr, &extend);
	if (!err)
		err = prog_alloc(attr, &p);
	if (err) {
		trace_free(trace);
		extend_free(extend);
		return err;
	}
	p->trace = trace;
	p->extend = extend;
	err = prog_check(p, attr, log);
	if (err) {
		prog_free(p);
		return err;
	}
	make_tag(p->insns, p->cnt, p->tag);
	p->load_ns = env_boot_ns();
	obj_add(&p->obj, OBJ_PROG, prog_destroy);
	err = obj_new_fd(&p->obj, OBJ_READ | OBJ_WRITE);
	prog_put(p);
	return err;
}

int prog_bind_map(const struct prog_bind_map_attr *attr)
{
	struct prog *p;
	struct map *map;
	int err;

	if (attr->flags)
		return -EINVAL;
	err = prog_from_fd(attr->prog_fd, &p);
	if (err)
		return err;
	err = map_from_fd(attr->map_fd, &map, NULL);
	if (!err) {
		err = use_map(p, map);
		map_put(map);
	}
	prog_put(p);
	return err;
}

/* -- Statistics --- */

static u32 stats_users;

static void stats_destroy(struct obj *o)
{
	tramp_count_runs(__atomic_sub_fetch(&stats_users, 1, __ATOMIC_RELAXED));
	free(o);
}

/* Those loaded before were made to run without being counted. */
static void count_all(void)
{
	struct obj *o;
	u32 id = 0;

	while (!obj_next_id(id, OBJ_PROG, &id)) {
		const struct trace *t;

		if (obj_from_id(id, OBJ_PROG, &o))
			continue;
		t = ((struct prog *)o)->trace;
		if (t && t->code)
			tramp_prog_count_runs(t->code);	/* else it stays as it is */
		obj_put(o);
	}
}

int stats_enable(void)
{
	struct obj *o = calloc(1, sizeof(*o));
	int fd;

	if (!o)
		return -ENOMEM;
	__atomic_fetch_add(&stats_users, 1, __ATOMIC_RELAXED);
	tramp_count_runs(true);
	count_all();
	obj_add(o, OBJ_STATS, stats_destroy);
	fd = obj_new_fd(o, OBJ_READ);
	obj_put(o);
	return fd;
}

bool stats_are_on(void)
{
	return __atomic_load_n(&stats_users, __ATOMIC_RELAXED);
}

u64 user_bpf_unwound(int fd)
{
	struct guard_prog stats = {};
	struct prog *p;

	if (prog_from_fd(fd, &p))
		return 0;
	if (p->trace)
		trace_stats(p->trace, &stats);
	prog_put(p);
	return stats.unwound;
}
