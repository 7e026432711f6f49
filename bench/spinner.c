/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spinner CALLS [uprobe]: calls work() of libspin.so so often and says what a call took; with "uprobe" under a
 * uprobe and a uretprobe of the kernel that run no program, which is what any program there would pay at least.
 */
#include <errno.h>
#include <link.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "spin.h"

#define PMU "/sys/bus/event_source/devices/uprobe/type"

static int find_spin(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	if (!strstr(info->dlpi_name, "libspin"))
		return 0;
	*(const char **)arg = info->dlpi_name;
	return 1;
}

static int open_uprobe(const char *path, int is_return)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.config = is_return,
		.config1 = (uintptr_t)path,
		.config2 = spin_offset(),
	};
	FILE *f = fopen(PMU, "re");

	if (!f || fscanf(f, "%u", &attr.type) != 1) {
		fprintf(stderr, "spinner: " PMU ": %s\n", strerror(errno));
		exit(1);
	}
	fclose(f);
	return syscall(__NR_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void check_count(int fd, long calls)
{
	uint64_t count = 0;

	if (read(fd, &count, sizeof(count)) == sizeof(count) && count == (uint64_t)calls)
		return;
	fprintf(stderr, "spinner: %llu hits, %ld calls\n", (unsigned long long)count, calls);
	exit(1);
}

int main(int argc, char **argv)
{
	long calls = argc > 1 ? atol(argv[1]) : 0;
	const char *path = NULL;
	int entry, exit;

	if (calls <= 0)
		return 2;
	if (argc == 2)
		return spin(calls);
	dl_iterate_phdr(find_spin, &path);
	entry = open_uprobe(path, 0);
	exit = entry < 0 ? -1 : open_uprobe(path, 1);
	if (exit < 0) {
		fprintf(stderr, "spinner: perf_event_open of a uprobe: %s\n", strerror(errno));
		return 1;
	}
	spin(calls);
	check_count(entry, calls);
	check_count(exit, calls);
	return 0;
}
