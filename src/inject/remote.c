/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is mapped in the process, all of it by its own system calls (call.h):
 *
 *	agent | a page with the gadget			private; code is written through /proc/PID/mem
 *	blocks of guards | whether we are there		private | shared with us
 *	threads of src/rt				private, empty in a forked child
 *	lanes						shared with us and with other targets
 *	areas near functions: code, slots | links	private (code: or shared, sealed) | shared with us
 *	per map: a page with its struct rt_map | memory	private | shared with whoever has the map
 *
 * What is shared with us is also mapped here; a pointer into the target is never followed here but through
 * the list of views in mem.c.
 */
#include "inject/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/unwind.h"
#include "arch/host.h"
#include "image/vdso.h"
#include "inject/agent.h"
#include "inject/alive.h"
#include "inject/bridge.h"
#include "inject/call.h"
#include "inject/family.h"
#include "inject/keeper.h"
#include "inject/leave.h"
#include "inject/maps.h"
#include "inject/mem.h"
#include "inject/jitdump.h"
#include "inject/perfmap.h"
#include "inject/printed.h"
#include "inject/refuse.h"
#include "inject/self.h"
#include "rt/lane.h"
#include "syscall/env.h"
#include "trampoline/guard.h"
#include "util/log.h"
#include "util/privilege.h"
#include "util/spare.h"

#define PAGE 4096ULL
#define RW (PROT_READ | PROT_WRITE)
#define VDSO_BYTES_MAX (1 << 20)

struct remote_map {
	const struct rt_map *rt;	/* ours */
	u64 addr, values;
	struct bridge *bridge;	/* ring buffer: who waits for it here */
	struct remote_map *next;
};

struct remote {
	/* Held while the process is stopped, since wait4(2) tells any thread of ours about its stops, and for
	 * the lists below. Recursive; taken last. */
	pthread_mutex_t lock;
	pid_t pid;
	struct stop_hold *hold;	/* NULL: not followed */
	struct mem mem;
	struct keeper *keeper;
	struct alive *alive;
	struct agent agent;
	u64 gadget;
	u64 guard_table;
	u64 stood_ns;		/* the last time it was stopped for its text */
	struct agent_region regions[AGENT_REGIONS_MAX];	/* as the agent has them */
	u32 nr_regions;
	/* Not written yet: code, and of the region .counted (if .rows has any) pieces and how many there are. With the
	 * lock of the space. */
	struct mem_run code, rows;
	u32 counted;
	struct tramp *hooked[REMOTE_HOOKS];
	bool jumped;		/* longjmp() was ours: it may have taken another stack for left, and stamps from calls there */
	struct remote_map *maps;
	struct printed *printed;
	bool left;		/* nothing of it is used any more but by what is still to be freed */
	struct maps files;	/* what was mapped when it was last looked */
	struct tramp_space *space;
};

/* What is open as .mem is the memory of the program that was entered: it is gone with the last thread, and
 * if another program is executed. */
static bool lost_memory(const struct remote *r)
{
	u8 byte;

	return r->left || (r->gadget && pread(r->mem.fd, &byte, 1, r->gadget) != 1);
}

