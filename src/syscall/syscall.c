/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies attributes in, checks that nothing stands behind a command's last field, and dispatches. */
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>

#include "syscall/batch.h"
#include "syscall/env.h"
#include "syscall/info.h"
#include "syscall/link.h"
#include "syscall/uptr.h"

struct call {
	union sys_attr attr;
	struct common_attr common;
	u64 uattr, ucommon;
	u32 size, size_common;
	bool log_is_common;	/* what the log is written to, and how long it is */
};

/* -- Commands with a log --- */

/*
 * Of two places, the command's own if it names a buffer, or if the common one names none; both are checked, and if both
 * name a buffer they must say the same.
 */
static int log_init(struct call *c, struct blog *log, u64 buf, u32 size, u32 level)
{
	const struct common_attr *m = &c->common;
	struct blog common;
	int err = blog_init(log, buf, size, level) ?: blog_init(&common, m->log_buf, m->log_size, m->log_level);

	if (err || !m->log_buf)
		return err;
	if (buf)
		return buf != m->log_buf || size != m->log_size || level != m->log_level ? -EINVAL : 0;
	c->log_is_common = true;
	*log = common;
	return 0;
}

/* @off: of log_true_size in the command's attribute, 0: it has none */
static int log_finish(struct blog *log, const struct call *c, u32 off, int err)
{
	u64 to = off && c->size >= off + sizeof(u32) ? c->uattr + off : 0;
	u32 true_size;
	int log_err = blog_finish(log, &true_size);

	if (c->log_is_common)
		to = c->size_common < COMMON_ATTR_MEANT ? 0 : c->ucommon + offsetof(struct common_attr, log_true_size);
	if (to && uptr_write(to, &true_size, sizeof(true_size)))
		log_err = -EFAULT;
	blog_done(log);
	if (log_err && err >= 0)
		fd_close(err);
	return log_err ?: err;
}

static int do_map_create(struct call *c)
{
	struct blog log;
	int err = log_init(c, &log, 0, 0, 0);

	return err ?: log_finish(&log, c, 0, map_create(&c->attr.map_create, &log));
}

static int do_prog_load(struct call *c)
{
	const struct prog_load_attr *a = &c->attr.prog_load;
	struct blog log;
	int err = log_init(c, &log, a->log_buf, a->log_size, a->log_level);

	return err ?: log_finish(&log, c, offsetof(struct prog_load_attr, log_true_size),
				 prog_load(a, &log));
}

static int do_btf_load(struct call *c)
{
	const struct btf_load_attr *a = &c->attr.btf_load;
	struct blog log;
	int err = log_init(c, &log, a->log_buf, a->log_size, a->log_level);

	return err ?: log_finish(&log, c, offsetof(struct btf_load_attr, log_true_size),
				 btf_load(a, &log));
}

/* -- The others --- */

static int do_lookup(struct call *c)
{
	return map_lookup(&c->attr.elem);
}

static int do_update(struct call *c)
{
	return map_update(&c->attr.elem);
}

static int do_delete(struct call *c)
{
	return map_delete(&c->attr.elem);
}

static int do_next_key(struct call *c)
{
	return map_next_key(&c->attr.elem);
}

static int do_take(struct call *c)
{
	return map_take(&c->attr.elem);
}

static int do_freeze(struct call *c)
{
	return map_freeze(&c->attr.elem);
}

static int do_bind(struct call *c)
{
	return prog_bind_map(&c->attr.bind);
}

static int do_test_run(struct call *c)
{
	return prog_test_run(&c->attr.test, c->uattr);
}

static int do_pin(struct call *c)
{
	return info_pin(&c->attr.obj);
}

static int do_get(struct call *c)
{
	return info_get(&c->attr.obj);
}

static int do_info(struct call *c)
{
	return info_by_fd(&c->attr.info, c->uattr);
}

static int next_id(struct call *c, enum obj_kind kind)
{
	return info_next_id(&c->attr.id, c->uattr, kind);
}

static int do_prog_next(struct call *c)
{
	return next_id(c, OBJ_PROG);
}

static int do_map_next(struct call *c)
{
	return next_id(c, OBJ_MAP);
}

static int do_btf_next(struct call *c)
{
	return next_id(c, OBJ_BTF);
}

static int do_link_next(struct call *c)
{
	return next_id(c, OBJ_LINK);
}

static int do_prog_by_id(struct call *c)
{
	return info_fd_by_id(&c->attr.id, OBJ_PROG);
}

static int do_map_by_id(struct call *c)
{
	return info_fd_by_id(&c->attr.id, OBJ_MAP);
}

static int do_btf_by_id(struct call *c)
{
	return info_fd_by_id(&c->attr.id, OBJ_BTF);
}

static int do_link_by_id(struct call *c)
{
	return info_fd_by_id(&c->attr.id, OBJ_LINK);
}

static int do_batch_lookup(struct call *c)
{
	return batch_lookup(&c->attr.batch, c->uattr);
}

static int do_batch_take(struct call *c)
{
	return batch_take(&c->attr.batch, c->uattr);
}

static int do_batch_update(struct call *c)
{
	return batch_update(&c->attr.batch, c->uattr);
}

static int do_batch_delete(struct call *c)
{
	return batch_delete(&c->attr.batch, c->uattr);
}

static int do_link_create(struct call *c)
{
	return link_create(&c->attr.link);
}

static int do_raw_tp_open(struct call *c)
{
	return link_raw_tp_open(&c->attr.raw_tp);
}

static int do_link_update(struct call *c)
{
	return link_update(&c->attr.link_update);
}

static int do_link_detach(struct call *c)
{
	return link_detach(&c->attr.link_update);
}

