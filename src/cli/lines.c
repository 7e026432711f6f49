/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/lines.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

#include "cli/json.h"
#include "cli/printk.h"

#define BUFFER_BYTES (64 << 10)

struct comm {
	char name[32];	/* "" = unknown: the task is gone */
};

static struct comm comm_of(uint32_t tid)
{
	struct comm c = { "" };
	char path[64];
	ssize_t n;
	int fd;

	if (!tid) {
		strcpy(c.name, "<idle>");
		return c;
	}
	snprintf(path, sizeof(path), "/proc/%u/comm", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return c;
	n = read(fd, c.name, sizeof(c.name) - 1);
	close(fd);
	c.name[n > 0 ? n - 1 : 0] = '\0';	/* it ends in a newline */
	return c;
}

/* A program may print anything; a terminal shall not obey it. */
static void put_text(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 && *s != '\t' && *s != '\n')
			printf("\\x%02x", *s);
		else
			putchar(*s == 0x7f ? '?' : *s);
	}
	putchar('\n');
}

static void print_json(const struct printk_line *l, struct json *j)
{
	struct comm c = comm_of(l->tid);

	json_record(j, "printk");
	json_key_u64(j, "time_ns", l->time_ns);
	json_key_u64(j, "cpu", l->cpu);
	json_key_u64(j, "pid", l->pid);
	json_key_u64(j, "tid", l->tid);
	json_key_str(j, "comm", c.name[0] ? c.name : NULL);
	json_key_str(j, "text", l->text);
	json_close(j, '}');
}

void lines_begin(void)
{
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, BUFFER_BYTES);
}

/* Between lines, since a command may write to the same place. */
static void make_room(void)
{
	if (__fpending(stdout) > BUFFER_BYTES / 2)
		fflush(stdout);
}

void lines_print(const struct printk_line *l, void *arg)
{
	struct lines *lines = arg;
	struct comm c;

	if (l->who == WHOSE_OTHERS) {
		lines->nr_others++;
		return;
	}
	lines->nr++;
	make_room();
	if (lines->json) {
		print_json(l, lines->json);
		return;
	}
	if (lines->prefix) {
		c = comm_of(l->tid);
		printf("%s-%u [%03u] %" PRIu64 ".%06" PRIu64 ": ", c.name[0] ? c.name : "<...>",
		       l->tid, l->cpu, l->time_ns / 1000000000, l->time_ns / 1000 % 1000000);
	}
	put_text(l->text);
}
