/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/printk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <linux/perf_event.h>

#include "engine/user.h"
#include "image/tracefs.h"
#include "rt/trace.h"
#include "util/log.h"

#define EVENT_ID "events/bpf_trace/bpf_trace_printk/id"
#define RING_PAGES 64		/* of data, per CPU; fewer where locked memory is short */
#define FRAMES_MAX 8		/* between the tracepoint and the program are two or three */
#define RECORD_MAX 65536	/* perf's u16 record size */

struct ring {
	int fd;				/* -1: CPU offline */
	struct perf_event_mmap_page *head;
	size_t map_bytes;		/* the head's page and the data */
	uint64_t last_ns;		/* time of the last line */
};

struct kept {
	struct printk_line line;	/* its text is malloc()ed */
	uint64_t seq;			/* lines of one CPU with equal times stay in order */
};

struct printk {
	int epoll_fd;
	int user_fd;			/* of the user engine; then there are no rings */
	uint64_t user_lost;		/* when we began */
	int nr_rings;
	struct ring *rings;
	struct kept *lines;		/* read, not yet handed out */
	size_t nr_lines;
	size_t max_lines;
	uint64_t nr_read;
	uint64_t lost;
	struct whose *whose;		/* NULL = not told */
	char record[RECORD_MAX] __attribute__((aligned(8)));	/* the one being read, contiguous */
};

/* A record of ours, as sample_type of ring_open() lays it out; after the call chain follows raw. */
struct sample {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t time_ns;
	uint32_t cpu, reserved;
	uint64_t nr_ips;
	uint64_t ips[];
};

struct raw {
	uint32_t bytes;
	char data[];
};

/* The tracepoint's own record: the common fields, then where its string is. */
struct tracepoint {
	char common[8];
	uint16_t text_off;
	uint16_t text_bytes;
};

static int read_event_id(uint64_t *ret)
{
	char buf[32] = "";
	int fd = tracefs_open(EVENT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return fail_hint(fd, "tracefs is read by root, or by who mounts it with gid=",
				 "bpf_printk: cannot read '%s' in tracefs: %s", EVENT_ID,
				 log_errstr(fd));
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	*ret = strtoull(buf, NULL, 10);
	return n > 0 && *ret ? 0 : fail(-EIO, "bpf_printk: '%s' has no number", EVENT_ID);
}

static int ring_map(struct ring *r)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *p = MAP_FAILED;

	for (size_t n = RING_PAGES; n && p == MAP_FAILED; n /= 2) {
		r->map_bytes = (n + 1) * page;
		p = mmap(NULL, r->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	}
	if (p == MAP_FAILED)
		return -errno;
	r->head = p;
	return 0;
}

static int ring_open(struct printk *p, int cpu, uint64_t event_id)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = event_id,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU |
			       PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW,
		.sample_max_stack = FRAMES_MAX,
		.exclude_callchain_user = 1,
		.wakeup_events = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	struct epoll_event ev = { .events = EPOLLIN };
	struct ring *r = &p->rings[cpu];
	int err;

	r->fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (r->fd < 0 && errno == EOVERFLOW) {	/* sysctl kernel.perf_event_max_stack is less */
		attr.sample_max_stack = 0;
		r->fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	}
	if (r->fd < 0)
		return errno == ENODEV ? 0 : -errno;	/* offline */
	err = ring_map(r);
	if (!err && epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, r->fd, &ev))
		err = -errno;
	return err;
}

static int open_rings(struct printk *p, uint64_t event_id)
{
	int err;

	p->nr_rings = libbpf_num_possible_cpus();
	p->rings = p->nr_rings > 0 ? calloc(p->nr_rings, sizeof(*p->rings)) : NULL;
	err = p->rings ? 0 : -ENOMEM;
	for (int i = 0; p->rings && i < p->nr_rings; i++)
		p->rings[i].fd = -1;
	for (int i = 0; i < p->nr_rings && !err; i++)
		err = ring_open(p, i, event_id);
	return err;
}

