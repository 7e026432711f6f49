/* SPDX-License-Identifier: BSD-2-Clause */
/* A calculator that knows nothing of tracing: calc '2*(3+4)'. calc.bpf.c watches it. */
#include <stdio.h>
#include <stdlib.h>

static long sum(const char **at);

/* A number, or a sum in parentheses, at *@at, which moves behind it. */
__attribute__((noinline)) static long number(const char **at)
{
	long value;

	if (**at != '(')
		return strtol(*at, (char **)at, 10);
	++*at;
	value = sum(at);
	*at += **at == ')';
	return value;
}

__attribute__((noinline)) static long product(const char **at)
{
	long value = number(at);

	while (**at == '*') {
		++*at;
		value *= number(at);
	}
	return value;
}

__attribute__((noinline)) static long sum(const char **at)
{
	long value = product(at);

	while (**at == '+' || **at == '-') {
		long sign = *(*at)++ == '+' ? 1 : -1;

		value += sign * product(at);
	}
	return value;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *at = argv[i];
		long value = sum(&at);

		if (*at) {
			fprintf(stderr, "calc: '%s': what is '%s'?\n", argv[i], at);
			return 1;
		}
		printf("%s = %ld\n", argv[i], value);
	}
	return 0;
}
