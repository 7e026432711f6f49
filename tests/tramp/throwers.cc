/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that throw and catch, for test_unwind.c. */
extern "C" {
extern int thrower_cleanups;
int thrower_cleanups;
void thrower(int depth);
int catch_from(int depth);
void bare_thrower(int depth);
int catch_bare_from(int depth);
}

struct cleanup {
	~cleanup()
	{
		thrower_cleanups++;
	}
};

/* Calls itself @depth times, then throws. */
__attribute__((noinline)) void thrower(int depth)
{
	cleanup c;

	if (!depth)
		throw 42;
	thrower(depth - 1);
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) int catch_from(int depth)
{
	try {
		thrower(depth);
	} catch (int v) {
		return v;
	}
	return -1;
}

/* The same with nothing to be done on the way. */
__attribute__((noinline)) void bare_thrower(int depth)
{
	if (!depth)
		throw 42;
	bare_thrower(depth - 1);
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) int catch_bare_from(int depth)
{
	try {
		bare_thrower(depth);
	} catch (int v) {
		return v;
	}
	return -1;
}
