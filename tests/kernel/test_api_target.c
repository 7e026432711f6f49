/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions of BPF programs: the main function and a global one. */
#include "api.h"

#include <errno.h>
#include <unistd.h>

#include "progs/seen.h"
#include "progs/api_skel.skel.h"
#include "progs/api_socket.skel.h"

static struct api_socket *load_traced(void)
{
	struct api_socket *t = api_socket__open();

	if (!t)
		return NULL;
	if (!api_socket__load(t))
		return t;
	api_socket__destroy(t);
	return NULL;
}

static void run_traced(struct api_socket *t)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	CHECK_EQ(bpf_prog_test_run_opts(bpf_program__fd(t->progs.traced), &opts), 0);
	/* without the Ethernet header */
	CHECK_EQ(opts.retval, 2 * (sizeof(packet) - 14));
}

static void trace_and_run(struct api_skel *s, struct api_socket *t, const char *func)
{
	struct fsession_prog_info info = { .sz = sizeof(info) };
	char target[64];

	NEED(!api_skel__load(s));
	for (int i = 1; i <= 2; i++) {
		NEED(!api_skel__attach(s));
		NEED(s->links.bare);
		run_traced(t);
		CHECK_EQ(s->bss->bare_seen.entries, i);
		CHECK_EQ(s->bss->bare_seen.exits, i);
		CHECK_EQ(s->bss->bare_seen.bad, 0);
		api_skel__detach(s);
		CHECK(api_settles(API_LINKS, 0));
	}
	run_traced(t);
	CHECK_EQ(s->bss->bare_seen.entries, 2);
	CHECK_EQ(fsession_prog_info(s->progs.bare, &info), 0);
	snprintf(target, sizeof(target), ":%s", func);
	CHECK(info.target && strstr(info.target, target));
}

/* With a name, or without one: then it is the main function. */
static void target_prog(const char *given, const char *meant)
{
	struct api_socket *t = load_traced();
	struct api_skel *s = api_skel__open();

	NEED(t && s);
	api_only(s->obj, "bare");
	NEED(!bpf_program__set_attach_target(s->progs.bare, bpf_program__fd(t->progs.traced), given));
	trace_and_run(s, t, meant);
	api_skel__destroy(s);
	api_socket__destroy(t);
}

API_TEST(target_prog_main)
{
	target_prog("traced", "traced");
}

API_TEST(target_prog_global_function)
{
	target_prog("twice", "twice");
}

API_TEST(target_prog_without_name)
{
	target_prog(NULL, "traced");
}

API_TEST(target_prog_unknown_function)
{
	struct api_socket *t = load_traced();
	struct api_skel *s = api_skel__open();
	int err;

	NEED(t && s);
	api_only(s->obj, "func");	/* of SEC("fsession/bpf_fentry_test1") */
	err = bpf_program__set_attach_target(s->progs.func, bpf_program__fd(t->progs.traced), NULL);
	CHECK_EQ(err, 0);
	CHECK_EQ(api_skel__load(s), -ENOENT);
	ERROR_IS("bpf program", "has no function 'bpf_fentry_test1'", "twice");
	api_skel__destroy(s);
	api_socket__destroy(t);
}

/* The traced program goes on while it is traced, and may be closed first. */
API_TEST(target_prog_closed_first)
{
	struct api_socket *t = load_traced();
	struct api_skel *s = api_skel__open();

	NEED(t && s);
	api_only(s->obj, "bare");
	NEED(!bpf_program__set_attach_target(s->progs.bare, bpf_program__fd(t->progs.traced), "twice"));
	NEED(!api_skel__load(s));
	NEED(!api_skel__attach(s));
	api_socket__destroy(t);
	api_skel__destroy(s);
}
