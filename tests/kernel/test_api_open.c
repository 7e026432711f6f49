/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects that were compiled without our header, on kernels whose BTF contradicts them or has
 * nothing of the kind: from a file, from memory, by skeleton.
 */
#include "api.h"

#include <errno.h>
#include <stdlib.h>

#define bpf_object__open_skeleton fsession_open_skeleton
#include "progs/foreign_noarg.skel.h"
#include "progs/foreign_strong.skel.h"
#include "progs/foreign_weak.skel.h"
#undef bpf_object__open_skeleton

#define TRACE_FSESSION 58

struct foreign_seen {
	__u64 entries, exits, bad;
};

static struct foreign_seen read_seen(struct bpf_object *obj)
{
	struct foreign_seen seen = {};
	struct bpf_map *m;
	char value[4096];
	__u32 zero = 0;

	bpf_object__for_each_map(m, obj) {
		if (!strstr(bpf_map__name(m), ".bss") || bpf_map__value_size(m) > sizeof(value))
			continue;
		bpf_map_lookup_elem(bpf_map__fd(m), &zero, value);
		memcpy(&seen, value, sizeof(seen));
	}
	return seen;
}

static void check_seen(struct foreign_seen seen, unsigned int calls)
{
	CHECK_EQ(seen.entries, calls);
	CHECK_EQ(seen.exits, calls);
	CHECK_EQ(seen.bad, 0);
}

static struct foreign_seen attach_and_fire(struct bpf_object *obj)
{
	struct bpf_link *links[4];
	struct bpf_program *p;
	int n = 0;

	bpf_object__for_each_program(p, obj) {
		links[n] = bpf_program__attach(p);
		if (!links[n])
			tap_fail(__FILE__, __LINE__, "attach: %d; said: %s", errno, api_said_all());
		n++;
	}
	api_fire();
	while (n--)
		bpf_link__destroy(links[n]);
	return read_seen(obj);
}

/* Opens by file and by memory, loads, attaches, fires. */
static struct foreign_seen run_object(const char *name)
{
	struct foreign_seen seen = { .bad = 1000 }, again = { .bad = 1000 };
	struct bpf_object *obj = NULL;
	char file[64];
	size_t size;
	void *data;

	snprintf(file, sizeof(file), "progs/%s.bpf.o", name);
	if (fsession_open_file(tap_file(file), NULL, &obj) || bpf_object__load(obj))
		tap_fail(__FILE__, __LINE__, "by file; said: %s", api_said_all());
	else
		seen = attach_and_fire(obj);
	bpf_object__close(obj);

	obj = NULL;
	data = api_slurp(tap_file(file), &size);
	if (!data || fsession_open_mem(data, size, NULL, &obj) || bpf_object__load(obj))
		tap_fail(__FILE__, __LINE__, "by memory; said: %s", api_said_all());
	else
		again = attach_and_fire(obj);
	bpf_object__close(obj);
	free(data);
	CHECK(!memcmp(&seen, &again, sizeof(seen)));
	CHECK(api_said_nothing());
	return seen;
}

API_TEST(open_strong)
{
	check_seen(run_object("foreign_strong"), 1);
}

API_TEST(open_weak)
{
	check_seen(run_object("foreign_weak"), 1);
}

API_TEST(open_weak_with_address_test)
{
	check_seen(run_object("foreign_weak_test"), 1);
}

API_TEST(open_without_parameter)
{
	check_seen(run_object("foreign_noarg"), 1);
}

API_TEST(open_subprograms)
{
	check_seen(run_object("foreign_subprog"), 1);
}

API_TEST(open_multi)
{
	struct foreign_seen seen = run_object("foreign_multi");

	check_seen(seen, api_nr_small());
}

API_TEST(open_header_with_kfuncs)
{
	check_seen(run_object("foreign_header"), 1);
}

/* Objects that use our header are opened by the same calls, as they are. */
API_TEST(open_ours)
{
	struct bpf_object *obj = NULL;

	NEED(!fsession_open_file(tap_file("progs/api_small.bpf.o"), NULL, &obj));
	CHECK_STR(bpf_object__name(obj), "api_small");
	NEED(!bpf_object__load(obj));
	check_seen(attach_and_fire(obj), 1);
	bpf_object__close(obj);
}