/* Of a process that is ending, errors are of any kind. */
static bool has_ended(const struct remote *r)
{
	char path[32], text[256] = "", *state;
	ssize_t n = -1;
	int fd;

	if (r->gadget)
		return lost_memory(r);
	snprintf(path, sizeof(path), "/proc/%d/stat", r->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	state = n > 0 ? strrchr(text, ')') : NULL;
	return !state || strchr("XZ", state[2]);
}

/* -- Memory of the target --- */

static int cannot_write(const struct remote *r)
{
	return has_ended(r) ? -ESRCH :
		fail(-EFAULT, "inject: cannot write memory of process %d: %s", r->pid, log_errstr(errno));
}

static int poke(const struct remote *r, u64 addr, const void *bytes, u64 len)
{
	return mem_poke(&r->mem, addr, bytes, len) ? cannot_write(r) : 0;
}

static int explain(const struct remote *r, int err)
{
	if (!err || !has_ended(r))
		return stop_explain(err);
	log_msg(LOG_INFO, "inject: process %d %s", r->pid,
		remote_look(r) == -ENOEXEC ? "executes another program" : "has ended");
	return -ESRCH;
}

/* Whoever holds it may need descriptors, of which others may have taken all. */
static void lock_remote(struct remote *r)
{
	pthread_mutex_lock(&r->lock);
	spare_lend();
}

static void unlock_remote(struct remote *r)
{
	spare_take_back();
	pthread_mutex_unlock(&r->lock);
}

static int begin(struct remote *r, struct call **ret)
{
	int err;

	lock_remote(r);
	err = explain(r, lost_memory(r) ? -ESRCH : call_begin(r->pid, r->mem.fd, r->gadget, r->hold, ret));
	if (err)
		unlock_remote(r);
	return err;
}

static void end(struct remote *r, struct call *c)
{
	call_end(c);
	unlock_remote(r);
}

static int set_word(struct remote *r, const char *symbol, u32 off, u64 value)
{
	return poke(r, agent_symbol(&r->agent, symbol) + off, &value, sizeof(value));
}

/* -- Shared memory --- */

/* perf learns about the file when the process maps it. */
static int map_jitdump(struct remote *r, struct call *c)
{
	int fd = jitdump_fd(r->pid);
	u64 at;

	if (fd < 0)
		return 0;
	return mem_map_shared(&r->mem, c, 0, PAGE, PROT_READ | PROT_EXEC, fd, &at);
}

/* -- Target operations --- */

/* Code is private, unless it would have to be written between stops and cannot. perf then has no names for it. */
static int map_area(struct remote *r, struct call *c, u64 at, u64 code_bytes, u64 data_bytes, u64 shared_bytes)
{
	u64 data = at + code_bytes, private = data_bytes - shared_bytes, got;
	int err;

	err = mem_map_code(&r->mem, c, at, code_bytes + data_bytes, &got);
	err = err ?: mem_protect(c, data, private, RW);
	if (!self_may_force())
		err = err ?: mem_map_viewed(&r->mem, c, at, code_bytes, PROT_READ | PROT_EXEC, MAPS_OURS "code");
	return err ?: mem_map_viewed(&r->mem, c, data + private, shared_bytes, RW, MAPS_OURS "links");
}

#define REGION_OFF(i, member) (offsetof(struct agent_regions, at) + (i) * sizeof(struct agent_region) + \
			       offsetof(struct agent_region, member))

/* A table of the area's pieces for unwinders. */
static int add_region(struct remote *r, struct call *c, u64 start, u64 end)
{
	struct agent_region region = { start, end };
	u64 at = agent_symbol(&r->agent, "agent_regions");
	int err;

	if (r->nr_regions == AGENT_REGIONS_MAX)
		return fail(-ENOMEM, "inject: too many areas of code in process %d", r->pid);
	err = mem_map(&r->mem, c, 0, AGENT_PIECES_MAX * sizeof(struct agent_piece), RW, &region.pieces);
	err = err ?: poke(r, at + REGION_OFF(r->nr_regions, start), &region, sizeof(region));
	if (err)
		return err;
	r->regions[r->nr_regions++] = region;
	return set_word(r, "agent_regions", offsetof(struct agent_regions, nr), r->nr_regions);
}

static int remote_op_map(void *arg, u64 near, u64 code_bytes, u64 data_bytes, u64 shared_bytes, u64 *ret)
{
	u64 dist = 0, at, bytes = code_bytes + data_bytes;
	struct remote *r = arg;
	struct maps maps;
	struct call *c;
	int err;

	err = maps_read(r->pid, &maps);
	err = err ?: begin(r, &c);
	if (err)
		return err;
	do {
		at = maps_gap(&maps, near, bytes, dist);
		dist = at > near ? at - near : near - at;
		err = at ? map_area(r, c, at, code_bytes, data_bytes, shared_bytes) : -ENOMEM;
	} while (at && err == -EEXIST);
	err = err ?: add_region(r, c, at, at + code_bytes);
	end(r, c);
	maps_done(&maps);
	if (!at)
		return fail(-ENOMEM, "inject: no free memory within 2 GiB of %#llx in process %d", near, r->pid);
	if (!err)
		*ret = at;
	return err;
}

