/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One program on many functions, on every rung: the kernel's tracing_multi, a native copy per
 * function, a split copy per function. They see the same.
 */
#include "api.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "progs/seen.h"
#include "progs/api_many.skel.h"

#define GLOB "bpf_fentry_test?"

static struct api_many *load_many(const char *prog, const char *target)
{
	struct api_many *s = api_many__open();

	if (!s)
		return NULL;
	api_only(s->obj, prog);
	if (target)
		fsession_set_target(bpf_object__find_program_by_name(s->obj, prog), target);
	if (!api_many__load(s))
		return s;
	api_many__destroy(s);
	return NULL;
}

/* Has the kernel got tracing_multi? */
static void note_multi(const struct fsession_rung *rung, void *arg)
{
	if (!strcmp(rung->name, "kernel multi"))
		*(bool *)arg = rung->works;
}

static bool kernel_multi(void)
{
	bool works = false;

	fsession_probe(note_multi, &works);
	return works && !api_is_split();
}

/* bpf_fentry_test1 to 9, as far as this kernel has them */
static int nr_test_funcs(void)
{
	char name[32];
	int nr = 0;

	for (int i = 1; i < 10; i++) {
		snprintf(name, sizeof(name), "bpf_fentry_test%d", i);
		nr += api_btf_id(name) != 0;
	}
	return nr;
}

/* Number of functions that ran; each @calls times, and well. */
static int check_funcs(struct api_many *s, unsigned int calls)
{
	int map = bpf_map__fd(s->maps.funcs), n = 0;
	struct func_seen seen;
	__u64 ip, *at = NULL;

	for (; !bpf_map_get_next_key(map, at, &ip); at = &ip) {
		CHECK_EQ(bpf_map_lookup_elem(map, &ip, &seen), 0);
		CHECK_EQ(seen.entries, calls);
		CHECK_EQ(seen.exits, calls);
		CHECK_EQ(seen.bad, 0);
		n++;
	}
	return n;
}

/* Attaches to @want functions: @per_func links of the kernel for each, or one for all with 0. */
static void run_many(struct api_many *s, struct bpf_program *p, const char *glob, int want,
		     int per_func)
{
	int n;
	struct bpf_link *l = NULL, *second = NULL;

	n = fsession_attach_multi(p, glob, NULL, &l);
	CHECK_EQ(n, want);
	NEED(n > 0 && l);
	CHECK(bpf_link__fd(l) >= 0);
	CHECK(api_settles(API_LINKS, per_func ? per_func * n : 1));
	api_fire();
	CHECK_EQ(check_funcs(s, 1), want);
	CHECK_EQ(fsession_attach_multi(p, glob, NULL, &second), -EBUSY);
	ERROR_IS(bpf_program__name(p), "already attached", NULL);
	api_fire();
	CHECK_EQ(check_funcs(s, 2), want);
	CHECK_EQ(bpf_link__destroy(l), 0);
	CHECK(api_settles(API_LINKS, 0));
	api_fire();
	CHECK_EQ(check_funcs(s, 2), want);
	/* and again */
	CHECK_EQ(fsession_attach_multi(p, glob, NULL, &l), want);
	api_fire();
	CHECK_EQ(check_funcs(s, 3), want);
	bpf_link__destroy(l);
}

API_TEST(many_by_section)
{
	struct api_many *s = load_many("many", NULL);

	NEED(s);
	run_many(s, s->progs.many, NULL, nr_test_funcs(), kernel_multi() ? 0 : api_is_split() ? 2 : 1);
	api_many__destroy(s);
}

API_TEST(many_by_pattern)
{
	struct api_many *s = load_many("bare_many", NULL);

	NEED(s);
	run_many(s, s->progs.bare_many, API_SMALL_GLOB, api_nr_small(),
		 kernel_multi() ? 0 : api_is_split() ? 2 : 1);
	api_many__destroy(s);
}

/* A program that loads from ctx has copies also where the kernel has tracing_multi. */
API_TEST(many_copies)
{
	struct api_many *s;

	if (api_is_split())
		tap_skip("the split engine always has copies");
	s = load_many("typed", GLOB);
	NEED(s);
	run_many(s, s->progs.typed, NULL, nr_test_funcs(), 1);
	api_many__destroy(s);
}

