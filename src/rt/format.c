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
	char sign;	/* '+' or ' ': of what is not negative */
	u32 width;
	u32 longs;
	char kind;
	char more, most;	/* of %p: what follows it */
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

static bool is_signed(const struct spec *s)
{
	return s->kind == 'd' || s->kind == 'i';
}

/* The last digits of @v, at least @least of them, before @at; where they begin. */
static u32 digits_of(char *text, u32 at, u64 v, u32 base, bool upper, u32 least)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	u32 end = at;

	do {
		text[--at] = digits[v % base];
		v /= base;
	} while (v || end - at < least);
	return at;
}

static void put_number(struct out *o, const struct spec *s, u64 v)
{
	bool hex = s->kind == 'x' || s->kind == 'X', negative = false;
	char text[24];
	u32 at;

	if (!s->longs)
		v = is_signed(s) ? (u64)(s64)(s32)v : (u32)v;
	if (is_signed(s) && (s64)v < 0) {
		negative = true;
		v = -v;
	}
	at = digits_of(text, sizeof(text), v, hex ? 16 : 10, s->kind == 'X', 1);
	if (negative || (is_signed(s) && s->sign))
		text[--at] = negative ? '-' : s->sign;
	put_padded(o, s, text + at, sizeof(text) - at);
}

/* -- %p and what may follow --- */

/* All digits; a symbol, where names are not to be had, is a number that says it is one. */
static void put_pointer(struct out *o, const struct spec *s, u64 v)
{
	bool symbol = s->more == 's' || s->more == 'S' || s->more == 'B';
	char text[24];
	u32 at = digits_of(text, sizeof(text), v, 16, false, symbol ? 1 : 16);

	if (symbol) {
		text[--at] = 'x';
		text[--at] = '0';
	}
	put_padded(o, s, text + at, sizeof(text) - at);
}

/* 10.0.0.1, with i in three digits each; 0a00:..., with i without colons. What cannot be read is zero. */
static void put_address(struct out *o, const struct spec *s, u64 from)
{
	bool four = s->most == '4';
	u8 bytes[16] = { 0 };
	char text[48];
	u32 at = sizeof(text);

	if (rt_probe_read(bytes, four ? 4 : 16, from))
		rt_zero(bytes, sizeof(bytes));
	for (u32 i = four ? 4 : 8; i-- > 0;) {
		u32 pair = bytes[2 * i % 16] << 8 | bytes[(2 * i + 1) % 16];

		at = four ? digits_of(text, at, bytes[i], 10, false, s->more == 'i' ? 3 : 1) :
			    digits_of(text, at, pair, 16, false, 4);
		if (i && (four || s->more == 'I'))
			text[--at] = four ? '.' : ':';
	}
	put_padded(o, s, text + at, sizeof(text) - at);
}

static void put_string(struct out *o, const struct spec *s, u64 from)
{
	char text[256];
	long n = rt_probe_read_str(text, sizeof(text), from);

	put_padded(o, s, text, n > 0 ? n - 1 : 0);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Printable, white space, or no ASCII. */
static bool is_text(char c)
{
	return (c >= ' ' && c != 0x7f) || (u8)c >= 0x80 || is_space(c);
}

static bool is_punctuation(char c)
{
	return c > ' ' && c < 0x7f && !is_space(c) && !is_digit(c) && !((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* What follows %p belongs to it, and how many characters of that; -1: nothing that is known. */
static int parse_pointer(struct spec *s, const char *next, u32 left)
{
	char a = left ? next[0] : 0, b = left > 1 ? next[1] : 0;

	if (!a || is_space(a) || is_punctuation(a))
		return 0;
	s->more = a;
	s->most = b;
	if ((a == 'k' || a == 'u') && b == 's')
		return 2;
	if (a == 'K' || a == 'x' || a == 's' || a == 'S' || a == 'B')
		return 1;
	return (a == 'i' || a == 'I') && (b == '4' || b == '6') ? 2 : -1;
}

static bool is_kind(char c)
{
	return c == 'd' || c == 'i' || c == 'u' || c == 'x' || c == 'X' || c == 'p' || c == 'c' || c == 's';
}

/* As the kernel reads them. Behind the '%'; number of characters, or -1. */
static int spec_parse(struct spec *s, const char *fmt, u32 left)
{
	u32 i = 0;
	int more = 0;

	*s = (struct spec){ 0 };
	for (; i < left && (fmt[i] == '0' || fmt[i] == '-' || fmt[i] == '+' || fmt[i] == ' '); i++) {
		s->zero |= fmt[i] == '0';
		s->left |= fmt[i] == '-';
		if (fmt[i] == '+' || (fmt[i] == ' ' && !s->sign))
			s->sign = fmt[i];
	}
	for (; i < left && is_digit(fmt[i]) && s->width < 1000; i++)
		s->width = s->width * 10 + (fmt[i] - '0');
	for (; i < left && fmt[i] == 'l' && s->longs < 2; i++)
		s->longs++;
	s->kind = i < left ? fmt[i] : 0;
	if (!is_kind(s->kind))
		more = -1;
	else if (s->kind == 'p' && !s->longs)
		more = parse_pointer(s, fmt + i + 1, left - i - 1);
	else if (s->longs && (s->kind == 'p' || s->kind == 's' || s->kind == 'c'))
		more = -1;
	return more < 0 ? -1 : (int)i + 1 + more;
}

static void put_any_pointer(struct out *o, const struct spec *s, u64 arg)
{
	if (s->more == 'k' || s->more == 'u')
		put_string(o, s, arg);
	else if (s->more == 'i' || s->more == 'I')
		put_address(o, s, arg);
	else
		put_pointer(o, s, arg);
}

static void put_spec(struct out *o, const struct spec *s, u64 arg)
{
	char c = arg;

	switch (s->kind) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
		put_number(o, s, arg);
		break;
	case 'p':
		put_any_pointer(o, s, arg);
		break;
	case 'c':
		put_padded(o, s, &c, 1);
		break;
	case 's':
		put_string(o, s, arg);
		break;
	}
}

long rt_format(char *to, u32 size, const char *fmt, u32 fmt_size, const u64 *args, u32 nr)
{
	struct out o = { to, size, 0 };
	struct spec s;
	u32 used = 0, i = 0;
	int n;

	while (i < fmt_size && fmt[i]) {
		if (!is_text(fmt[i]))
			return -EINVAL;
		if (fmt[i] != '%') {
			put(&o, fmt[i++]);
			continue;
		}
		if (i + 1 < fmt_size && fmt[i + 1] == '%') {
			put(&o, '%');
			i += 2;
			continue;
		}
		n = spec_parse(&s, fmt + i + 1, fmt_size - i - 1);
		i += 1 + n;
		if (n < 0 || used == nr)
			return -EINVAL;
		if (args)
			put_spec(&o, &s, args[used]);
		used++;
	}
	if (i == fmt_size)	/* no NUL */
		return -EINVAL;
	if (size)
		to[RT_MIN(o.len, size - 1)] = 0;
	return o.len;
}