/* @more: bytes behind them */
static int map_guards(struct remote *r, struct call *c, u64 more, u64 *ret)
{
	u64 full[GUARD_BLOCK_BYTES / 8];
	int err;

	for (u32 i = 0; i < GUARD_BLOCK_BYTES / 8; i++)
		full[i] = 1;
	err = mem_map(&r->mem, c, 0, GUARD_BLOCKS_BYTES + more, RW, ret);
	return err ?: poke(r, *ret + GUARD_BLOCKS_BYTES - sizeof(full), full, sizeof(full));
}

static int remote_op_map_guards(void *arg, u64 *ret)
{
	struct remote *r = arg;
	struct call *c;
	int err = begin(r, &c);

	if (err)
		return err;
	err = map_guards(r, c, 0, ret);
	end(r, c);
	return err;
}

static int remote_op_add_images(void *arg, u64 start, u64 end)
{
	u64 at = ((struct remote *)arg)->guard_table + offsetof(struct guard_table, nr_ranges), nr;
	struct guard_range range = { start, end };
	struct remote *r = arg;
	int err = mem_peek(&r->mem, at, &nr, sizeof(nr));

	if (err)
		return err;
	if (nr >= GUARD_RANGES_MAX)
		return fail(-ENOMEM, "inject: too many areas of code in process %d", r->pid);
	err = poke(r, r->guard_table + offsetof(struct guard_table, ranges) + nr * sizeof(range), &range,
		   sizeof(range));
	nr++;
	return err ?: poke(r, at, &nr, sizeof(nr));
}

/* What a store is about to lead to is there first, and known to unwinders. */
static int write_behind(struct remote *r)
{
	bool any = r->rows.len;

	if (mem_flush(&r->mem, &r->code) || mem_flush(&r->mem, &r->rows))
		return cannot_write(r);
	return any ? set_word(r, "agent_regions", REGION_OFF(r->counted, cnt), r->regions[r->counted].cnt) : 0;
}

static int remote_op_write(void *arg, u64 addr, const void *bytes, u32 len)
{
	struct remote *r = arg;
	struct mem_piece *p = mem_find(&r->mem, addr);

	if (!p || !p->view)
		return mem_put(&r->mem, &r->code, addr, bytes, len) ? cannot_write(r) : 0;
	memcpy(p->view + (addr - p->addr), bytes, len);
	return 0;
}

/* The kernel copies an aligned word at once. */
static void remote_op_store(void *arg, u64 addr, u64 value)
{
	struct remote *r = arg;
	struct mem_piece *p = mem_find(&r->mem, addr);

	if (p && p->view)
		__atomic_store_n((u64 *)(p->view + (addr - p->addr)), value, __ATOMIC_RELEASE);
	else if (write_behind(r) || mem_poke(&r->mem, addr, &value, sizeof(value)))
		log_msg(LOG_DEBUG, "inject: process %d is gone", r->pid);
}

static int remote_op_read(void *arg, u64 addr, void *buf, u32 len)
{
	struct remote *r = arg;
	struct mem_piece *p = mem_find(&r->mem, addr);
	ssize_t n = -1;

	if (p && p->view) {
		memcpy(buf, p->view + (addr - p->addr), len);
		n = len;
	} else if (!write_behind(r)) {
		n = pread(r->mem.fd, buf, len, addr);
	}
	return n < 0 ? 0 : n;
}

static int remote_op_read_file(void *arg, u64 addr, void *buf, u32 len)
{
	struct remote *r = arg;
	const struct map_row *row = maps_find(&r->files, addr);
	int fd, n;

	if (!row) {	/* it has been mapped meanwhile */
		maps_done(&r->files);
		n = maps_read(r->pid, &r->files);
		row = n ? NULL : maps_find(&r->files, addr);
	}
	fd = row ? maps_open(r->pid, row) : -ENOENT;
	if (fd < 0)
		return -ENOENT;
	n = pread(fd, buf, addr + len > row->hi ? row->hi - addr : len, row->off + (addr - row->lo));
	close(fd);
	return n;
}

