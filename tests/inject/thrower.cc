// SPDX-License-Identifier: BSD-2-Clause
// For every number N on stdin: exceptions through middle(), of which every other one is caught inside it.
// Prints how many came out, and what they said, added up.
#include <cstdio>
#include <stdexcept>
#include <string>

extern "C" {
__attribute__((noinline)) int inner(int i);
__attribute__((noinline)) int middle(int i);
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

int main()
{
	int n;

	while (scanf("%d", &n) == 1) {
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