API_TEST(open_object_name)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "mine");
	struct bpf_object *obj = NULL;

	NEED(!fsession_open_file(tap_file("progs/foreign_weak.bpf.o"), NULL, &obj));
	CHECK_STR(bpf_object__name(obj), "foreign_weak");
	bpf_object__close(obj);
	NEED(!fsession_open_file(tap_file("progs/foreign_weak.bpf.o"), &opts, &obj));
	CHECK_STR(bpf_object__name(obj), "mine");
	bpf_object__close(obj);
}

/* Options of a newer libbpf.h than ours reach libbpf, which knows them or says that it does not. */
API_TEST(open_newer_options)
{
	struct {
		struct bpf_object_open_opts known;
		char later[256];
	} opts = { .known.sz = sizeof(opts) };
	struct bpf_object *obj = NULL;

	NEED(!fsession_open_file(tap_file("progs/foreign_weak.bpf.o"), &opts.known, &obj));
	bpf_object__close(obj);
	obj = NULL;
	memset(opts.later, 1, sizeof(opts.later));
	CHECK_EQ(fsession_open_file(tap_file("progs/foreign_weak.bpf.o"), &opts.known, &obj), -EINVAL);
	CHECK(!obj);
	ERROR_IS("foreign_weak", "libbpf cannot open it", NULL);
}

#define SKELETON_TEST(name)                                                                        \
	API_TEST(open_skeleton_##name)                                                          \
	{                                                                                          \
		struct foreign_##name *s = foreign_##name##__open();                               \
                                                                                                   \
		NEED(s);                                                                           \
		NEED(!foreign_##name##__load(s));                                                  \
		NEED(!foreign_##name##__attach(s));                                                \
		NEED(s->links.session);                                                            \
		api_fire();                                                                        \
		CHECK_EQ(s->bss->seen.entries, 1);                                                 \
		check_seen(read_seen(s->obj), 1);                                                  \
		foreign_##name##__destroy(s);                                                      \
	}

SKELETON_TEST(strong)
SKELETON_TEST(weak)
SKELETON_TEST(noarg)

static bool native_kfuncs(void)
{
	return api_kernel() >= 700;
}

/* Opened by libbpf itself, where the kernel has what the object asks for. */
API_TEST(open_opened_by_libbpf)
{
	struct bpf_object *obj;

	if (!native_kfuncs())
		tap_skip("the kfuncs of this kernel are not those of the object");
	obj = bpf_object__open_file(tap_file("progs/foreign_strong.bpf.o"), NULL);
	NEED(obj);
	NEED(!bpf_object__load(obj));
	check_seen(attach_and_fire(obj), 1);
	bpf_object__close(obj);
}

/* And where it has not: an error that says how to open it. */
API_TEST(open_opened_by_libbpf_in_vain)
{
	struct bpf_object *obj;

	if (native_kfuncs())
		tap_skip("the kfuncs of this kernel are those of the object");
	obj = bpf_object__open_file(tap_file("progs/foreign_header.bpf.o"), NULL);
	NEED(obj);
	CHECK(bpf_object__load(obj) < 0);
	if (!api_libbpf_said("bpf_session_"))	/* libbpf refuses the extern first, where BTF has it */
		ERROR_IS("session", "the kernel refuses it", "fsession_open_file()");
	bpf_object__close(obj);
}

/* What FSESSION_BPF_KFUNC promises: no library of ours. */
API_TEST(open_header_without_library)
{
	struct bpf_program *p;
	struct bpf_object *obj;
	struct bpf_link *l;

	if (!native_kfuncs())
		tap_skip("native sessions need Linux 7.0");
	fsession_unregister();
	obj = bpf_object__open_file(tap_file("progs/foreign_header.bpf.o"), NULL);
	NEED(obj);
	p = bpf_object__find_program_by_name(obj, "session");
	/* what a libbpf with sessions does by itself */
	bpf_program__set_type(p, BPF_PROG_TYPE_TRACING);
	bpf_program__set_expected_attach_type(p, (enum bpf_attach_type)TRACE_FSESSION);
	NEED(!bpf_program__set_attach_target(p, 0, "bpf_fentry_test1"));
	NEED(!bpf_object__load(obj));
	l = bpf_program__attach_trace(p);
	NEED(l);
	api_fire();
	check_seen(read_seen(obj), 1);
	bpf_link__destroy(l);
	bpf_object__close(obj);
}