static int stop_begin(struct remote *r, struct stop *s)
{
	int err;

	lock_remote(r);
	err = lost_memory(r) ? -ESRCH : stop_init(s, r->pid, r->mem.fd, r->guard_table);
	s->hold = r->hold;
	return err ?: stop_all(s);
}

static void stop_end(struct remote *r, struct stop *s)
{
	stop_release(s);
	r->stood_ns = s->stood_ns;
	stop_done(s);
	unlock_remote(r);
}

/* What is there is another file now, or nothing (dlclose), or the new bytes: a file that was mapped again. */
static bool is_moot(struct remote *r, const struct tramp_patch *p)
{
	u8 now[ARCH_PATCH_MAX] = { 0 }, file[ARCH_PATCH_MAX];

	if (!mem_peek(&r->mem, p->addr, now, p->len) && !memcmp(now, p->old, p->len))
		return false;
	maps_done(&r->files);	/* as they are now */
	return !memcmp(now, p->new, p->len) || remote_op_read_file(r, p->addr, file, p->len) != (int)p->len ||
	       (memcmp(file, p->old, p->len) && memcmp(file, p->new, p->len));
}

/* The others, of which *@ret are the caller's to free. */
static int drop_moot(struct remote *r, const struct tramp_patch *patches, u32 nr, struct tramp_patch **ret)
{
	struct tramp_patch *left = malloc(nr * sizeof(*left));
	int nr_left = 0;

	*ret = left;
	if (!left)
		return -ENOMEM;
	for (u32 i = 0; i < nr; i++)
		if (!is_moot(r, &patches[i]))
			left[nr_left++] = patches[i];
	return nr_left;
}

/* That text is not as expected may have a reason. */
static int patch_stopped(struct remote *r, struct stop *s, const struct tramp_patch *all, u32 nr_all)
{
	struct tramp_patch *patches;
	int err = stop_patch(s, all, nr_all), nr;

	if (err != -EBUSY)
		return err;
	nr = drop_moot(r, all, nr_all, &patches);
	err = nr < 0 ? nr : (u32)nr == nr_all ? err : stop_patch(s, patches, nr);
	free(patches);
	return err;
}

static int remote_op_patch(void *arg, const struct tramp_patch *patches, u32 nr)
{
	struct remote *r = arg;
	struct stop s = { 0 };
	int err;

	lock_remote(r);
	err = r->left ? -ESRCH : write_behind(r);
	err = err ?: keeper_note(r->keeper, patches, nr);
	if (!err) {
		err = stop_begin(r, &s);
		err = err ?: patch_stopped(r, &s, patches, nr);
		stop_end(r, &s);
	}
	if (!r->left)
		keeper_forget(r->keeper, patches, nr);
	unlock_remote(r);
	return explain(r, err);
}

static int remote_op_is_quiet(void *arg, u64 guard_off)
{
	struct remote *r = arg;
	struct stop s = { 0 };
	int err = stop_begin(r, &s);

	err = err ?: stop_look(&s, guard_off);
	stop_end(r, &s);
	return err == -ESRCH ? 0 : err;		/* nobody is anywhere */
}

static void dump_code(struct remote *r, u64 start, u64 end, const char *name)
{
	u8 *code = jitdump_fd(r->pid) < 0 ? NULL : malloc(end - start);

	if (code && !write_behind(r) && !mem_peek(&r->mem, start, code, end - start))
		jitdump_add(r->pid, start, code, end - start, name);
	free(code);
}

static int remote_op_add_code(void *arg, u64 area, u64 start, u64 end, u64 hdr, const char *name)
{
	struct remote *r = arg;
	struct agent_piece piece = { start, end, hdr };
	struct agent_region *region;
	u32 nr = 0;
	int err;

	perfmap_add(r->pid, start, end, name);
	dump_code(r, start, end, name);
	while (nr < r->nr_regions && r->regions[nr].start != area)
		nr++;
	region = &r->regions[nr];
	if (nr == r->nr_regions || region->cnt == AGENT_PIECES_MAX)
		return fail(-ENOMEM, "inject: too many pieces of code in process %d", r->pid);
	err = nr == r->counted ? 0 : write_behind(r);
	if (!err && mem_put(&r->mem, &r->rows, region->pieces + region->cnt * sizeof(piece), &piece, sizeof(piece)))
		err = cannot_write(r);
	r->counted = nr;
	region->cnt += !err;
	return err;
}

