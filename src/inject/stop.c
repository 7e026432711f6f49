/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of work: seize and interrupt every thread; see that the text is as expected; find the PCs
 * amid the bytes to be replaced, in registers and in signal frames; move them; write; let go.
 */
#include "inject/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "trampoline/guard.h"
#include "util/log.h"

#define THREADS_MAX 16384
#define MAPS_BYTES (8u << 20)
#define WORDS_MAX (2u << 20)	/* of a stack at a time */
#define PAGE 4096ULL
#define WORDS_AROUND 64		/* that a signal frame's PC is known by */
#define RANGES_MAX 256		/* stacks that one thread's frames may be spread over */
#define PAGEMAP_WORDS 512
#define PAGEMAP_THERE (3ULL << 62)	/* present or swapped out */
#define LOOK_BYTES_MAX (16ULL << 30)
#define LOOK_SHARED_MAX (1ULL << 30)
#define STOP_TIMEOUT_NS 2000000000ULL
#define STOP_GIVE_UP_NS 120000000000ULL
#define SLEEP_MIN_NS 5000
#define SLEEP_MAX_NS 1000000

/* -- System calls without errno --- */

static long sys(long nr, long a, long b, long c, long d)
{
	return arch_host_syscall(nr, a, b, c, d);
}

static long sys_ptrace(long req, pid_t tid, long addr, long data)
{
	return sys(SYS_ptrace, req, tid, addr, data);
}

/* Not a yield: that would let every busy thread of the process have its turn first. The longer it has taken, the
 * longer: on a busy machine we would keep from the CPU those we wait for. */
static void sleep_a_little(u32 *ns)
{
	const struct timespec ts = { 0, *ns };

	sys(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, (long)&ts, 0);
	*ns += *ns / 8;
	if (*ns > SLEEP_MAX_NS)
		*ns = SLEEP_MAX_NS;
}

/* While the process is stopped we go before others, if we may. */
static void hurry(struct stop *s)
{
	const struct sched_param first = { 1 };

	s->policy = sys(SYS_sched_getscheduler, 0, 0, 0, 0);
	s->hurried = s->policy == SCHED_OTHER && !sys(SYS_sched_setscheduler, 0, SCHED_FIFO, (long)&first, 0);
}

static void calm_down(struct stop *s)
{
	const struct sched_param any = { 0 };

	if (s->hurried)
		sys(SYS_sched_setscheduler, 0, s->policy, (long)&any, 0);
	s->hurried = false;
}

