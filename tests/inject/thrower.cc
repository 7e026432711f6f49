// SPDX-License-Identifier: BSD-2-Clause
// For every number N on stdin: exceptions through middle(), of which every other one is caught inside it.
// Prints how many came out, and what they said, added up. With an argument: longjmp() out of every other leap().
#include <csetjmp>
#include <cstdio>
#include <stdexcept>
#include <string>

extern "C" {
__attribute__((noinline)) int inner(int i);
__attribute__((noinline)) int middle(int i);
__attribute__((noinline)) int leap(int i);
}

static jmp_buf ground;

int leap(int i)
{
	if (i & 1)
		longjmp(ground, 1);
	return i;
}

static int leaps(int n)
{
	volatile int nr = 0, i = 0;

	if (setjmp(ground))
		nr = nr + 1;
	while (i < n) {
		i = i + 1;
		leap(i);
	}
	return nr;
}

int inner(int i)
{
	throw std::runtime_error(std::to_string(i));
}

int middle(int i)
{
	std::string owned(100, 'x');

	try {
		return inner(i);
	} catch (const std::runtime_error &e) {
		if (i & 1)
			throw;
		return owned.size();
	}
}

int main(int argc, char **)
{
	int n;

	while (scanf("%d", &n) == 1) {
		if (argc > 1) {
			printf("%d leaps\n", leaps(n));
			fflush(stdout);
			continue;
		}
		int caught = 0, sum = 0;

		for (int i = 0; i < n; i++) {
			try {
				middle(i);
			} catch (const std::runtime_error &e) {
				caught++;
				sum += std::stoi(e.what());
			}
		}
		printf("%d %d\n", caught, sum);
		fflush(stdout);
	}
	return 0;
}