static const struct tramp_target_ops ops = {
	.map = remote_op_map,
	.map_guards = remote_op_map_guards,
	.add_images = remote_op_add_images,
	.write = remote_op_write,
	.store = remote_op_store,
	.read = remote_op_read,
	.read_file = remote_op_read_file,
	.patch = remote_op_patch,
	.is_quiet = remote_op_is_quiet,
	.add_code = remote_op_add_code,
};

/* -- The agent --- */

static int map_agent(struct remote *r, struct call *c)
{
	u64 bytes = agent_bytes(), base;
	int err;

	err = mem_map_code(&r->mem, c, 0, bytes + PAGE, &base);
	err = err ?: agent_init(&r->agent, base);
	r->mem.scratch = err ? 0 : agent_symbol(&r->agent, "agent_scratch");
	for (u32 i = 0; i < r->agent.nr_parts && !err; i++) {
		const struct agent_part *p = &r->agent.parts[i];

		err = mem_protect(c, base + p->off, p->bytes, p->prot);
		err = err ?: poke(r, base + p->off, r->agent.image + p->off, p->bytes);
	}
	err = err ?: poke(r, base + bytes, arch_host_gadget.bytes, arch_host_gadget.len);
	r->gadget = base + bytes;
	return err;
}

/* Where clock_gettime() is in the target's vdso; 0: nowhere. */
static u64 find_clock(struct remote *r)
{
	const struct map_row *row = NULL;
	struct maps maps;
	u64 at = 0;
	void *copy;

	if (maps_read(r->pid, &maps))
		return 0;
	for (u32 i = 0; i < maps.nr && !row; i++)
		if (!strcmp(maps.rows[i].path, "[vdso]"))
			row = &maps.rows[i];
	copy = row && row->hi - row->lo <= VDSO_BYTES_MAX ? malloc(row->hi - row->lo) : NULL;
	if (copy && !mem_peek(&r->mem, row->lo, copy, row->hi - row->lo))
		at = vdso_clock_gettime(copy, row->hi - row->lo);
	at = at ? row->lo + at : 0;
	free(copy);
	maps_done(&maps);
	return at;
}

#define MADV_WIPEONFORK_ 18

static int map_rt(struct remote *r, struct call *c)
{
	u64 threads, lanes;
	int err;

	err = mem_map(&r->mem, c, 0, sizeof(struct rt_threads), RW, &threads);
	err = err ?: call_make(c, SYS_madvise, threads, sizeof(struct rt_threads), MADV_WIPEONFORK_, 0, 0, 0);
	err = err ?: mem_map_shared(&r->mem, c, 0, sizeof(struct rt_lanes), RW, env_lanes_fd(), &lanes);
	err = err ?: set_word(r, "rt_env", offsetof(struct rt_env, lanes), lanes);
	err = err ?: set_word(r, "rt_env", offsetof(struct rt_env, nr_cpus), rt_env.nr_cpus);
	err = err ?: set_word(r, "rt_env", offsetof(struct rt_env, clock_gettime), find_clock(r));
	return err ?: set_word(r, "rt_env", offsetof(struct rt_env, threads), threads);
}

/* A static program has no thread block before its first own instructions made one; guards need some. */
static int lend_thread_block(struct remote *r, struct call *c)
{
	u64 block = agent_symbol(&r->agent, "agent_thread_block"), now;
	struct stop *s = call_stop(c);
	int err;

	err = set_word(r, "agent_thread_block", 0, block);
	for (u32 i = 0; i < s->nr_threads && !err; i++) {
		if (!s->threads[i].stopped || arch_host_thread_pointer(s->threads[i].tid, &now) || now)
			continue;
		err = arch_host_set_thread_pointer(s->threads[i].tid, block);
	}
	return err;
}

