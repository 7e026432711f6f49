/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's answers are those of Linux 7.2, which answers.expected was taken from (see answers.c). */
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

TEST(answers_as_linux_7_2)
{
	char cmd[1024], line[256];
	int nr = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "%s > answers.out.%d; diff '%s' answers.out.%d; rm answers.out.%d",
		 tap_file("answers"), getpid(), getenv("ANSWERS"), getpid(), getpid());
	f = popen(cmd, "r");
	CHECK(f);
	while (f && fgets(line, sizeof(line), f)) {
		printf("# %s", line);
		nr += *line == '<' || *line == '>';
	}
	CHECK_EQ(nr, 0);
	if (f)
		CHECK_EQ(pclose(f), 0);
}
