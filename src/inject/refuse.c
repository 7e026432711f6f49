/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/refuse.h"

#include <elf.h>
#include <errno.h>
#include <linux/capability.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "image/uelf.h"
#include "util/log.h"
#include "util/privilege.h"
#include "util/procstatus.h"
#include "util/types.h"

static void name_of(long pid, char ret[64])
{
	char path[32];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, ret, 63);
		close(fd);
	}
	ret[n > 0 ? n - 1 : 0] = 0;
}

static int check_tracer(pid_t pid)
{
	long tracer = procstatus(pid, "TracerPid");
	char name[64];

	if (!tracer || tracer == getpid())
		return 0;
	name_of(tracer, name);
	return fail_hint(-EPERM, "a process has one tracer at a time: end the debugger, strace or other tracer",
			 "process %d is traced by process %ld (%s)", pid, tracer, name);
}

/* A filter may kill the process for calls that it never makes itself. */
static int check_filter(pid_t pid)
{
	if (!procstatus(pid, "Seccomp") || (privilege_has(CAP_SYS_ADMIN) && !procstatus(getpid(), "Seccomp")))
		return 0;
	return fail_hint(-EPERM, "with CAP_SYS_ADMIN the filter is suspended for our calls",
			 "process %d has a seccomp filter, which might kill it for system calls made there", pid);
}

/* A stack that is moved while functions are on it has no place for our frames. */
static bool is_go(const struct uelf *e)
{
	return uelf_section(e, ".gopclntab") || uelf_section(e, ".go.buildinfo");
}

static int check_file(pid_t pid, int fd)
{
	u8 ident[EI_NIDENT];
	struct uelf *e;
	bool go;

	if (pread(fd, ident, sizeof(ident), 0) != sizeof(ident) || memcmp(ident, ELFMAG, SELFMAG))
		return fail(-EOPNOTSUPP, "process %d: its executable is no ELF file", pid);
	if (ident[EI_CLASS] != ELFCLASS64)
		return fail(-EOPNOTSUPP, "process %d is a 32-bit program, which this engine does not trace", pid);
	if (uelf_open_fd(fd, "executable", &e))
		return 0;	/* damaged: whatever needs it will say so */
	go = is_go(e);
	uelf_close(e);
	if (go)
		return fail_hint(-EOPNOTSUPP, "uprobes on function entries work with Go",
				 "process %d is a Go program: its runtime moves stacks, so functions cannot be "
				 "traced at their exit", pid);
	return 0;
}

int refuse_check(pid_t pid)
{
	char path[32];
	int fd, err;

	if (procstatus(pid, "Tgid") != pid)
		return fail(-ESRCH, "there is no process %d", pid);
	err = check_tracer(pid);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return fail(-EOPNOTSUPP, "process %d is a kernel thread, or has ended", pid);
	if (fd < 0)
		return fail_hint(-EPERM, privilege_ptrace_hint(),
				 "process %d: %s", pid, log_errstr(errno));
	err = check_file(pid, fd);
	close(fd);
	return err ?: check_filter(pid);
}
