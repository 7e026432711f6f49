/* SPDX-License-Identifier: BSD-2-Clause */
/* That a guest is fit to run the other tests: BTF, tracing programs, a module to trace. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../unit/tap.h"

struct counters {	/* .bss of boot.bpf.c, in its order */
	__u64 entries, exits, module_entries;
	__s64 arg, ret_seen;
};

/* Opens, loads and attaches one program of boot.bpf.o, or NULL and errno. */
static struct bpf_object *boot_attach(const char *name, struct bpf_program **ret)
{
	struct bpf_object *obj = bpf_object__open_file(tap_file("boot.bpf.o"), NULL);
	struct bpf_program *p;

	if (!obj)
		return NULL;
	bpf_object__for_each_program(p, obj)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), name));
	*ret = bpf_object__find_program_by_name(obj, name);
	if (!bpf_object__load(obj) && bpf_program__attach(*ret))
		return obj;
	bpf_object__close(obj);
	return NULL;
}

static struct counters boot_read(struct bpf_object *obj)
{
	struct counters c = { 0 };
	__u32 key = 0;

	bpf_map_lookup_elem(bpf_map__fd(bpf_object__find_map_by_name(obj, ".bss")), &key, &c);
	return c;
}

TEST(boot_btf)
{
	struct btf *btf = btf__load_vmlinux_btf();

	CHECK(btf);
	CHECK(btf && btf__find_by_name_kind(btf, "bpf_fentry_test1", BTF_KIND_FUNC) > 0);
}

TEST(boot_entry)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_program *p;
	struct bpf_object *obj = boot_attach("boot_entry", &p);

	CHECK(obj);
	if (!obj)
		return;
	CHECK_EQ(bpf_prog_test_run_opts(bpf_program__fd(p), &opts), 0);
	CHECK_EQ(boot_read(obj).entries, 1);
	CHECK_EQ(boot_read(obj).arg, 1);
}

TEST(boot_exit)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_program *p;
	struct bpf_object *obj = boot_attach("boot_exit", &p);

	CHECK(obj);
	if (!obj)
		return;
	CHECK_EQ(bpf_prog_test_run_opts(bpf_program__fd(p), &opts), 0);
	CHECK_EQ(boot_read(obj).exits, 1);
	CHECK_EQ(boot_read(obj).ret_seen, 2);
}

TEST(boot_module)
{
	struct bpf_program *p;
	struct bpf_object *obj;

	if (access("/sys/kernel/btf/tun", F_OK))
		tap_skip("this kernel has no BTF of modules");
	obj = boot_attach("boot_module", &p);
	CHECK(obj);
	if (!obj)
		return;
	CHECK(open("/dev/net/tun", O_RDWR | O_CLOEXEC) >= 0);
	CHECK_EQ(boot_read(obj).module_entries, 1);
}