static int set_up(struct remote *r, struct call *c, struct guard_env *env)
{
	struct guard_range text;
	int err;

	err = map_agent(r, c);
	err = err ?: call_set_gadget(c, r->gadget);
	err = err ?: map_rt(r, c);
	err = err ?: map_guards(r, c, PAGE, &env->blocks);
	err = err ?: mem_map_shared(&r->mem, c, env->blocks + GUARD_BLOCKS_BYTES, PAGE, RW, alive_memfd(r->alive),
				    &env->alive);
	err = err ?: map_jitdump(r, c);
	if (err)
		return err;
	r->guard_table = agent_symbol(&r->agent, "guard_table");
	err = set_word(r, "guard_table", offsetof(struct guard_table, alive), env->alive);
	err = err ?: set_word(r, "guard_table", offsetof(struct guard_table, blocks), env->blocks);
	err = err ?: lend_thread_block(r, c);
	err = err ?: mem_peek(&r->mem, agent_symbol(&r->agent, "agent_guard_text"), &text, sizeof(text));
	return err ?: remote_op_add_images(r, text.start, text.end);
}

static int make_space(struct remote *r, struct guard_env *env)
{
	const struct arch_tramp_ops *arch = arch_host_tramp();
	int err;

	env->claim = agent_symbol(&r->agent, "arch_tramp_claim");
	env->busy = agent_symbol(&r->agent, "arch_tramp_busy");
	env->probe_words = agent_symbol(&r->agent, "arch_tramp_readable");
	env->left = agent_symbol(&r->agent, "guard_left");
	err = tramp_space_new(&ops, r, arch, env, &r->space);
	if (err)
		return err;
	r->space->vector_bytes = arch_host_vector_bytes();
	r->space->run_enter = agent_symbol(&r->agent, "tramp_run_enter");
	r->space->run_exit = agent_symbol(&r->agent, "tramp_run_exit");
	return 0;
}

static int enter(struct remote *r)
{
	struct guard_env env = {};
	struct call *c;
	int err;

	err = begin(r, &c);
	if (err)
		return err;
	err = set_up(r, c, &env);
	if (err && err != -ESRCH)
		fail(err, "inject: cannot set up process %d: %s", r->pid, log_errstr(err));
	end(r, c);
	return err ?: make_space(r, &env);
}

static int open_process(struct remote *r)
{
	r->mem.pidfd = syscall(SYS_pidfd_open, r->pid, 0);
	if (r->mem.pidfd < 0)
		return fail(-errno, "inject: process %d: %s", r->pid, log_errstr(errno));
	r->mem.fd = mem_open(r->pid);
	if (r->mem.fd < 0)
		return fail_hint(r->mem.fd, r->mem.fd == -EPERM ? privilege_ptrace_hint() : NULL,
				 "inject: cannot open memory of process %d: %s", r->pid, log_errstr(r->mem.fd));
	return 0;
}

/* -- Leaving --- */

static void restore_family(const struct remote *r)
{
	struct tramp_patch *patches = NULL;
	int nr = r->mem.links ? tramp_restorations(r->space, &patches) : 0;

	if (nr > 0)
		family_restore(r->mem.links, r->pid, r->hold, patches, nr);
	free(patches);
}

#define LEAVE_TRIES 100		/* in half a second: soon at first, for who is busy may take long to get out */

static u32 list_spans(const struct remote *r, struct leave_span **ret)
{
	struct leave_span *spans;
	u32 nr = 0;

	for (struct mem_piece *p = r->mem.pieces; p; p = p->next)
		nr++;
	spans = calloc(nr ?: 1, sizeof(*spans));
	*ret = spans;
	nr = 0;
	for (struct mem_piece *p = r->mem.pieces; p && spans; p = p->next)
		spans[nr++] = (struct leave_span){ p->addr, p->bytes };
	return nr;
}

/* Unmapping is called from where it does not matter. */
static int unmap_all(struct remote *r, const struct leave_span *spans, u32 nr)
{
	struct call *c;
	int err;

	lock_remote(r);
	err = lost_memory(r) ? -ESRCH : call_begin(r->pid, r->mem.fd, 0, r->hold, &c);
	if (err) {
		unlock_remote(r);
		return err;
	}
	err = leave_check(call_stop(c), spans, nr, !r->jumped);
	for (u32 i = 0; i < nr && !err; i++)
		err = call_make(c, SYS_munmap, spans[i].addr, spans[i].bytes, 0, 0, 0, 0);
	end(r, c);
	return err;
}