/* One link of the kernel's is of one object's functions: with a module's there are copies. */
API_TEST(many_of_several_objects)
{
	struct bpf_link *l = NULL;
	struct api_many *s;

	if (!api_has_module_btf())
		tap_skip("this kernel has no BTF of modules");
	s = load_many("bare_many", NULL);
	NEED(s);
	CHECK_EQ(fsession_attach_multi(s->progs.bare_many, "bpf_fentry_test1,tun:tun_chr_open", NULL,
				       &l), 2);
	NEED(l);
	api_fire();
	api_fire_tun();
	CHECK_EQ(check_funcs(s, 1), 2);
	bpf_link__destroy(l);
	CHECK(api_settles(API_LINKS, 0));
	api_many__destroy(s);
}

API_TEST(many_ctx_load_refused)
{
	struct api_many *s = api_many__open();

	NEED(s);
	api_only(s->obj, "many_typed");
	CHECK_EQ(api_many__load(s), -EACCES);
	ERROR_IS("many_typed", "cannot load from ctx", "bpf_get_func_arg()");
	api_many__destroy(s);
}

API_TEST(many_ids_with_cookies)
{
	struct api_many *s = load_many("bare_many", NULL);
	uint32_t ids[] = { api_btf_id("bpf_fentry_test3"), api_btf_id("bpf_fentry_test1"),
			   api_btf_id("bpf_fentry_test4"), api_btf_id("bpf_fentry_test2") };
	uint64_t cookies[] = { 300, 100, 400, 200 };
	struct fsession_multi_opts o = { .sz = sizeof(o), .ids = ids, .cookies = cookies, .cnt = 4 };
	struct bpf_link *l = NULL;
	struct func_seen seen;
	__u64 ip, *at = NULL;
	int cookie_sum = 0;

	NEED(s);
	CHECK_EQ(fsession_attach_multi(s->progs.bare_many, NULL, &o, &l), 4);
	NEED(l);
	api_fire();
	CHECK_EQ(check_funcs(s, 1), 4);
	/* addresses are in the order of the numbers, for so the functions stand in the kernel's text */
	for (; !bpf_map_get_next_key(bpf_map__fd(s->maps.funcs), at, &ip); at = &ip) {
		bpf_map_lookup_elem(bpf_map__fd(s->maps.funcs), &ip, &seen);
		CHECK_EQ(seen.attach_cookie[0], seen.attach_cookie[1]);
		cookie_sum += seen.attach_cookie[0];
	}
	CHECK_EQ(cookie_sum, 1000);
	bpf_link__destroy(l);
	api_many__destroy(s);
}

API_TEST(many_ids_all_or_nothing)
{
	struct api_many *s = load_many("bare_many", NULL);
	uint32_t ids[] = { api_btf_id("bpf_fentry_test1"), api_btf_id("bpf_fentry_test2"), 1 };
	struct fsession_multi_opts o = { .sz = sizeof(o), .ids = ids, .cnt = 3 };
	struct bpf_link *l = NULL;

	NEED(s);
	CHECK_EQ(fsession_attach_multi(s->progs.bare_many, NULL, &o, &l), -EINVAL);
	ERROR_IS("1", "not a function", NULL);
	ids[2] = 0xfffffff;
	CHECK_EQ(fsession_attach_multi(s->progs.bare_many, NULL, &o, &l), -EINVAL);
	ERROR_IS("268435455", "not a function", NULL);
	ids[2] = api_btf_id("do_exit");
	CHECK_EQ(fsession_attach_multi(s->progs.bare_many, NULL, &o, &l), -EINVAL);
	ERROR_IS("do_exit", "never returns", NULL);
	ids[2] = ids[0];
	CHECK_EQ(fsession_attach_multi(s->progs.bare_many, NULL, &o, &l), -EINVAL);
	ERROR_IS("bpf_fentry_test1", "twice", NULL);
	/* what only the kernel knows: it is not traceable */
	if (api_btf_id("do_syscall_64")) {
		ids[2] = api_btf_id("do_syscall_64");
		CHECK(fsession_attach_multi(s->progs.bare_many, NULL, &o, &l) < 0);
		ERROR_IS("bare_many", "", NULL);
	}
	CHECK(!l);
	CHECK(api_settles(API_LINKS, 0));
	api_fire();
	CHECK_EQ(check_funcs(s, 0), 0);
	o.cnt = 2;
	CHECK_EQ(fsession_attach_multi(s->progs.bare_many, NULL, &o, &l), 2);
	bpf_link__destroy(l);
	api_many__destroy(s);
}

