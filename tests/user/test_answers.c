/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine's answers are those of Linux 7.2, which *.expected were taken from (see answers.c, calls.c). */
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static void compare(const char *name)
{
	char cmd[4096], line[256];
	int nr = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "%s > %s.out.%d; diff '%s/%s.expected' %s.out.%d; same=$?; rm %s.out.%d; exit $same", tap_file(name),
		 name, getpid(), getenv("EXPECTED"), name, name, getpid(), name, getpid());
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

TEST(answers_as_linux_7_2)
{
	compare("answers");
}

TEST(calls_as_linux_7_2)
{
	compare("calls");
}

TEST(sizes_as_linux_7_2)
{
	compare("sizes");
}

TEST(infos_as_linux_7_2)
{
	compare("infos");
}

TEST(newer_as_linux_7_2)
{
	compare("newer");
}

TEST(traces_as_linux_7_2)
{
	compare("traces");
}

TEST(tasks_as_linux_7_2)
{
	compare("tasks");
}

TEST(replace_as_linux_7_2)
{
	compare("replace");
}