/* Functions that still have our bytes, and calls that are under way, need what they lead to. Where one does not end, it
 * stays. */
static void leave(struct remote *r)
{
	struct leave_span *spans;
	u32 nr = list_spans(r, &spans);
	int err = nr ? -EAGAIN : 0;

	for (u32 i = 0; i < LEAVE_TRIES && err == -EAGAIN && spans; i++) {
		err = r->space ? tramp_restore(r->space) : 0;
		err = err ?: unmap_all(r, spans, nr);
		if (err == -EAGAIN)
			usleep(1000 + 100 * i);
	}
	if (err && err != -ESRCH)
		log_msg(LOG_INFO, "inject: memory of the agent stays in process %d: %s", r->pid, log_errstr(err));
	free(spans);
}

void remote_close(struct remote *r)
{
	struct remote_map *m;

	if (!r)
		return;
	spare_lend();
	restore_family(r);
	if (r->mem.fd >= 0)
		leave(r);
	spare_take_back();
	spare_put();
	while ((m = r->maps)) {
		r->maps = m->next;
		bridge_stop(m->bridge);
		free(m);
	}
	printed_close(r->printed);
	alive_stop(r->alive);
	keeper_stop(r->keeper);
	maps_done(&r->files);
	agent_done(&r->agent);
	mem_done(&r->mem);
	r->keeper = NULL;
	r->alive = NULL;
	r->printed = NULL;
	r->left = true;
	if (!r->space)
		free(r);	/* else programs of it may still be there to be freed */
}

struct tramp_space *remote_space(struct remote *r)
{
	return r->space;
}

u64 remote_stood_ns(const struct remote *r)
{
	return r->stood_ns;
}

void remote_count_runs(struct remote *r, bool on)
{
	set_word(r, "tramp_runs_counted", 0, on);
}

int remote_look(const struct remote *r)
{
	char path[32], exe[2];

	if (!has_ended(r))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/exe", r->pid);
	return readlink(path, exe, sizeof(exe)) > 0 ? -ENOEXEC : -ESRCH;
}

/* By symbols of the agent: what replaces it, and where that finds the function as it was. */
static const struct {
	const char *name, *by, *original;
	u32 off;
} hooks[] = {
	[REMOTE_HOOK_UNWINDERS] = { "_dl_find_object", "agent_find_object", "agent_find_original", 0 },
	[REMOTE_HOOK_LONGJMP] = { "longjmp", "arch_tramp_longjmp", "guard_jump_originals", 0 },
	[REMOTE_HOOK_LONGJMP_CHK] = { "__longjmp_chk", "arch_tramp_longjmp_chk", "guard_jump_originals", 8 },
};

const char *remote_hook_name(enum remote_hook hook)
{
	return hooks[hook].name;
}

int remote_hook(struct remote *r, enum remote_hook hook, u64 addr, u32 size)
{
	const struct tramp_proto proto = { .nr_args = 2, .arg_words = { 1, 1 } };
	struct tramp *t;
	int err;

	err = tramp_get(r->space, addr, size, &proto, hooks[hook].name, &t);
	err = err ?: set_word(r, hooks[hook].original, hooks[hook].off, tramp_original(t));
	if (hook != REMOTE_HOOK_UNWINDERS)
		r->jumped = true;
	err = err ?: tramp_replace(t, agent_symbol(&r->agent, hooks[hook].by));
	if (!err)
		r->hooked[hook] = t;
	return err;
}

void remote_unhook(struct remote *r)
{
	for (u32 i = 0; i < REMOTE_HOOKS; i++) {
		if (r->hooked[i])
			tramp_replace(r->hooked[i], 0);
		r->hooked[i] = NULL;
	}
}

u64 remote_helper(const struct remote *r, const void *here)
{
	return agent_helper(&r->agent, here);
}

/* -- Maps --- */

static struct rt_map moved_map(const struct remote *r, const struct rt_map *rt, u64 base)
{
	struct rt_map m = *rt;

