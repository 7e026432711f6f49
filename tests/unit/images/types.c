/* SPDX-License-Identifier: BSD-2-Clause */
/* What types and functions can look like. Compiled in several ways; never run. */
#include <stdarg.h>
#include <stdint.h>

#define KEEP __attribute__((noinline, used))

typedef unsigned long word;

enum color { RED, GREEN = 7, BLUE = -2 };
enum wide { NARROW = 1, WIDE = 0x7fffffffff };

struct list {
	struct list *next, **pprev;
};

struct flags {
	unsigned int a : 3, b : 13;
	int : 0;
	signed char c : 5;
	uint64_t d : 40;
};

union both {
	int i;
	double d;
};

struct item {
	struct list link;
	const char *name;
	struct flags flags;
	union both u;
	enum color color;
	short grid[3][5];
	int (*compare)(const struct item *, const struct item *);
	struct unknown *elsewhere;
	struct {
		int x, y;
	} at;
	char tail[];
};

struct pair {
	long a, b;
};

struct mixed {
	double d;
	int i;
};

struct big {
	long v[5];
};

typedef int v4si __attribute__((vector_size(16)));

long sum;

KEEP int plain(int a, unsigned char b, const char *c)
{
	return a + b + *c;
}

KEEP static word by_item(struct item *it, volatile word *p, enum color color, enum wide w)
{
	return it->flags.b + *p + color + w;
}

KEEP void nothing(void)
{
	sum++;
}

KEEP long by_pair(struct pair p, char *restrict to)
{
	return p.a + p.b + *to;
}

KEEP double by_double(double d, int i)
{
	return d * i;
}

KEEP int by_mixed(struct mixed m)
{
	return m.i;
}

KEEP int by_vector(v4si v)
{
	return v[0];
}

KEEP struct big returns_big(long n)
{
	return (struct big){ { n } };
}

KEEP int variadic(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = va_arg(ap, int);
	va_end(ap);
	return n + *fmt;
}

KEEP __int128 by_int128(__int128 v)
{
	return v + 1;
}

KEEP _Bool by_array(int a[4], void (*fn)(int), struct unknown *u)
{
	fn(a[0]);
	return !u;
}

/* also static in twin.c */
KEEP static int twin(long a)
{
	return a;
}

int other_name(int a, unsigned char b, const char *c) __attribute__((alias("plain")));

int other_twin(int v);

int main(int argc, char **argv)
{
	struct item it = { .name = argv[0] };
	word w = argc;

	nothing();
	return by_item(&it, &w, RED, WIDE) + by_pair((struct pair){ 1, 2 }, argv[0]) + by_double(1, 2) +
	       plain(1, 2, "") + twin(3) + other_twin(4);
}
