/* SPDX-License-Identifier: BSD-2-Clause */
#include "rt/format.h"

#include "rt/probe.h"

#include "rt/lane.h"

struct out {
	char *to;
	u32 size;
	u64 len;	/* wanted */
};

struct spec {
	bool zero, left;
	u32 width;
	u32 longs;
	char kind;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->to[o->len] = c;
	o->len++;
}

static void put_padded(struct out *o, const struct spec *s, const char *text, u32 len)
{
	u32 pad = s->width > len ? s->width - len : 0;
	bool zero = s->zero && !s->left;

	if (zero && len && *text == '-') {
		put(o, *text++);
		len--;
	}
	for (u32 i = 0; !s->left && i < pad; i++)
		put(o, zero ? '0' : ' ');
	for (u32 i = 0; i < len; i++)
		put(o, text[i]);
	for (u32 i = 0; s->left && i < pad; i++)
		put(o, ' ');
}

static void put_number(struct out *o, const struct spec *s, u64 v)
{
	const char *digits = s->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	u32 base = s->kind == 'd' || s->kind == 'i' || s->kind == 'u' ? 10 : 16, at = 24;
	bool negative = false;
	char text[24];

	if (!s->longs && s->kind != 'p')
		v = s->kind == 'd' || s->kind == 'i' ? (u64)(s64)(s32)v : (u32)v;
	if ((s->kind == 'd' || s->kind == 'i') && (s64)v < 0) {
		negative = true;
		v = -v;
	}
	do {
		text[--at] = digits[v % base];
		v /= base;
	} while (v);
	if (negative)
		text[--at] = '-';
	put_padded(o, s, text + at, 24 - at);
}

static void put_string(struct out *o, const struct spec *s, u64 from)
{
	char text[256];
	long n = rt_probe_read_str(text, sizeof(text), from);

	put_padded(o, s, text, n > 0 ? n - 1 : 0);
}

static u32 spec_parse(struct spec *s, const char *fmt, u32 left)
{
	u32 i = 0;

	*s = (struct spec){ 0 };
	for (; i < left && (fmt[i] == '0' || fmt[i] == '-' || fmt[i] == '+' || fmt[i] == '#' || fmt[i] == ' '); i++) {
		s->zero |= fmt[i] == '0';
		s->left |= fmt[i] == '-';
	}
	for (; i < left && fmt[i] >= '0' && fmt[i] <= '9' && s->width < 1000; i++)
		s->width = s->width * 10 + (fmt[i] - '0');
	for (; i < left && fmt[i] == 'l'; i++)
		s->longs++;
	s->kind = i < left ? fmt[i] : 0;
	return i + 1;
}

static bool put_spec(struct out *o, const struct spec *s, u64 arg)
{
	char c = arg;

	switch (s->kind) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
	case 'p':
		put_number(o, s, arg);
		return true;
	case 'c':
		put_padded(o, s, &c, 1);
		return true;
	case 's':
		put_string(o, s, arg);
		return true;
	default:
		return false;
	}
}

long rt_format(char *to, u32 size, const char *fmt, u32 fmt_size, const u64 *args, u32 nr)
{
	struct out o = { to, size, 0 };
	struct spec s;
	u32 used = 0, i = 0;

	while (i < fmt_size && fmt[i]) {
		if (fmt[i] != '%') {
			put(&o, fmt[i++]);
			continue;
		}
		if (i + 1 < fmt_size && fmt[i + 1] == '%') {
			put(&o, '%');
			i += 2;
			continue;
		}
		i += 1 + spec_parse(&s, fmt + i + 1, fmt_size - i - 1);
		if (used == nr || !put_spec(&o, &s, args[used++]))
			return -EINVAL;
	}
	if (i == fmt_size)	/* no NUL */
		return -EINVAL;
	if (size)
		to[RT_MIN(o.len, size - 1)] = 0;
	return o.len;
}