static int do_enable_stats(struct call *c)
{
	return c->attr.stats.type ? -EINVAL : stats_enable();
}

/* -- Dispatch --- */

static const struct command {
	int (*fn)(struct call *c);
	u32 end;	/* of the last field; what stands behind is -EINVAL */
} commands[] = {
	[BPF_MAP_CREATE] = { do_map_create, ATTR_END(map_create_attr, excl_prog_hash_size) },
	[BPF_MAP_LOOKUP_ELEM] = { do_lookup, ATTR_END(map_elem_attr, flags) },
	[BPF_MAP_UPDATE_ELEM] = { do_update, ATTR_END(map_elem_attr, flags) },
	[BPF_MAP_DELETE_ELEM] = { do_delete, ATTR_END(map_elem_attr, key) },
	[BPF_MAP_GET_NEXT_KEY] = { do_next_key, ATTR_END(map_elem_attr, value) },
	[BPF_PROG_LOAD] = { do_prog_load, ATTR_END(prog_load_attr, keyring_id) },
	[BPF_OBJ_PIN] = { do_pin, ATTR_END(obj_attr, path_fd) },
	[BPF_OBJ_GET] = { do_get, ATTR_END(obj_attr, path_fd) },
	[BPF_PROG_TEST_RUN] = { do_test_run, ATTR_END(test_run_attr, batch_size) },
	[BPF_PROG_GET_NEXT_ID] = { do_prog_next, ATTR_END(id_attr, next_id) },
	[BPF_MAP_GET_NEXT_ID] = { do_map_next, ATTR_END(id_attr, next_id) },
	[BPF_PROG_GET_FD_BY_ID] = { do_prog_by_id, ATTR_END(id_attr, id) },
	[BPF_MAP_GET_FD_BY_ID] = { do_map_by_id, ATTR_END(id_attr, open_flags) },
	[BPF_RAW_TRACEPOINT_OPEN] = { do_raw_tp_open, ATTR_END(raw_tp_open_attr, cookie) },
	[BPF_OBJ_GET_INFO_BY_FD] = { do_info, ATTR_END(info_attr, info) },
	[BPF_BTF_LOAD] = { do_btf_load, ATTR_END(btf_load_attr, token_fd) },
	[BPF_BTF_GET_FD_BY_ID] = { do_btf_by_id, ATTR_END(id_attr, token_fd) },
	[BPF_MAP_LOOKUP_AND_DELETE_ELEM] = { do_take, ATTR_END(map_elem_attr, flags) },
	[BPF_MAP_FREEZE] = { do_freeze, ATTR_END(map_elem_attr, map_fd) },
	[BPF_BTF_GET_NEXT_ID] = { do_btf_next, ATTR_END(id_attr, next_id) },
	[BPF_LINK_CREATE] = { do_link_create, ATTR_END(link_create_attr, words) },
	[BPF_LINK_UPDATE] = { do_link_update, ATTR_END(link_update_attr, old_prog_fd) },
	[BPF_LINK_DETACH] = { do_link_detach, ATTR_END(link_update_attr, link_fd) },
	[BPF_LINK_GET_FD_BY_ID] = { do_link_by_id, ATTR_END(id_attr, id) },
	[BPF_LINK_GET_NEXT_ID] = { do_link_next, ATTR_END(id_attr, next_id) },
	[BPF_MAP_LOOKUP_BATCH] = { do_batch_lookup, ATTR_END(map_batch_attr, flags) },
	[BPF_MAP_LOOKUP_AND_DELETE_BATCH] = { do_batch_take, ATTR_END(map_batch_attr, flags) },
	[BPF_MAP_UPDATE_BATCH] = { do_batch_update, ATTR_END(map_batch_attr, flags) },
	[BPF_MAP_DELETE_BATCH] = { do_batch_delete, ATTR_END(map_batch_attr, flags) },
	[BPF_ENABLE_STATS] = { do_enable_stats, ATTR_END(enable_stats_attr, type) },
	[BPF_PROG_BIND_MAP] = { do_bind, ATTR_END(prog_bind_map_attr, flags) },
};

static int read_attr(struct call *c, u32 size)
{
	int err = uptr_check_tail(c->uattr, sizeof(c->attr), size);

	c->size = size < sizeof(c->attr) ? size : sizeof(c->attr);
	return err ?: uptr_read(&c->attr, c->uattr, c->size);
}

static int read_common(struct call *c, u32 size)
{
	int err = uptr_check_tail(c->ucommon, COMMON_ATTR_MEANT, size);

	c->size_common = size;
	return err ?: uptr_read(&c->common, c->ucommon, size < COMMON_ATTR_MEANT ? size : COMMON_ATTR_MEANT);
}

static bool is_zero_from(const union sys_attr *attr, u32 end)
{
	for (u32 i = end; i < sizeof(attr->bytes); i++)
		if (attr->bytes[i])
			return false;
	return true;
}

static int dispatch(int cmd, struct call *c)
{
	if (cmd < 0 || cmd >= (int)(sizeof(commands) / sizeof(*commands)) || !commands[cmd].fn)
		return -EINVAL;
	if (!is_zero_from(&c->attr, commands[cmd].end))
		return -EINVAL;
	return commands[cmd].fn(c);
}

int user_bpf(int cmd, void *attr, unsigned size, void *common, unsigned size_common)
{
	struct call c = { .uattr = (u64)attr, .ucommon = (u64)common };
	int err = env_init();

	if (err)
		return err;
	rt_drop_left((u64)__builtin_frame_address(0));
	obj_flush();
	err = read_attr(&c, size);
	if (!err && cmd & UBPF_COMMON_ATTRS)
		err = read_common(&c, size_common);
	return err ?: dispatch(cmd & ~UBPF_COMMON_ATTRS, &c);
}
