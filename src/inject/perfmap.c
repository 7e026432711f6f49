/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/perfmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "util/log.h"

static bool enabled, failed;

void perfmap_enable(void)
{
	enabled = true;
}

/*
 * Anybody may write to /tmp: a link that lies there is not followed, and perf itself takes no file of
 * somebody else's. One write per line, so that lines of a runtime that writes the same file stay whole.
 */
void perfmap_add(pid_t pid, u64 start, u64 end, const char *name)
{
	char path[48], line[256];
	int fd, len;

	if (!enabled || failed)
		return;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", pid);
	len = snprintf(line, sizeof(line), "%llx %llx %s\n", start, end - start, name);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, line, len) != len) {
		log_msg(LOG_WARN, "cannot write '%s': %s", path, log_errstr(errno));
		failed = true;
	}
	if (fd >= 0)
		close(fd);
}
