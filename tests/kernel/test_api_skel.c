/* SPDX-License-Identifier: BSD-2-Clause */
/* Skeletons: every form of section, through libbpf's own open, load, attach and destroy. */
#include "api.h"

#include <errno.h>
#include <unistd.h>

#include "progs/seen.h"
#include "progs/api_skel.skel.h"

/* Opens the skeleton with that program only. */
static struct api_skel *open_one(const char *prog)
{
	struct api_skel *s = api_skel__open();

	if (s)
		api_only(s->obj, prog);
	return s;
}

static void check_seen(const struct seen *s, unsigned int calls)
{
	CHECK_EQ(s->entries, calls);
	CHECK_EQ(s->exits, calls);
	CHECK_EQ(s->bad, 0);
}

API_TEST(skel_function)
{
	struct api_skel *s = open_one("func");

	NEED(s);
	NEED(!api_skel__load(s));
	NEED(!api_skel__attach(s));
	NEED(s->links.func);
	CHECK(bpf_link__fd(s->links.func) >= 0);
	api_fire();
	check_seen((struct seen *)&s->bss->func_seen, 1);
	CHECK_EQ(s->bss->func_arg, 1);
	CHECK_EQ(s->bss->func_ret[0], 0);
	CHECK_EQ(s->bss->func_ret[1], 2);
	CHECK(api_said_nothing());
	CHECK(api_settles(API_LINKS, api_is_split() ? 2 : 1));
	api_skel__detach(s);
	CHECK(api_settles(API_LINKS, 0));
	api_fire();
	check_seen((struct seen *)&s->bss->func_seen, 1);
	NEED(!api_skel__attach(s));
	api_fire();
	check_seen((struct seen *)&s->bss->func_seen, 2);
	api_skel__destroy(s);
	CHECK(api_settles(API_LINKS, 0));
}

API_TEST(skel_module)
{
	struct api_skel *s;

	if (!api_has_module_btf())
		tap_skip("this kernel has no BTF of modules");
	s = open_one("module");
	NEED(s);
	NEED(!api_skel__load(s));
	NEED(!api_skel__attach(s));
	api_fire_tun();
	check_seen((struct seen *)&s->bss->module_seen, 1);
	api_skel__destroy(s);
}

API_TEST(skel_sleepable)
{
	struct api_skel *s = open_one("sleepable");

	NEED(s);
	if (api_skel__load(s)) {
		bool refused = api_said("is not sleepable"), old = api_said("need Linux 5.12");

		api_skel__destroy(s);
		CHECK(refused || old);
		if (old)
			tap_skip("the split engine has no sleepable sessions before Linux 5.12");
		/* kernels without CONFIG_FUNCTION_ERROR_INJECTION */
		tap_skip("this kernel lets no sleepable program on bpf_fentry_test1");
	}
	NEED(!api_skel__attach(s));
	api_fire();
	check_seen((struct seen *)&s->bss->sleepable_seen, 1);
	api_skel__destroy(s);
}

/* Each is called once. */
API_TEST(skel_multi)
{
	struct api_skel *s = open_one("multi");

	NEED(s);
	NEED(!api_skel__load(s));
	NEED(!api_skel__attach(s));
	NEED(s->links.multi);
	api_fire();
	check_seen((struct seen *)&s->bss->multi_seen, api_nr_small());
	api_skel__destroy(s);
	CHECK(api_settles(API_LINKS, 0));
}

API_TEST(skel_bare_attach_target)
{
	struct api_skel *s = open_one("bare");

	NEED(s);
	CHECK_EQ(bpf_program__set_attach_target(s->progs.bare, 0, "bpf_fentry_test3"), 0);
	NEED(!api_skel__load(s));
	NEED(!api_skel__attach(s));
	api_fire();
	check_seen((struct seen *)&s->bss->bare_seen, 1);
	api_skel__destroy(s);
}

API_TEST(skel_bare_set_target)
{
	struct api_skel *s = open_one("bare");

	NEED(s);
	CHECK_EQ(fsession_set_target(s->progs.bare, "bpf_fentry_test2"), 0);
	NEED(!api_skel__load(s));
	CHECK_EQ(fsession_set_target(s->progs.bare, "bpf_fentry_test3"), -EINVAL);
	ERROR_IS("bare", "loaded already", NULL);
	NEED(!api_skel__attach(s));
	api_fire();
	check_seen((struct seen *)&s->bss->bare_seen, 1);
	api_skel__destroy(s);
}

/* Newer libbpf splits the name, older ones do not find it; ours does on all. */
API_TEST(skel_bare_module_target)
{
	struct api_skel *s;
	int err;

	if (!api_has_module_btf())
		tap_skip("this kernel has no BTF of modules");
	s = open_one("bare");
	NEED(s);
	err = bpf_program__set_attach_target(s->progs.bare, 0, "tun:tun_chr_open");
	CHECK(!err || err == -ESRCH);
	if (err)
		CHECK_EQ(fsession_set_target(s->progs.bare, "tun:tun_chr_open"), 0);
	NEED(!api_skel__load(s));
	NEED(!api_skel__attach(s));
	api_fire_tun();
	check_seen((struct seen *)&s->bss->bare_seen, 1);
	api_skel__destroy(s);
}

API_TEST(skel_bare_without_target)
{
	struct api_skel *s = open_one("bare");

	NEED(s);
	CHECK_EQ(api_skel__load(s), -EINVAL);
	ERROR_IS("bare", "no function to attach to", "fsession_set_target()");
	api_skel__destroy(s);
}

/* A section's target is overridden. */
API_TEST(skel_other_target)
{
	struct api_skel *s = open_one("func");
	struct fsession_prog_info info = { .sz = sizeof(info) };

	NEED(s);
	CHECK_EQ(fsession_set_target(s->progs.func, "vmlinux:bpf_fentry_test2"), 0);
	NEED(!api_skel__load(s));
	NEED(!api_skel__attach(s));
	CHECK_EQ(fsession_prog_info(s->progs.func, &info), 0);
	CHECK_STR(info.target, "bpf_fentry_test2");
	api_fire();
	CHECK_EQ(s->bss->func_arg, 2);
	api_skel__destroy(s);
}