API_TEST(many_wrong_arguments)
{
	struct api_many *s = load_many("bare_many", NULL);
	uint32_t ids[] = { api_btf_id("bpf_fentry_test1") };
	uint64_t cookies[] = { 1 };
	struct fsession_multi_opts o = { .sz = sizeof(o), .ids = ids, .cnt = 1 };
	struct {
		struct fsession_multi_opts o;
		uint64_t newer;
	} larger = { .o.sz = sizeof(larger), .newer = 1 };
	struct bpf_program *p;
	struct bpf_link *l = NULL;

	NEED(s);
	p = s->progs.bare_many;
	CHECK_EQ(fsession_attach_multi(p, GLOB, &o, &l), -EINVAL);
	ERROR_IS("bare_many", "pattern", NULL);
	CHECK_EQ(fsession_attach_multi(p, NULL, NULL, &l), -EINVAL);
	ERROR_IS("bare_many", "neither", NULL);
	o.ids = NULL;
	CHECK_EQ(fsession_attach_multi(p, NULL, &o, &l), -EINVAL);
	ERROR_IS("bare_many", "ids", NULL);
	o.ids = ids;
	o.cnt = 0;
	CHECK_EQ(fsession_attach_multi(p, NULL, &o, &l), -EINVAL);
	ERROR_IS("bare_many", "ids", NULL);
	o.cnt = (1 << 20) + 1;
	CHECK_EQ(fsession_attach_multi(p, NULL, &o, &l), -E2BIG);
	ERROR_IS("bare_many", "at most 1048576", NULL);
	o = (struct fsession_multi_opts){ .sz = sizeof(o), .cookies = cookies };
	CHECK_EQ(fsession_attach_multi(p, GLOB, &o, &l), -EINVAL);
	ERROR_IS("bare_many", "ids", NULL);
	CHECK_EQ(fsession_attach_multi(p, GLOB, &larger.o, &l), -EINVAL);
	ERROR_IS("fsession_attach_multi", "newer", NULL);
	CHECK_EQ(fsession_attach_multi(p, "no_such_function_*", NULL, &l), -ENOENT);
	ERROR_IS("no_such_function_*", "", NULL);
	CHECK_EQ(fsession_attach_multi(NULL, GLOB, NULL, &l), -EINVAL);
	ERROR_IS("(null)", "not an fsession program", NULL);
	CHECK_EQ(fsession_attach(p, NULL, &l), -EINVAL);
	ERROR_IS("bare_many", "many functions", "fsession_attach_multi()");
	CHECK(!l);
	api_many__destroy(s);
}

/* -- Functions that cannot be attached --------------------------------------------------------------- */

struct skips {
	int nr;
	const char *look_for;
	char reason[128];
};

static void on_skipped(const char *func, int err, const char *reason, void *arg)
{
	struct skips *k = arg;

	k->nr++;
	CHECK(err < 0);
	CHECK(reason && *reason && !strchr(reason, '\n'));
	if (!strcmp(func, k->look_for))
		snprintf(k->reason, sizeof(k->reason), "%s", reason);
}

/* Attaches to @glob, of which @func is left out; returns the number attached. */
static int attach_but(const char *glob, const char *func, struct skips *k)
{
	struct fsession_multi_opts o = { .sz = sizeof(o), .skipped = on_skipped, .arg = k };
	struct api_many *s = load_many("bare_many", NULL);
	struct bpf_link *l = NULL;
	int n;

	*k = (struct skips){ .look_for = func };
	if (!s)
		return -EINVAL;
	n = fsession_attach_multi(s->progs.bare_many, glob, &o, &l);
	CHECK_EQ(n > 0, l != NULL);
	bpf_link__destroy(l);
	CHECK(api_settles(API_LINKS, 0));
	api_many__destroy(s);
	return n;
}

API_TEST(many_skip_noreturn)
{
	struct skips k;

	CHECK(attach_but("do_e*", "do_exit", &k) > 0);
	CHECK_STR(k.reason, "never returns");
	CHECK(api_said_nothing());
}

API_TEST(many_skip_machinery)
{
	const char *f = api_machinery();
	char glob[64];
	struct skips k;

	snprintf(glob, sizeof(glob), "%.*s?", (int)strlen(f) - 1, f);
	CHECK_EQ(attach_but(glob, f, &k), -ENOENT);
	CHECK(k.nr > 0);
	CHECK(k.reason[0]);
	ERROR_IS("bare_many", glob, NULL);
}

