/* SPDX-License-Identifier: BSD-2-Clause */
/* Traces the process of its argument, and nothing else, until it is killed. */
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2 || ptrace(PTRACE_SEIZE, atoi(argv[1]), 0, 0))
		return 1;
	pause();
	return 0;
}
