/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/privilege.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/capability.h of older systems lacks them (5.8) */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

bool privilege_has(int cap)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[cap / 32].effective & (1u << cap % 32);
}

const char *privilege_lockdown(void)
{
	static const char *const modes[] = { "none", "integrity", "confidentiality" };
	char buf[128] = "", pattern[32];
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	for (size_t i = 0; n > 0 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		snprintf(pattern, sizeof(pattern), "[%s]", modes[i]);
		if (strstr(buf, pattern))
			return modes[i];
	}
	return NULL;
}

const char *privilege_hint(void)
{
	const char *lockdown = privilege_lockdown();

	if (!privilege_has(CAP_SYS_ADMIN) && !(privilege_has(CAP_BPF) && privilege_has(CAP_PERFMON)))
		return "run as root, or with CAP_BPF and CAP_PERFMON";
	if (lockdown && !strcmp(lockdown, "confidentiality"))
		return "CAP_BPF is there, but the kernel is locked down (confidentiality): boot without";
	return "CAP_BPF and CAP_PERFMON are there, so a sandbox forbids it: run outside the container, "
	       "or allow bpf(2) in its seccomp profile";
}

const char *privilege_ptrace_hint(void)
{
	if (privilege_has(CAP_SYS_PTRACE))
		return "CAP_SYS_PTRACE is there, so a sandbox or a security module forbids it: run outside of that";
	return "be root, or the same user with kernel.yama.ptrace_scope=0";
}