/* A name that several functions have, and that BTF has as well. */
static bool find_ambiguous(char *name, size_t size)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], sym[256], type;
	static char names[60000][48];
	size_t nr = 0;
	bool found = false;

	while (f && fgets(line, sizeof(line), f) && nr < 60000)
		if (sscanf(line, "%*x %c %255s", &type, sym) == 2 && type == 't' &&
		    !strchr(line, '[') && !strchr(sym, '.') && strlen(sym) > 8 && strlen(sym) < 48)
			strcpy(names[nr++], sym);
	if (f)
		fclose(f);
	qsort(names, nr, sizeof(names[0]), (int (*)(const void *, const void *))strcmp);
	for (size_t i = 1; i < nr && !found; i++)
		if (!strcmp(names[i], names[i - 1]) && api_btf_id(names[i])) {
			snprintf(name, size, "%s", names[i]);
			found = true;
		}
	return found;
}

API_TEST(many_skip_ambiguous)
{
	char name[64], glob[64];
	struct skips k;

	if (!find_ambiguous(name, sizeof(name)))
		tap_skip("no function of this kernel shares its name with another and is in BTF");
	snprintf(glob, sizeof(glob), "%.*s?", (int)strlen(name) - 1, name);
	attach_but(glob, name, &k);
	CHECK(strstr(k.reason, "ambiguous") || strstr(k.reason, "not traceable"));
	if (!k.reason[0])
		printf("# %s\n", name);
}

/* -- Progress ------------------------------------------------------------------------------------------- */

struct progress {
	int calls;
	size_t done, total;
	bool cancel;
};

static int on_progress(size_t done, size_t total, void *arg)
{
	struct progress *p = arg;

	p->calls++;
	CHECK(done <= total);
	CHECK(done >= p->done);
	p->done = done;
	p->total = total;
	return p->cancel;
}

API_TEST(many_progress)
{
	struct api_many *s = load_many("bare_many", NULL);
	struct progress p = {};
	struct fsession_multi_opts o = { .sz = sizeof(o), .progress = on_progress, .arg = &p };
	struct bpf_link *l = NULL;
	int n;

	NEED(s);
	n = fsession_attach_multi(s->progs.bare_many, API_SMALL_GLOB, &o, &l);
	CHECK(n > 0);
	CHECK(p.calls > 0);
	CHECK_EQ(p.total, n);
	CHECK_EQ(p.done, n);
	bpf_link__destroy(l);
	api_many__destroy(s);
}

API_TEST(many_cancel)
{
	struct api_many *s = load_many("bare_many", NULL);
	struct progress p = { .cancel = true };
	struct fsession_multi_opts o = { .sz = sizeof(o), .progress = on_progress, .arg = &p };
	struct bpf_link *l = NULL;

	NEED(s);
	CHECK_EQ(fsession_attach_multi(s->progs.bare_many, API_SMALL_GLOB, &o, &l), -ECANCELED);
	ERROR_IS("bare_many", "cancelled", NULL);
	CHECK(!l);
	CHECK(api_settles(API_LINKS, 0));
	p.cancel = false;
	p.done = 0;
	CHECK(fsession_attach_multi(s->progs.bare_many, API_SMALL_GLOB, &o, &l) > 0);
	bpf_link__destroy(l);
	api_many__destroy(s);
}

/* -- Hundreds ---------------------------------------------------------------------------------------- */

/* More than a hundred where that is one link; a copy takes a fifth of a second under emulation. */
API_TEST(many_hundreds)
{
	const char *glob = kernel_multi() ? "skb_*" : "skb_copy_b*,skb_copy_d*,skb_copy_e*";
	unsigned int want = kernel_multi() ? 100 : 3, links;
	struct skips k = { .look_for = "" };
	struct fsession_multi_opts o = { .sz = sizeof(o), .skipped = on_skipped, .arg = &k };
	struct api_many *s = load_many("bare_many", NULL);
	struct bpf_link *l = NULL;
	int n;

	NEED(s);
	n = fsession_attach_multi(s->progs.bare_many, glob, &o, &l);
	CHECK(n > (int)want);
	NEED(l);
	links = kernel_multi() ? 1 : api_is_split() ? 2 * n : n;
	CHECK(api_settles(API_LINKS, links));
	bpf_link__destroy(l);
	CHECK(api_settles(API_LINKS, 0));
	CHECK(api_settles(API_PROGS, 1));
	api_many__destroy(s);
}
