/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps the dynamic loader busy for a while: the program is not at its entry point before. */
#include <unistd.h>

const char slow_start[] = "loading\n";

__attribute__((constructor)) static void take_time(void)
{
	if (write(STDERR_FILENO, slow_start, 8) == 8)
		usleep(500000);
}