static int open_user(struct printk *p, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	p->user_fd = fd;
	p->user_lost = fsession_user_engine.lines_lost();
	return epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

int printk_open(int fd, struct printk **ret)
{
	struct printk *p;
	uint64_t event_id = 0;
	int err = fd < 0 ? read_event_id(&event_id) : 0;

	if (err)
		return err;
	p = calloc(1, sizeof(*p));
	if (!p)
		return fail(-ENOMEM, "out of memory");
	p->user_fd = -1;
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = p->epoll_fd < 0 ? -errno : fd < 0 ? open_rings(p, event_id) : open_user(p, fd);
	if (err) {
		fail_hint(err, err == -EPERM || err == -EACCES ?
			  "run as root, or with CAP_PERFMON" : NULL,
			  "bpf_printk: cannot open its perf event: %s", log_errstr(err));
		printk_close(p);
		return err;
	}
	*ret = p;
	return 0;
}

void printk_close(struct printk *p)
{
	if (!p)
		return;
	for (int i = 0; p->rings && i < p->nr_rings; i++) {
		if (p->rings[i].head)
			munmap(p->rings[i].head, p->rings[i].map_bytes);
		if (p->rings[i].fd >= 0)
			close(p->rings[i].fd);
	}
	if (p->epoll_fd >= 0)
		close(p->epoll_fd);
	for (size_t i = 0; i < p->nr_lines; i++)
		free(p->lines[i].line.text);
	free(p->lines);
	free(p->rings);
	free(p);
}

void printk_set_whose(struct printk *p, struct whose *w)
{
	p->whose = w;
}

int printk_fd(const struct printk *p)
{
	return p->epoll_fd;
}

uint64_t printk_lost(const struct printk *p)
{
	return p->lost + (p->user_fd < 0 ? 0 : fsession_user_engine.lines_lost() - p->user_lost);
}

/* The text in a sample, or NULL if the record is not what we asked for. */
static char *sample_text(const struct sample *s)
{
	const char *end = (const char *)s + s->header.size;
	const struct tracepoint *tp;
	const struct raw *raw;
	size_t len;
	char *text;

	if (s->header.size < sizeof(*s) + sizeof(*raw) ||
	    s->nr_ips > (s->header.size - sizeof(*s) - sizeof(*raw)) / sizeof(*s->ips))
		return NULL;
	raw = (const void *)&s->ips[s->nr_ips];
	tp = (const void *)raw->data;
	if (raw->bytes > (size_t)(end - raw->data) || raw->bytes < sizeof(*tp) ||
	    tp->text_off + tp->text_bytes > raw->bytes)
		return NULL;
	text = strndup(raw->data + tp->text_off, tp->text_bytes);
	len = text ? strlen(text) : 0;
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	return text;
}

/* Takes over the line's text, which may be NULL: lost. */
static void keep_line(struct printk *p, struct printk_line line)
{
	struct kept *lines = p->lines;

	if (line.text && p->nr_lines == p->max_lines) {
		size_t max = p->max_lines ? 2 * p->max_lines : 256;

		lines = realloc(p->lines, max * sizeof(*lines));
		if (lines) {
			p->lines = lines;
			p->max_lines = max;
		}
	}
	if (!line.text || !lines) {
		free(line.text);
		p->lost++;
		return;
	}
	lines[p->nr_lines++] = (struct kept){ line, p->nr_read++ };
}

static void keep_sample(struct printk *p, struct ring *r, const struct sample *s)
{
	enum whose_is who = p->whose ? whose_is(p->whose, s->ips, s->nr_ips) : WHOSE_UNKNOWN;

	/* The clock may step back when the kernel adjusts it; a CPU's lines are in order. */
	if (s->time_ns > r->last_ns)
		r->last_ns = s->time_ns;
	keep_line(p, (struct printk_line){ r->last_ns, s->cpu, s->pid, s->tid, sample_text(s), who });
}

static void read_user(struct printk *p)
{
	const struct rt_trace_head *h = (const void *)p->record;
	ssize_t n;

	while ((n = read(p->user_fd, p->record, sizeof(p->record))) >= (ssize_t)sizeof(*h)) {
		char *text = strndup((const char *)(h + 1), n - sizeof(*h));
		size_t len = text ? strlen(text) : 0;

		if (len && text[len - 1] == '\n')
			text[len - 1] = '\0';
		keep_line(p, (struct printk_line){ h->time_ns, h->cpu, h->pid, h->tid, text, WHOSE_UNKNOWN });
	}
}

static void take_record(struct printk *p, struct ring *r)
{
	const struct perf_event_header *h = (const void *)p->record;

	if (h->type == PERF_RECORD_SAMPLE)
		keep_sample(p, r, (const void *)h);
	else if (h->type == PERF_RECORD_LOST)
		p->lost += ((const uint64_t *)(h + 1))[1];	/* after the event's id */
}

/* Copies out of the ring, which may wrap between any two bytes. */
static void ring_copy(const struct ring *r, uint64_t off, void *dst, size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE), size = r->map_bytes - page;
	const char *data = (const char *)r->head + page;
	size_t at = off % size, n = size - at < bytes ? size - at : bytes;

	memcpy(dst, data + at, n);
	memcpy((char *)dst + n, data, bytes - n);
}

static void ring_read(struct printk *p, struct ring *r)
{
	/* Acquire: the records are read after the head that covers them. Release: the kernel
	 * overwrites them only after the tail has passed. */
	uint64_t head = __atomic_load_n(&r->head->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = r->head->data_tail;
	struct perf_event_header h;

	while (tail < head) {
		ring_copy(r, tail, &h, sizeof(h));
		if (h.size < sizeof(h))
			break;
		ring_copy(r, tail, p->record, h.size);
		take_record(p, r);
		tail += h.size;
	}
	__atomic_store_n(&r->head->data_tail, head, __ATOMIC_RELEASE);
}

static int compare_lines(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->line.time_ns != y->line.time_ns)
		return x->line.time_ns < y->line.time_ns ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

size_t printk_drain(struct printk *p, enum printk_drain how, printk_fn fn, void *arg)
{
	/* A line that is older than the start of reading has been read from every CPU; younger
	 * ones wait, since another CPU may still have one before them. */
	uint64_t horizon_ns = how == PRINTK_FINAL ? UINT64_MAX : now_ns();
	size_t n = 0;

	for (int i = 0; i < p->nr_rings; i++)
		if (p->rings[i].head)
			ring_read(p, &p->rings[i]);
	if (p->user_fd >= 0)
		read_user(p);
	if (p->nr_lines)
		qsort(p->lines, p->nr_lines, sizeof(*p->lines), compare_lines);
	for (; n < p->nr_lines && p->lines[n].line.time_ns <= horizon_ns; n++) {
		fn(&p->lines[n].line, arg);
		free(p->lines[n].line.text);
	}
	p->nr_lines -= n;
	if (n)
		memmove(p->lines, p->lines + n, p->nr_lines * sizeof(*p->lines));
	return p->nr_lines;
}
