/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects that others compiled, with kfunc externs of every kind, opened by the one call for
 * them. They are those of the unit tests.
 */
#include "api.h"

#include <bpf/btf.h>
#include <errno.h>

#define MAX_LINKS 4

struct foreign {
	struct bpf_object *obj;
	struct bpf_link *links[MAX_LINKS];
	int nr_links;
};

static void stop(struct foreign *f)
{
	while (f->nr_links)
		bpf_link__destroy(f->links[--f->nr_links]);
	bpf_object__close(f->obj);
}

/* Opens, loads and attaches everything in it. */
static int start(struct foreign *f, const char *name)
{
	struct bpf_program *p;
	char path[64];
	int err;

	*f = (struct foreign){};
	snprintf(path, sizeof(path), "../unit/progs/%s.bpf.o", name);
	err = fsession_open_file(tap_file(path), NULL, &f->obj);
	if (err)
		return err;
	bpf_object__for_each_program(p, f->obj)
		bpf_program__set_autoload(p, true);
	err = bpf_object__load(f->obj);
	bpf_object__for_each_program(p, f->obj) {
		if (err || f->nr_links == MAX_LINKS)
			break;
		f->links[f->nr_links] = bpf_program__attach(p);
		if (f->links[f->nr_links])
			f->nr_links++;
		else
			err = -errno;
	}
	if (err)
		stop(f);
	return err;
}

/* An int in .bss; -1 if there is none of that name. */
static int var(const struct foreign *f, const char *name)
{
	const struct btf *btf = bpf_object__btf(f->obj);
	int sec = btf__find_by_name_kind(btf, ".bss", BTF_KIND_DATASEC), value = -1;
	const struct btf_type *t = btf__type_by_id(btf, sec < 0 ? 0 : sec);
	struct bpf_map *map = bpf_object__find_map_by_name(f->obj, ".bss");
	char data[256] = "";
	__u32 key = 0;

	if (sec < 0 || bpf_map_lookup_elem(bpf_map__fd(map), &key, data))
		return -1;
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *v = &btf_var_secinfos(t)[i];
		const struct btf_type *vt = btf__type_by_id(btf, v->type);

		if (!strcmp(btf__name_by_offset(btf, vt->name_off), name))
			memcpy(&value, data + v->offset, sizeof(value));
	}
	return value;
}

API_TEST(foreign_strong)
{
	struct foreign f;

	NEED(!start(&f, "strong"));
	api_fire();
	CHECK_EQ(var(&f, "seen_entry"), 1);
	CHECK_EQ(var(&f, "seen_exit"), 1);
	stop(&f);
}

/* The kfuncs are there, also where the kernel has none. */
API_TEST(foreign_weak)
{
	struct foreign f;

	NEED(!start(&f, "weak"));
	api_fire();
	CHECK_EQ(var(&f, "present"), 1);
	CHECK_EQ(var(&f, "seen"), 5);
	stop(&f);
}

/* vmlinux.h of Linux 6.10 to 6.19 declares the two without parameter. */
API_TEST(foreign_without_parameter)
{
	struct foreign f;

	if (!api_is_split() && api_kernel() >= 700)
		tap_skip("such a call has no ctx to hand to the kernel's kfuncs");
	NEED(!start(&f, "noarg"));
	api_fire();
	CHECK_EQ(var(&f, "seen"), 5);
	stop(&f);
}

API_TEST(foreign_subprograms)
{
	struct foreign f;

	if (api_kernel() < 517)
		tap_skip("the program needs bpf_loop (Linux >= 5.17)");
	NEED(!start(&f, "subprog"));
	api_fire();
	CHECK_EQ(var(&f, "seen"), 8);	/* at exit: 7, and the argument, which is 1 */
	stop(&f);
}

API_TEST(foreign_unused)
{
	struct foreign f;

	NEED(!start(&f, "unused"));
	api_fire();
	stop(&f);
}