static u64 now_ns(void)
{
	struct timespec ts = {};

	sys(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&ts, 0, 0);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static bool peek(const struct stop *s, u64 addr, void *buf, u64 bytes)
{
	return sys(SYS_pread64, s->mem, (long)buf, bytes, addr) == (long)bytes;
}

static bool poke(const struct stop *s, u64 addr, const void *buf, u64 bytes)
{
	return sys(SYS_pwrite64, s->mem, (long)buf, bytes, addr) == (long)bytes;
}

/* "/proc/PID/task" and then "/TID/NAME", for which there may be no stdio here */
static void put_path(char *p, pid_t pid, pid_t tid, const char *name)
{
	pid_t ids[] = { pid, tid };

	for (int i = 0; i < (tid ? 2 : 1); i++) {
		bool any = false;

		for (const char *dir = i ? "/task/" : "/proc/"; *dir; dir++)
			*p++ = *dir;
		for (u32 div = 1000000000; div; div /= 10) {
			any |= ids[i] >= (pid_t)div;
			if (any)
				*p++ = '0' + ids[i] / div % 10;
		}
	}
	while ((*p++ = *name++))
		;
}

/* -- Text --- */

/* Where those from @i on end that lie in one page, and are read and written at once. */
static u32 page_end(const struct tramp_patch *p, u32 i, u32 nr)
{
	u32 j = i + 1;

	while (j < nr && p[j].addr > p[j - 1].addr && (p[j].addr + p[j].len - 1) / PAGE == p[i].addr / PAGE)
		j++;
	return j;
}

static u64 page_bytes(const struct tramp_patch *p, u32 i, u32 end)
{
	return p[end - 1].addr + p[end - 1].len - p[i].addr;
}

/* Reads the text of [@i, @end), which is to be what it was. */
static int read_page(const struct stop *s, const struct tramp_patch *p, u32 i, u32 end, u8 *text)
{
	if (!peek(s, p[i].addr, text, page_bytes(p, i, end)))
		return -EBUSY;
	for (u32 j = i; j < end; j++)
		if (memcmp(text + (p[j].addr - p[i].addr), p[j].old, p[j].len))
			return -EBUSY;
	return 0;
}

static int check_text(const struct stop *s, const struct tramp_patch *patches, u32 nr)
{
	u8 text[PAGE + ARCH_PATCH_MAX];
	int err = 0;

	for (u32 i = 0, end; i < nr && !err; i = end) {
		end = page_end(patches, i, nr);
		err = read_page(s, patches, i, end, text);
	}
	return err;
}

/* Breakpoints may be set by others while the process stands still: it is looked again just before each page, with the
 * text between the patches, is written. */
static int write_page(const struct stop *s, const struct tramp_patch *p, u32 i, u32 end)
{
	u8 text[PAGE + ARCH_PATCH_MAX];
	int err = read_page(s, p, i, end, text);

	if (err)
		return err;
	for (u32 j = i; j < end; j++)
		memcpy(text + (p[j].addr - p[i].addr), p[j].new, p[j].len);
	return poke(s, p[i].addr, text, page_bytes(p, i, end)) ? 0 : -EIO;
}

static int write_text(const struct stop *s, const struct tramp_patch *patches, u32 nr)
{
	int err = 0;

	for (u32 i = 0, end; i < nr && !err; i = err ? i : end) {
		end = page_end(patches, i, nr);
		err = write_page(s, patches, i, end);
		while (err && i--)	/* what could be written can be written back */
			poke(s, patches[i].addr, patches[i].old, patches[i].len);
	}
	return err;
}

/* -- Images --- */

static int read_ranges(struct stop *s)
{
	u64 nr, at = s->guard_table + offsetof(struct guard_table, nr_ranges);

	if (!peek(s, at, &nr, sizeof(nr)) || nr > GUARD_RANGES_MAX)
		return -EIO;
	s->nr_ranges = nr;
	at = s->guard_table + offsetof(struct guard_table, ranges);
	return peek(s, at, s->ranges, nr * sizeof(*s->ranges)) ? 0 : -EIO;
}

static bool in_images(const struct stop *s, u64 pc)
{
	for (u32 i = 0; i < s->nr_ranges; i++)
		if (pc >= s->ranges[i].start && pc < s->ranges[i].end)
			return true;
	return false;
}

/* As in trampoline/guard.c: does the frame still say that it runs what @cell guards? */
static bool is_held(const struct stop *s, u64 cell)
{
	u64 holder, stamp, held;

	return peek(s, cell, &holder, 8) && holder > 1 && peek(s, holder + GUARD_FRAME_STAMP, &stamp, 8) &&
	       peek(s, holder + GUARD_FRAME_CELL, &held, 8) && held == cell &&
	       in_images(s, guard_stamp(stamp, holder));
}

static int check_guard(const struct stop *s, u64 guard_off)
{
	u64 claimed[GUARD_THREADS / 64], blocks;

	if (!peek(s, s->guard_table + offsetof(struct guard_table, claimed), claimed, sizeof(claimed)) ||
	    !peek(s, s->guard_table + offsetof(struct guard_table, blocks), &blocks, sizeof(blocks)))
		return -EIO;
	for (u64 nr = 0; nr < GUARD_THREADS; nr++)
		if (claimed[nr / 64] >> nr % 64 & 1 &&
		    is_held(s, blocks + (nr << GUARD_BLOCK_SHIFT) + guard_off))
			return -EAGAIN;
	return 0;
}

/* -- PCs --- */

/* What is done about PCs: those amid patches are moved; with none, any in images is an obstacle. */
struct moves {
	const struct tramp_patch *patches;
	u32 nr;
	bool fix;		/* else only look */
	bool any;		/* there is one to be moved */
};

/* Where a thread at @pc is to go on; 0: where it is. -1: it must not be there. */
static u64 moved(const struct stop *s, const struct moves *m, u64 pc)
{
	if (!m->patches)
		return in_images(s, pc) ? -1ULL : 0;
	for (u32 i = 0; i < m->nr; i++) {
		const struct tramp_patch *p = &m->patches[i];

		if (pc < p->addr || pc >= p->addr + p->len)
			continue;
		for (u32 j = 0; j < p->nr_moves; j++)
			if (p->from[j] == pc)
				return p->to[j];
		return p->nr_moves && pc != p->addr ? -1ULL : 0;
	}
	return 0;
}

struct mapping {
	u64 lo, hi;
	bool writable, shared;
};

/* The line at *@p of the text of /proc/PID/maps, which goes on to the next. false: there is none */
static bool next_mapping(const struct stop *s, const char **p, struct mapping *ret)
{
	const char *end = s->maps + s->maps_len, *c = *p;

	*ret = (struct mapping){ 0 };
	for (; c < end && *c != '-'; c++)
		ret->lo = ret->lo << 4 | (*c <= '9' ? *c - '0' : *c - 'a' + 10);
	for (c++; c < end && *c != ' '; c++)
		ret->hi = ret->hi << 4 | (*c <= '9' ? *c - '0' : *c - 'a' + 10);
	if (c + 4 >= end)
		return false;
	ret->writable = c[1] == 'r' && c[2] == 'w';
	ret->shared = c[4] == 's';
	while (c < end && *c++ != '\n')
		;
	*p = c;
	return true;
}

/* The end of the readable and writable mapping around @sp; 0: there is none. */
static u64 stack_end(const struct stop *s, u64 sp)
{
	const char *p = s->maps;
	struct mapping m;

	while (next_mapping(s, &p, &m))
		if (sp >= m.lo && sp < m.hi)
			return m.writable ? m.hi : 0;
	return 0;
}

struct stacks {
	u32 nr;
	struct { u64 lo, hi; } at[RANGES_MAX];
};

static void add_stack(const struct stop *s, struct stacks *st, u64 sp)
{
	u64 hi = stack_end(s, sp);

	for (u32 i = 0; i < st->nr; i++)
		if (sp >= st->at[i].lo && sp < st->at[i].hi)
			return;
	if (!hi || st->nr == RANGES_MAX)
		return;
	st->at[st->nr].lo = sp & ~7ULL;
	st->at[st->nr++].hi = hi;
}

/* Saved PCs in @nr words read from @addr, of which @skip were looked at before. */
static int scan_words(struct stop *s, struct moves *m, struct stacks *st, u64 addr, u32 nr, u32 skip)
{
	for (u32 i = skip; i < nr; i++) {
		u64 next_sp, to;

		if (!arch_host_is_saved_pc(&s->words[i], i, nr - i - 1, &next_sp))
			continue;
		to = moved(s, m, s->words[i]);
		if (to == -1ULL)
			return -EAGAIN;
		m->any |= to != 0;
		if (to && m->fix && !poke(s, addr + i * 8ULL, &to, 8))
			return -EIO;
		add_stack(s, st, next_sp);
	}
	return 0;
}

/* Signal frames from @sp on. Contexts found there lead to further stacks, such as the one that a
 * handler on the alternate stack interrupted. */
static int scan_stacks(struct stop *s, struct moves *m, u64 sp)
{
	struct stacks st = { 0 };
	int err = 0;

	add_stack(s, &st, sp);
	for (u32 i = 0; i < st.nr && !err; i++) {
		u32 skip = 0;

		for (u64 a = st.at[i].lo; a + 8 <= st.at[i].hi && !err;) {
			u64 left = (st.at[i].hi - a) / 8;
			u32 nr = left < WORDS_MAX ? left : WORDS_MAX;

			if (!peek(s, a, s->words, nr * 8ULL))
				break;
			err = scan_words(s, m, &st, a, nr, skip);
			if (nr == left)
				break;
			skip = WORDS_AROUND;
			a += (nr - 2 * WORDS_AROUND) * 8ULL;
		}
	}
	return err;
}

/* A leader that has exited has no mappings. */
pid_t stop_live_thread(const struct stop *s)
{
	for (u32 i = 0; i < s->nr_threads; i++)
		if (s->threads[i].stopped)
			return s->threads[i].tid;
	return 0;
}

static int read_maps(struct stop *s)
{
	char path[64];
	int fd;
	long n;

	put_path(path, s->pid, stop_live_thread(s), "/maps");
	fd = sys(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	s->maps_len = 0;
	do {
		n = sys(SYS_read, fd, (long)s->maps + s->maps_len, MAPS_BYTES - s->maps_len, 0);
		s->maps_len += n > 0 ? n : 0;
	} while (n > 0);
	sys(SYS_close, fd, 0, 0, 0);
	return n;
}

static int each_pc(struct stop *s, struct moves *m)
{
	int err = 0;

	for (u32 i = 0; i < s->nr_threads && !err; i++) {
		struct stop_thread *t = &s->threads[i];
		u64 to;

		if (!t->stopped)
			continue;
		err = arch_host_get_pc(t->tid, &t->pc);
		if (err)
			return err;
		to = moved(s, m, t->pc.pc);
		if (to == -1ULL)
			return -EAGAIN;
		m->any |= to != 0;
		if (to && m->fix)
			err = arch_host_set_pc(t->tid, to);
		err = err ?: scan_stacks(s, m, t->pc.sp);
	}
	return err;
}

/* First look, then move: a refusal must find everything as it was. */
static int move_pcs(struct stop *s, const struct tramp_patch *patches, u32 nr)
{
	struct moves m = { .patches = patches, .nr = nr };
	int err;

	err = read_maps(s);
	err = err ?: each_pc(s, &m);
	m.fix = true;
	return err || !m.any ? err : each_pc(s, &m);
}

int stop_patch(struct stop *s, const struct tramp_patch *patches, u32 nr)
{
	int err;

	err = check_text(s, patches, nr);
	err = err ?: move_pcs(s, patches, nr);
	return err ?: write_text(s, patches, nr);
}

int stop_look(struct stop *s, u64 guard_off)
{
	struct moves m = { 0 };
	int err;

	err = read_ranges(s);
	err = err ?: read_maps(s);
	err = err ?: each_pc(s, &m);
	return err ?: check_guard(s, guard_off);
}

/* -- Who points into code --- */

struct users {
	struct tramp_piece *pieces;
	u32 nr;
	u64 lo, span;		/* of all pieces */
	u64 left, left_shared;	/* bytes that may still be there to be looked at */
	u64 looked_at;
};

static void mark(const struct users *u, u64 word)
{
	u32 lo = 0, hi = u->nr;

	if (word - u->lo >= u->span)
		return;
	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (word < u->pieces[mid].start) {
			hi = mid;
		} else if (word >= u->pieces[mid].end) {
			lo = mid + 1;
		} else {
			u->pieces[mid].used = true;
			return;
		}
	}
}

/* How far from @addr on memory is skipped, or is not: *@to, at most @end. */
static bool is_skipped(const struct stop *s, u64 addr, u64 end, u64 *to)
{
	*to = end;
	for (u32 i = 0; i < s->nr_skips; i++) {
		const struct guard_range *r = &s->skips[i];

		if (addr >= r->start && addr < r->end) {
			*to = r->end < end ? r->end : end;
			return true;
		}
		if (r->start > addr && r->start < *to)
			*to = r->start;
	}
	return false;
}

/* What cannot be read, as a device's memory, is no stack. */
static void look_at_memory(const struct stop *s, struct users *u, u64 addr, u64 end)
{
	for (u64 to; addr < end; addr = to) {
		u64 bytes;

		if (is_skipped(s, addr, end, &to))
			continue;
		if (to - addr > WORDS_MAX * sizeof(*s->words))
			to = addr + WORDS_MAX * sizeof(*s->words);
		bytes = to - addr;
		if (!peek(s, addr, s->words, bytes)) {
			if (bytes <= PAGE)
				continue;
			to = addr + PAGE;
			if (!peek(s, addr, s->words, PAGE))
				continue;
			bytes = PAGE;
		}
		u->looked_at += bytes;
		for (u64 i = 0; i < bytes / sizeof(*s->words); i++)
			mark(u, s->words[i]);
	}
}

/* Pages that were never touched hold nothing, and there may be very many of them. */
static int look_at_touched(const struct stop *s, struct users *u, const struct mapping *m, int pagemap)
{
	u64 there[PAGEMAP_WORDS], nr = (m->hi - m->lo) / PAGE;

	for (u64 at = 0; at < nr; at += PAGEMAP_WORDS) {
		u64 cnt = nr - at < PAGEMAP_WORDS ? nr - at : PAGEMAP_WORDS;

		if (sys(SYS_pread64, pagemap, (long)there, cnt * 8, (m->lo / PAGE + at) * 8) != (long)(cnt * 8))
			return -EIO;
		for (u64 i = 0, j; i < cnt; i = j + 1) {
			for (j = i; j < cnt && there[j] & PAGEMAP_THERE; j++)
				;
			look_at_memory(s, u, m->lo + (at + i) * PAGE, m->lo + (at + j) * PAGE);
		}
	}
	return 0;
}

static int look_at_mappings(const struct stop *s, struct users *u, int pagemap)
{
	const char *p = s->maps;
	struct mapping m;
	int err = 0;

	while (!err && next_mapping(s, &p, &m)) {
		u64 bytes = m.hi - m.lo, *left = m.shared ? &u->left_shared : &u->left;

		if (!m.writable)
			continue;
		if (bytes > *left)
			return -E2BIG;
		*left -= bytes;
		if (m.shared)	/* untouched here is not untouched */
			look_at_memory(s, u, m.lo, m.hi);
		else
			err = look_at_touched(s, u, &m, pagemap);
	}
	return err;
}

static int look_at_registers(const struct stop *s, const struct users *u)
{
	u64 words[ARCH_WORDS_MAX];

	for (u32 i = 0; i < s->nr_threads; i++) {
		int nr = s->threads[i].stopped ? arch_host_get_words(s->threads[i].tid, words) : 0;

		if (nr < 0)
			return nr;
		for (int j = 0; j < nr; j++)
			mark(u, words[j]);
	}
	return 0;
}

int stop_find_users(struct stop *s, struct tramp_piece *pieces, u32 nr, u64 *looked_at)
{
	struct users u = { pieces, nr, pieces[0].start, pieces[nr - 1].end - pieces[0].start,
			   LOOK_BYTES_MAX, LOOK_SHARED_MAX, 0 };
	char path[64];
	int err, fd;

	err = read_maps(s);
	err = err ?: s->maps_len == MAPS_BYTES ? -E2BIG : look_at_registers(s, &u);
	if (err)
		return err;
	put_path(path, s->pid, stop_live_thread(s), "/pagemap");
	fd = sys(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	err = look_at_mappings(s, &u, fd);
	sys(SYS_close, fd, 0, 0, 0);
	*looked_at = u.looked_at;
	return err;
}

/* -- Threads --- */

/* In /proc/PID/task/TID/stat, behind the name, which may hold anything. */
static char state_of(const struct stop *s, pid_t tid)
{
	char path[64], text[256], state = 'X';
	long fd, n;

	put_path(path, s->pid, tid, "/stat");
	fd = sys(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return state;
	n = sys(SYS_read, fd, (long)text, sizeof(text), 0);
	sys(SYS_close, fd, 0, 0, 0);
	for (long i = 0; i + 2 < n; i++)
		if (text[i] == ')')
			state = text[i + 2];
	return state;
}

static bool is_dead(const struct stop *s, pid_t tid)
{
	char state = state_of(s, tid);

	return state == 'X' || state == 'Z';
}

/* A thread that has exited, be it a leader that others outlive, is none. */
static int seize(struct stop *s, pid_t tid)
{
	bool held = s->hold && !sys_ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	long err = held ? 0 : sys_ptrace(PTRACE_SEIZE, tid, 0, s->hold && !s->hold->end ? STOP_HOLD_OPTIONS : 0);

	if (err)
		return err == -ESRCH || (err == -EPERM && is_dead(s, tid)) ? 0 : err;
	if (s->nr_threads == THREADS_MAX)
		return -E2BIG;
	s->threads[s->nr_threads++] = (struct stop_thread){ .tid = tid };
	if (!held)
		sys_ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	return 0;
}

static bool is_known(const struct stop *s, pid_t tid)
{
	for (u32 i = 0; i < s->nr_threads; i++)
		if (s->threads[i].tid == tid)
			return true;
	return false;
}

struct dirent64_raw {
	u64 ino, off;
	unsigned short reclen;
	u8 type;
	char name[];
};

/* Seizes every thread not known yet; *@found says whether there was one. */
static int seize_new(struct stop *s, int dir, bool *found)
{
	u8 buf[4096] __attribute__((aligned(8)));
	int err = 0;
	long n;

	*found = false;
	sys(SYS_lseek, dir, 0, SEEK_SET, 0);
	while (!err && (n = sys(SYS_getdents64, dir, (long)buf, sizeof(buf), 0)) > 0) {
		for (long at = 0; at < n && !err;) {
			struct dirent64_raw *d = (struct dirent64_raw *)(buf + at);
			u32 before = s->nr_threads;
			pid_t tid = 0;

			at += d->reclen;
			for (const char *p = d->name; *p >= '0' && *p <= '9'; p++)
				tid = tid * 10 + *p - '0';
			if (!tid || is_known(s, tid))
				continue;
			err = seize(s, tid);
			*found |= s->nr_threads != before;
		}
	}
	return err;
}

/* PTRACE_EVENT_STOP is ours; without an event a stop is about a signal, which is to go on when we leave. */
static void look_at(const struct stop *s, struct stop_thread *t)
{
	int status = 0;
	long got;

	if (s->is_child && t->tid == s->pid && is_dead(s, t->tid)) {
		t->gone = true;	/* its status is for who started it */
		return;
	}
	got = sys(SYS_wait4, t->tid, (long)&status, __WALL | WNOHANG, 0);
	t->stopped = got > 0 && WIFSTOPPED(status);
	t->gone = got && !t->stopped;
	if (!t->stopped)
		return;
	if (status >> 16 == PTRACE_EVENT_FORK || status >> 16 == PTRACE_EVENT_CLONE) {
		t->stopped = false;	/* amid its system call: our interrupt comes right behind */
		sys_ptrace(PTRACE_CONT, t->tid, 0, 0);
		return;
	}
	t->in_call = status >> 16 == PTRACE_EVENT_VFORK || status >> 16 == PTRACE_EVENT_EXEC;
	if (!(status >> 16))
		t->sig = WSTOPSIG(status);
	t->in_group = status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;
	t->executed = status >> 16 == PTRACE_EVENT_EXEC;
	if (t->executed && s->hold)
		s->hold->executed = s->pid;
}

static bool is_awaited(const struct stop_thread *t)
{
	return !t->stopped && !t->gone;
}

/* One that sleeps in the kernel and cannot be interrupted; others will have their turn, however busy the machine is,
 * unless something is wrong that we do not know of. */
static bool any_stuck(const struct stop *s, u64 ns)
{
	if (ns <= STOP_TIMEOUT_NS)
		return false;
	if (ns > STOP_GIVE_UP_NS)
		return true;
	for (u32 i = 0; i < s->nr_threads; i++)
		if (is_awaited(&s->threads[i]) && state_of(s, s->threads[i].tid) == 'D')
			return true;
	return false;
}

static struct stop_thread *find_leader(const struct stop *s)
{
	for (u32 i = 0; i < s->nr_threads; i++)
		if (s->threads[i].tid == s->pid)
			return &s->threads[i];
	return NULL;
}

/*
 * A leader's end is told once we have collected the others, those included that were killed after they had stopped. One
 * that others outlive is none that could stop.
 */
static void look_behind_leader(struct stop *s)
{
	struct stop_thread *leader = find_leader(s);
	u32 nr_stopped = 0, nr_awaited = 0;

	if (!leader || !is_awaited(leader) || !is_dead(s, leader->tid))
		return;
	for (u32 i = 0; i < s->nr_threads; i++) {
		struct stop_thread *t = &s->threads[i];

		t->stopped = t->stopped && !is_dead(s, t->tid);
		nr_stopped += t->stopped;
		nr_awaited += is_awaited(t);
	}
	leader->gone = nr_stopped && nr_awaited == 1;
}

static int wait_stopped(struct stop *s)
{
	u64 start = now_ns();
	u32 pause_ns = SLEEP_MIN_NS;
	bool left = true;

	while (left) {
		left = false;
		for (u32 i = 0; i < s->nr_threads; i++) {
			struct stop_thread *t = &s->threads[i];

			if (is_awaited(t))
				look_at(s, t);
			left |= is_awaited(t);
		}
		if (left && any_stuck(s, now_ns() - start))
			return -EAGAIN;
		if (left) {
			sleep_a_little(&pause_ns);
			look_behind_leader(s);
		}
	}
	return 0;
}

/* A leader's end is not told before we have collected the other threads: for that no wait may block. */
static void wait_a_little(const struct stop *s, const struct stop_thread *t, u32 *pause_ns)
{
	siginfo_t si;

	if (t->tid == s->pid && s->nr_threads > 1)
		sleep_a_little(pause_ns);
	else
		waitid(P_PID, t->tid, &si, WSTOPPED | WEXITED | WNOWAIT | __WALL);
}

int stop_await(const struct stop *s, struct stop_thread *t, int *status)
{
	u32 pause_ns = SLEEP_MIN_NS;
	long got;

	t->stopped = false;
	while (!(got = sys(SYS_wait4, t->tid, (long)status, __WALL | WNOHANG, 0))) {
		if (is_dead(s, t->tid))
			return -ESRCH;
		wait_a_little(s, t, &pause_ns);
	}
	t->stopped = got > 0 && WIFSTOPPED(*status);
	t->gone = !t->stopped;
	return t->stopped ? 0 : -ESRCH;
}

static bool any_stopped(const struct stop *s)
{
	for (u32 i = 0; i < s->nr_threads; i++)
		if (s->threads[i].stopped)
			return true;
	return false;
}

int stop_all(struct stop *s)
{
	char path[64];
	int err, dir;
	bool found;

	s->nr_threads = 0;
	hurry(s);
	put_path(path, s->pid, 0, "/task");
	dir = sys(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir < 0)
		return dir == -ENOENT ? -ESRCH : dir;
	s->since_ns = now_ns();
	do {	/* a thread not stopped yet may make another one */
		err = seize_new(s, dir, &found);
		err = err ?: wait_stopped(s);
	} while (!err && found);
	sys(SYS_close, dir, 0, 0, 0);
	return err ?: any_stopped(s) ? 0 : -ESRCH;
}

/* One that is to stop again does so before it runs. */
static void continue_held(const struct stop *s, const struct stop_thread *t)
{
	if (t->executed)
		return;		/* who follows it goes on from here */
	if (s->hold->park || t->in_group)
		sys_ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
	sys_ptrace(PTRACE_CONT, t->tid, 0, t->sig);
}

/* One that was killed meanwhile is not let go, but its end is to be collected. */
static void let_go(const struct stop *s, struct stop_thread *t)
{
	t->stopped = false;
	if (s->hold && !s->hold->end)
		continue_held(s, t);
	else if (sys_ptrace(PTRACE_DETACH, t->tid, 0, t->sig))
		return;
	t->gone = true;
}

static void let_all_go(struct stop *s)
{
	for (u32 i = 0; i < s->nr_threads; i++)
		if (s->threads[i].stopped)
			let_go(s, &s->threads[i]);
}

/*
 * A thread that is still on its way to a stop cannot be let go before; left alone it would stand there for as long as we
 * live. So it is waited for, while the others run. One that stays seized may stop later: who follows it goes on from there.
 */
void stop_release(struct stop *s)
{
	const bool held = s->hold;
	int err;

	do {
		let_all_go(s);
		err = wait_stopped(s);
		let_all_go(s);
	} while (err && !held);
	if (!s->is_child && !held)	/* killed meanwhile, it would be kept from its parent */
		sys(SYS_wait4, s->pid, 0, __WALL | WNOHANG, 0);
	s->stood_ns = now_ns() - s->since_ns;
	s->nr_threads = 0;
	calm_down(s);
}

/* -- Memory --- */

static void *map_memory(size_t bytes)
{
	void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			 -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

static void unmap(void *mem, size_t bytes)
{
	if (mem)
		munmap(mem, bytes);
}

int stop_init(struct stop *s, pid_t pid, int mem, u64 table)
{
	siginfo_t si;

	*s = (struct stop){
		.is_child = !waitid(P_PID, pid, &si, WEXITED | WNOHANG | WNOWAIT | __WALL),
		.pid = pid, .mem = mem, .guard_table = table,
		.threads = map_memory(THREADS_MAX * sizeof(*s->threads)),
		.maps = map_memory(MAPS_BYTES),
		.words = map_memory(WORDS_MAX * sizeof(*s->words)),
		.ranges = map_memory(GUARD_RANGES_MAX * sizeof(*s->ranges)),
	};
	if (s->threads && s->maps && s->words && s->ranges)
		return 0;
	stop_done(s);
	return -ENOMEM;
}

void stop_skip(struct stop *s, const void *mem, u64 bytes)
{
	if (!s->nr_skips) {
		s->skips[s->nr_skips++] = (struct guard_range){ (u64)s->words, (u64)(s->words + WORDS_MAX) };
		s->skips[s->nr_skips++] = (struct guard_range){ (u64)s->threads, (u64)(s->threads + THREADS_MAX) };
	}
	s->skips[s->nr_skips++] = (struct guard_range){ (u64)mem, (u64)mem + bytes };
}

void stop_done(struct stop *s)
{
	unmap(s->threads, THREADS_MAX * sizeof(*s->threads));
	unmap(s->maps, MAPS_BYTES);
	unmap(s->words, WORDS_MAX * sizeof(*s->words));
	unmap(s->ranges, GUARD_RANGES_MAX * sizeof(*s->ranges));
	*s = (struct stop){ 0 };
}

int stop_explain(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -EBUSY:
		return fail_hint(err, "remove the breakpoint, uprobe or other tracer first",
				 "inject: text is not as expected");
	case -EAGAIN:
		return fail_hint(err, "a thread in vfork() or a driver does not stop; try again",
				 "inject: cannot stop all threads");
	case -EPERM:
	case -EACCES:
	case -ENOSYS:
		return fail_hint(-EPERM,
				 "a debugger is attached, the process is not dumpable (prctl PR_SET_DUMPABLE), "
				 "or a container forbids ptrace (--cap-add=SYS_PTRACE)",
				 "inject: cannot stop threads: %s", log_errstr(err));
	default:
		return fail(err, "inject: cannot change text: %s", log_errstr(err));
	}
}
