/* SPDX-License-Identifier: BSD-2-Clause */
/* What this process may do, as far as BPF needs it. */
#ifndef FS_UTIL_PRIVILEGE_H
#define FS_UTIL_PRIVILEGE_H

#include <stdbool.h>

/* One of linux/capability.h's numbers, in the effective set? */
bool privilege_has(int cap);

/* What to do where the kernel said EPERM to bpf(2): a string constant that names CAP_BPF and CAP_PERFMON,
 * or why they do not help. */
const char *privilege_hint(void);

/* The same where the kernel forbade what takes ptrace of another process: CAP_SYS_PTRACE. */
const char *privilege_ptrace_hint(void);

/* The lockdown mode: "none", "integrity", "confidentiality", or NULL where there is no such thing
 * or it cannot be read. A string constant. */
const char *privilege_lockdown(void);

#endif