	m.hdr = (void *)base;
	m.base = (void *)base;
	m.index = (void *)(base + rt->index_off);
	m.nodes = (void *)(base + rt->node_off);
	m.bits = (void *)(base + rt->bits_off);
	m.values = (void *)(base + rt->value_off);
	m.ops = (void *)agent_map_ops(&r->agent, rt->ops);
	m.notify_fd = -1;
	m.owner = NULL;
	return m;
}

static int place_map(struct remote *r, struct call *c, struct remote_map *m, int memfd)
{
	u64 bytes = rt_round_up(m->rt->total_bytes, PAGE), at;
	struct rt_map moved;
	int err;

	err = mem_map(&r->mem, c, 0, PAGE + bytes, RW, &m->addr);
	err = err ?: mem_map_shared(&r->mem, c, m->addr + PAGE, bytes, RW, memfd, &at);
	if (err)
		return err;
	moved = moved_map(r, m->rt, at);
	m->values = (u64)moved.values;
	return poke(r, m->addr, &moved, sizeof(moved));
}

/* The application waits for an eventfd. */
static void notify_here(void *arg)
{
	const u64 one = 1;
	struct rt_map *rt = arg;

	rt_ring_recover(rt);
	if (rt_ring_has_data(rt) && write(rt->notify_fd, &one, sizeof(one)) < 0)
		log_msg(LOG_DEBUG, "inject: eventfd: %s", log_errstr(errno));
}

static int new_map(struct remote *r, const struct rt_map *rt, int memfd, struct remote_map **ret)
{
	struct remote_map *m = calloc(1, sizeof(*m));
	struct call *c;
	int err = m ? begin(r, &c) : -ENOMEM;

	if (!err) {
		m->rt = rt;
		err = place_map(r, c, m, memfd);
		end(r, c);
	}
	if (!err && rt->notify_fd >= 0)
		err = bridge_start(rt, notify_here, (void *)rt, &m->bridge);
	if (err) {
		free(m);
		return err;
	}
	m->next = r->maps;
	r->maps = m;
	*ret = m;
	return 0;
}

int remote_map(struct remote *r, const struct rt_map *rt, int memfd, u64 *ret, u64 *values)
{
	struct remote_map *m;
	int err = 0;

	lock_remote(r);
	m = r->maps;
	while (m && m->rt != rt)
		m = m->next;
	if (!m && rt->ops == &rt_fd_array_ops)
		err = fail(-EOPNOTSUPP, "inject: maps of programs or maps do not work in other processes yet");
	else if (!m)
		err = new_map(r, rt, memfd, &m);
	if (!err) {
		*ret = m->addr;
		*values = m->values;
	}
	unlock_remote(r);
	return err;
}

/* -- Entering --- */

static int send_lines(struct remote *r)
{
	u64 ring, values;
	int err = printed_open(&r->printed);

	err = err ?: remote_map(r, printed_ring(r->printed), printed_memfd(r->printed), &ring, &values);
	return err ?: set_word(r, "rt_trace_ring", 0, ring);
}

int remote_open(pid_t pid, struct remote **ret)
{
	return remote_open_held(pid, NULL, ret);
}

int remote_open_held(pid_t pid, struct stop_hold *hold, struct remote **ret)
{
	pthread_mutexattr_t attr;
	struct remote *r;
	int err;

	if (!arch_host_tramp())
		return fail(-EOPNOTSUPP, "inject: no trampolines on this machine");
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&r->lock, &attr);
	r->pid = pid;
	r->hold = hold;
	r->mem = (struct mem){ .pid = pid, .pidfd = -1, .fd = -1 };
	err = spare_get();
	if (err)
		fail_hint(err, "raise 'ulimit -n', or end other sessions", "process %d: it takes file descriptors: %s", pid,
			  log_errstr(err));
	err = err ?: refuse_check(pid);
	err = err ?: env_init();
	err = err ?: open_process(r);
	err = err ?: keeper_start(pid, r->mem.fd, &r->keeper);
	err = err ?: alive_start(&r->alive);
	err = err ?: enter(r);
	err = err ?: send_lines(r);
	if (err) {
		remote_close(r);
		return err;
	}
	*ret = r;
	return 0;
}
