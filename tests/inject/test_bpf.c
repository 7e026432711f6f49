/* SPDX-License-Identifier: BSD-2-Clause */
/* BPF objects, loaded by libbpf, on functions of another process. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/uapi.h"
#include "inject/proctarget.h"
#include "rig.h"
#include "tap.h"
#include "victim.h"

static struct rig rig;
static struct proctarget *target;
static struct bpf_object *obj;
static struct victim_data *d;

static bool load(int threads)
{
	struct bpf_map *bss;

	rig_start(&rig, "victim", threads);
	CHECK_EQ(proctarget_open(rig.pid, PROCTARGET_ALONE, &target), 0);
	obj = bpf_object__open_file(tap_file("victim.bpf.o"), NULL);
	if (!obj || bpf_program__set_expected_attach_type(bpf_object__find_program_by_name(obj, "on_weigh"),
							  (enum bpf_attach_type)FS_BPF_TRACE_FSESSION) ||
	    bpf_object__load(obj)) {
		tap_fail(__FILE__, __LINE__, "load: %s", strerror(errno));
		return false;
	}
	bss = bpf_object__find_map_by_name(obj, ".bss");
	d = mmap(NULL, sizeof(*d), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0);
	return d != MAP_FAILED;
}

static int attach(const char *name, __u32 type)
{
	struct fs_link_create_attr attr = {
		.prog_fd = bpf_program__fd(bpf_object__find_program_by_name(obj, name)), .attach_type = type,
	};

	return syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
}

static long long counted(__u32 phase)
{
	long long n = 0;

	bpf_map_lookup_elem(bpf_map__fd(bpf_object__find_map_by_name(obj, "calls")), &phase, &n);
	return n;
}

TEST(arguments_result_and_cookie_by_debug_information)
{
	int session, entry;

	if (!load(0))
		return;
	session = attach("on_weigh", FS_BPF_TRACE_FSESSION);
	entry = attach("on_work", BPF_TRACE_FENTRY);
	CHECK(session >= 0 && entry >= 0);
	rig_call(&rig, 100);
	CHECK_EQ(d->times, 5);
	CHECK_EQ(d->extra, 200);
	CHECK_EQ(d->weight, -3);
	CHECK_STR(d->name, "a stone");
	CHECK_EQ(d->ret, 185);
	CHECK_EQ(d->cookie, 4711);
	CHECK_EQ(d->pid, rig.pid);
	CHECK_EQ(d->works, 100);
	CHECK_EQ(counted(0), 1);
	CHECK_EQ(counted(1), 1);
	close(session);
	close(entry);
	rig_call(&rig, 100);
	CHECK_EQ(d->works, 100);
	CHECK(rig_text_is_clean(&rig));
	bpf_object__close(obj);
	proctarget_close(target);
	rig_call(&rig, 100);
	rig_stop(&rig);
}
