// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Text: what is written and read, taken apart. */
#include "corpus.h"

#define LINE 96

struct line {
	__u32 len;
	char text[LINE];
};

MAP_OF(scratch, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct line, 2);
MAP_OF(counts, BPF_MAP_TYPE_HASH, __u64, __u64, 4096);
RING_OF(events, 65536);

/* Not static: libbpf 1.1 cannot place those. */
const char methods[5][8] = { "GET ", "POST ", "PUT ", "HEAD ", "DELETE " };
const char digit[16] = "0123456789abcdef";
const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const char names[12][16] = {
	"bash", "cron", "dbus-daemon", "dhclient", "init", "kthreadd", "login", "nginx", "postgres",
	"sshd", "systemd", "udevd",
};

__u64 totals[16];
char last[64];

static __always_inline struct line *read_line(const char *buf, __u64 count)
{
	__u32 zero = 0;
	struct line *l = bpf_map_lookup_elem(&scratch, &zero);

	if (!l)
		return NULL;
	l->len = count < LINE ? count : LINE;
	if (bpf_probe_read_user(l->text, l->len, buf))
		return NULL;
	return l;
}

static __always_inline void count(__u64 key)
{
	__u64 one = 1, *n = bpf_map_lookup_elem(&counts, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
}

/* "GET /path HTTP/1.1": method, length of the path, version */
SEC("fentry/vfs_write")
int BPF_PROG(http_request, struct file *file, const char *buf, unsigned long bytes)
{
	struct line *l = read_line(buf, bytes);
	__u32 method = COUNT(methods), at = 0, path = 0;

	if (!l || l->len < 16)
		return 0;
	for (__u32 m = 0; m < COUNT(methods); m++) {
		__u32 i = 0;

		NO_UNROLL
		for (; i < 7; i++)
			if (!methods[m][i] || methods[m][i] != l->text[i])
				break;
		if (!methods[m][i]) {
			method = m;
			at = i;
			break;
		}
	}
	if (method == COUNT(methods))
		return 0;
	NO_UNROLL
	for (__u32 i = at; i < LINE; i++, path++)
		if (l->text[i] == ' ' || l->text[i] == '?')
			break;
	count((__u64)method << 32 | path);
	return 0;
}

/* Numbers, separated by dots */
SEC("fentry/vfs_write")
int BPF_PROG(dotted_quad, struct file *file, const char *buf, unsigned long bytes)
{
	struct line *l = read_line(buf, bytes);
	__u32 address = 0, part = 0, parts = 0, digits = 0;

	if (!l)
		return 0;
	NO_UNROLL
	for (__u32 i = 0; i < 16; i++) {
		char c = l->text[i];

		if (c >= '0' && c <= '9') {
			part = part * 10 + c - '0';
			if (part > 255 || ++digits > 3)
				return 0;
			continue;
		}
		if (!digits)
			return 0;
		address = address << 8 | part;
		part = digits = 0;
		if (++parts == 4 || c != '.')
			break;
	}
	if (parts == 4)
		count(address);
	return 0;
}

/* 24 bytes as 48 hexadecimal digits in a record */
SEC("fentry/vfs_write")
int BPF_PROG(hex_dump, struct file *file, const char *buf, unsigned long bytes)
{
	__u8 raw[24] = {};
	char *out;

	if (bpf_probe_read_user(raw, sizeof(raw), buf))
		return 0;
	out = bpf_ringbuf_reserve(&events, 2 * sizeof(raw), 0);
	if (!out)
		return 0;
	NO_UNROLL
	for (__u32 i = 0; i < sizeof(raw); i++) {
		out[2 * i] = digit[raw[i] >> 4];
		out[2 * i + 1] = digit[raw[i] & 15];
	}
	bpf_ringbuf_submit(out, 0);
	return 0;
}

/* Code points of UTF-8, and what is none */
SEC("fentry/vfs_write")
int BPF_PROG(utf8, struct file *file, const char *buf, unsigned long bytes)
{
	struct line *l = read_line(buf, bytes);
	__u32 points = 0, bad = 0, more = 0;

	if (!l)
		return 0;
	NO_UNROLL
	for (__u32 i = 0; i < LINE; i++) {
		__u8 c = l->text[i];

		if (i >= l->len)
			break;
		if (more) {
			if ((c & 0xc0) == 0x80) {
				more--;
				continue;
			}
			bad++;
			more = 0;
		}
		if (c < 0x80)
			;
		else if ((c & 0xe0) == 0xc0)
			more = 1;
		else if ((c & 0xf0) == 0xe0)
			more = 2;
		else if ((c & 0xf8) == 0xf0)
			more = 3;
		else
			bad++;
		points++;
	}
	__sync_fetch_and_add(&totals[0], points);
	__sync_fetch_and_add(&totals[1], bad);
	return 0;
}

/* 24 bytes to 32 characters */
SEC("fentry/vfs_write")
int BPF_PROG(base64, struct file *file, const char *buf, unsigned long bytes)
{
	__u8 raw[24];

	if (bpf_probe_read_user(raw, sizeof(raw), buf))
		return 0;
	NO_UNROLL
	for (__u32 i = 0; i < 8; i++) {
		__u32 v = raw[3 * i] << 16 | raw[3 * i + 1] << 8 | raw[3 * i + 2];

		last[4 * i] = alphabet[v >> 18 & 63];
		last[4 * i + 1] = alphabet[v >> 12 & 63];
		last[4 * i + 2] = alphabet[v >> 6 & 63];
		last[4 * i + 3] = alphabet[v & 63];
	}
	return 0;
}

/* Words of a command line, by where they begin; quotes keep blanks. */
struct words {
	struct line *l;
	__u32 n;
	__u8 starts[8];
	bool quoted, inside;
};

static long word_step(__u32 i, void *arg)
{
	struct words *w = arg;
	char c;

	if (i >= LINE)
		return 1;
	c = w->l->text[i];
	if (!c)
		return 1;
	if (c == '"') {
		w->quoted = !w->quoted;
	} else if (!w->quoted && (c == ' ' || c == '\t')) {
		w->inside = false;
	} else if (!w->inside) {
		__u32 n = w->n;

		if (n >= COUNT(w->starts))
			return 1;
		w->starts[n] = i;
		w->n = n + 1;
		w->inside = true;
	}
	return 0;
}

SEC("fentry/vfs_write")
int BPF_PROG(words, struct file *file, const char *buf, unsigned long bytes)
{
	struct words w = { .l = read_line(buf, bytes) };

	if (!w.l)
		return 0;
	bpf_loop(64, word_step, &w, 0);
	for (__u32 i = 0; i < COUNT(w.starts); i++)
		totals[i] += w.starts[i];
	return 0;
}

/* The number behind "id": in a line of JSON */
SEC("fentry/vfs_write")
int BPF_PROG(json_number, struct file *file, const char *buf, unsigned long bytes)
{
	struct line *l = read_line(buf, bytes);
	__u64 number = 0;
	bool found = false;

	if (!l)
		return 0;
	NO_UNROLL
	for (__u32 i = 0; i + 5 < LINE; i++) {
		const char *s = l->text + i;

		if (s[0] != '"' || s[1] != 'i' || s[2] != 'd' || s[3] != '"' || s[4] != ':')
			continue;
		NO_UNROLL
		for (__u32 k = i + 5; k < LINE; k++) {
			char c = l->text[k];

			if (c == ' ' && !found)
				continue;
			if (c < '0' || c > '9')
				break;
			number = number * 10 + c - '0';
			found = true;
		}
		break;
	}
	if (found)
		count(number);
	return 0;
}

/* %41 and + of a query, decoded */
struct decoder {
	struct line *l;
	__u32 out, v, digits;
};

static long decode_step(__u32 i, void *arg)
{
	struct decoder *d = arg;
	__u8 c;

	if (i >= LINE)
		return 1;
	c = d->l->text[i];
	if (!c)
		return 1;
	if (d->digits) {
		__u8 h = c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0';

		d->v = d->v << 4 | (h & 15);
		if (--d->digits)
			return 0;
		c = d->v;
	} else if (c == '%') {
		d->digits = 2;
		d->v = 0;
		return 0;
	} else if (c == '+') {
		c = ' ';
	}
	last[d->out++ & 63] = c;
	return 0;
}

SEC("fentry/vfs_write")
int BPF_PROG(percent_decode, struct file *file, const char *buf, unsigned long bytes)
{
	struct decoder d = { .l = read_line(buf, bytes) };

	if (d.l)
		bpf_loop(LINE, decode_step, &d, 0);
	return 0;
}

/* "*err?r*.log": with the last star to go back to */
struct matcher {
	struct line *l;
	__u32 p, s, star, from;
	bool has_star, failed;
};

const char pattern[16] = "*err?r*.log";

static long match_step(__u32 i, void *arg)
{
	struct matcher *m = arg;
	__u32 s = m->s, p = m->p;
	char c, want;

	if (s >= LINE || p >= sizeof(pattern))
		return 1;
	c = m->l->text[s];
	want = pattern[p];
	if (!c)
		return 1;
	if (want == '*') {
		m->has_star = true;
		m->p = m->star = p + 1;
		m->from = s;
	} else if (want == '?' || want == c) {
		m->p = p + 1;
		m->s = s + 1;
	} else if (m->has_star) {
		m->p = m->star;
		m->s = ++m->from;
	} else {
		m->failed = true;
		return 1;
	}
	return 0;
}

SEC("fentry/vfs_write")
int BPF_PROG(glob, struct file *file, const char *buf, unsigned long bytes)
{
	struct matcher m = { .l = read_line(buf, bytes) };

	if (!m.l)
		return 0;
	bpf_loop(400, match_step, &m, 0);
	if (!m.failed && m.p < sizeof(pattern) && !pattern[m.p])
		totals[3]++;
	return 0;
}

/* The name of the task among those of a table */
SEC("fentry/vfs_read")
int BPF_PROG(known_names, struct file *file, char *buf, unsigned long bytes)
{
	char comm[16] = {};
	__u32 low = 0, high = COUNT(names);

	bpf_get_current_comm(comm, sizeof(comm));
	NO_UNROLL
	for (int step = 0; step < 4 && low < high; step++) {
		__u32 mid = (low + high) / 2;
		int order = 0;

		if (mid >= COUNT(names))
			break;
		NO_UNROLL
		for (__u32 i = 0; i < 16 && !order; i++)
			order = comm[i] - names[mid][i];
		if (!order) {
			__sync_fetch_and_add(&totals[mid & 15], 1);
			break;
		}
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return 0;
}

/* A number as decimal text */
SEC("fexit/vfs_read")
int BPF_PROG(decimal, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	char text[20];
	__u64 v = ret < 0 ? -ret : ret;
	__u32 n = 0;

	NO_UNROLL
	for (__u32 i = 0; i < sizeof(text); i++) {
		text[sizeof(text) - 1 - i] = '0' + v % 10;
		v /= 10;
		n++;
		if (!v)
			break;
	}
	NO_UNROLL
	for (__u32 i = 0; i < sizeof(text); i++) {
		__u32 from = sizeof(text) - n + i;

		if (i >= n || from >= sizeof(text))
			break;
		last[i] = text[from];
	}
	return 0;
}

/* Run-length encoding of what is written */
struct runs {
	struct line *l;
	__u32 n, run;
	char before;
	__u8 out[32];
};

static long run_step(__u32 i, void *arg)
{
	struct runs *r = arg;
	__u32 n = r->n;
	char c;

	if (i >= LINE)
		return 1;
	c = r->l->text[i];
	if (c == r->before && r->run < 255) {
		r->run++;
		return 0;
	}
	if (n > sizeof(r->out) - 2)
		return 1;
	r->out[n] = r->run;
	r->out[n + 1] = r->before;
	r->n = n + 2;
	r->before = c;
	r->run = 1;
	return 0;
}

SEC("fentry/vfs_write")
int BPF_PROG(run_lengths, struct file *file, const char *buf, unsigned long bytes)
{
	struct runs r = { .l = read_line(buf, bytes) };
	__u32 n;

	if (!r.l)
		return 0;
	bpf_loop(LINE, run_step, &r, 0);
	n = r.n;
	bpf_ringbuf_output(&events, r.out, n < sizeof(r.out) ? n : sizeof(r.out), 0);
	return 0;
}
