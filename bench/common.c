/* SPDX-License-Identifier: BSD-2-Clause */
#include "common.h"

#include <bpf/libbpf.h>
#include <fsession/fsession.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static char object_path[PATH_MAX];

void bench_init(int argc, char **argv)
{
	struct fsession_register_opts o = { .sz = sizeof(o) };
	struct rlimit memlock = { RLIM_INFINITY, RLIM_INFINITY }, nofile = { 1 << 16, 1 << 16 };
	char self[PATH_MAX];

	setvbuf(stdout, NULL, _IOLBF, 0);	/* what was measured until the guest's time is over */
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--engine=split")) {
			o.engine = FSESSION_ENGINE_SPLIT;
		} else if (!strcmp(argv[i], "--engine=kernel")) {
			o.engine = FSESSION_ENGINE_KERNEL;
		} else {
			fprintf(stderr, "usage: %s [--engine=kernel|split]\n", argv[0]);
			exit(2);
		}
	}
	snprintf(self, sizeof(self), "%s", argv[0]);
	if (snprintf(object_path, sizeof(object_path), "%s/overhead.bpf.o", dirname(self)) >=
	    (int)sizeof(object_path))
		exit(2);
	setrlimit(RLIMIT_NOFILE, &nofile);
	setrlimit(RLIMIT_MEMLOCK, &memlock);
	if (fsession_register(&o))
		exit(1);
}

const char *bench_target(void)
{
	struct utsname u;

	uname(&u);
	return !strcmp(u.machine, "x86_64") ? "__x64_sys_getpgid" : "__arm64_sys_getpgid";
}

void bench_call(void)
{
	syscall(__NR_getpgid, 0);
}

double bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static int select_program(struct bpf_program *p, const char *const names[], const char *target)
{
	int want = 0;

	for (int i = 0; names[i]; i++)
		want |= !strcmp(names[i], bpf_program__name(p));
	bpf_program__set_autoload(p, want);
	if (!want)
		return 0;
	if (!strncmp(bpf_program__section_name(p), "fsession", 8))
		return fsession_set_target(p, target);
	return bpf_program__set_attach_target(p, 0, target);
}

struct bpf_object *bench_load(const char *const names[], const char *target)
{
	struct bpf_object *obj;
	struct bpf_program *p;
	int err;

	if (fsession_open_file(object_path, NULL, &obj))
		return NULL;
	bpf_object__for_each_program(p, obj) {
		err = select_program(p, names, target);
		if (err)
			goto fail;
	}
	if (!bpf_object__load(obj))
		return obj;
fail:
	bpf_object__close(obj);
	return NULL;
}
