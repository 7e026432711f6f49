/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Down the ladder: a kernel that refuses sessions in one way or another, played by a syscall() before
 * libc's which answers for it. What is then chosen runs on the real one.
 */
#include "api.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/uapi.h"
#include "progs/seen.h"
#include "progs/api_small.skel.h"
#include "syscall/variadic.h"

bool api_cold = true;	/* each test's kernel is another one */

static struct {
	int cmd;		/* of bpf(2) */
	int error;		/* for sessions */
} refuse;

static bool is_refused(long nr, long cmd, const union bpf_attr *attr)
{
	uint32_t type;

	if (nr != SYS_bpf || !refuse.error || cmd != refuse.cmd)
		return false;
	type = cmd == BPF_PROG_LOAD ? attr->expected_attach_type : attr->link_create.attach_type;
	return type == FS_BPF_TRACE_FSESSION || type == FS_BPF_TRACE_FSESSION_MULTI;
}

__attribute__((visibility("default"))) long syscall(long nr, ...);

long syscall(long nr, ...)
{
	static long (*real)(long, ...);
	long a[6];

	SIX_ARGS(a, nr);
	if (is_refused(nr, a[0], (const union bpf_attr *)a[1])) {
		errno = refuse.error;
		return -1;
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The program is split, for @reason, and works. */
static void is_split(int cmd, int error, const char *reason)
{
	struct fsession_register_opts any = { .sz = sizeof(any) };
	struct fsession_prog_info info = { .sz = sizeof(info) };
	struct api_small *s;

	refuse.cmd = cmd;
	refuse.error = error;
	CHECK_EQ(fsession_register(&any), 0);
	s = api_small__open();
	NEED(s && !api_small__load(s) && !api_small__attach(s));
	CHECK_EQ(fsession_prog_info(s->progs.small, &info), 0);
	CHECK_EQ(info.engine, FSESSION_ENGINE_SPLIT);
	if (!strstr(info.reason, reason))
		tap_fail(__FILE__, __LINE__, "no \"%s\" in: %s", reason, info.reason);
	api_fire();
	CHECK_EQ(s->bss->seen.entries, 1);
	CHECK_EQ(s->bss->seen.exits, 1);
	CHECK_EQ(s->bss->seen.bad, 0);
	api_small__destroy(s);
}

API_TEST(ladder_no_sessions)
{
	is_split(BPF_PROG_LOAD, EINVAL, "does not know BPF_TRACE_FSESSION");
}

API_TEST(ladder_jit_without_sessions)
{
	is_split(BPF_PROG_LOAD, EOPNOTSUPP, "its JIT for this machine does not");
}

API_TEST(ladder_sessions_do_not_attach)
{
	if (api_kernel() < 700)
		tap_skip("this kernel does not load them");
	is_split(BPF_LINK_CREATE, EOPNOTSUPP, "loads, but attaching it");
}
