/* SPDX-License-Identifier: BSD-2-Clause */
/* Links: one of them per session, attach cookies, pins, what an attached program is. */
#include "api.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "progs/seen.h"
#include "progs/api_small.skel.h"

#define PIN "/sys/fs/bpf/api_link"
#define PIN_EXIT PIN "_exit"
#define PIN_MAP "/sys/fs/bpf/api_map"

static struct api_small *load_small(void)
{
	struct api_small *s = api_small__open();

	if (!s || !api_small__load(s))
		return s;
	api_small__destroy(s);
	return NULL;
}

static unsigned int halves(void)
{
	return api_is_split() ? 2 : 1;
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

API_TEST(link_is_an_fd)
{
	struct api_small *s = load_small();
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	struct bpf_link *l = NULL;

	NEED(s);
	NEED(!fsession_attach(s->progs.small, NULL, &l));
	CHECK_EQ(bpf_obj_get_info_by_fd(bpf_link__fd(l), &info, &len), 0);
	CHECK_EQ(info.type, BPF_LINK_TYPE_TRACING);
	/* 5.10 leaves it 0 */
	CHECK(!info.tracing.attach_type ||
	      info.tracing.attach_type == (api_is_split() ? BPF_TRACE_FENTRY : 58));
	CHECK(!bpf_link__pin_path(l));
	CHECK(api_settles(API_LINKS, halves()));
	CHECK_EQ(bpf_link__destroy(l), 0);
	CHECK(api_settles(API_LINKS, 0));
	api_small__destroy(s);
}

/* In both phases, on kernels without attach cookies as well; another one after reattaching. */
API_TEST(link_attach_cookie)
{
	struct api_small *s = load_small();
	struct fsession_attach_opts o = { .sz = sizeof(o), .cookie = 0x1122334455667788 };
	struct bpf_link *l = NULL;

	NEED(s);
	NEED(!fsession_attach(s->progs.small, &o, &l));
	api_fire();
	CHECK_EQ(s->bss->attach_cookie[0], 0x1122334455667788);
	CHECK_EQ(s->bss->attach_cookie[1], 0x1122334455667788);
	bpf_link__destroy(l);
	o.cookie = 7;
	NEED(!fsession_attach(s->progs.small, &o, &l));
	api_fire();
	CHECK_EQ(s->bss->attach_cookie[0], 7);
	CHECK_EQ(s->bss->attach_cookie[1], 7);
	bpf_link__destroy(l);
	l = bpf_program__attach(s->progs.small);
	NEED(l);
	api_fire();
	CHECK_EQ(s->bss->attach_cookie[0], 0);
	CHECK_EQ(s->bss->attach_cookie[1], 0);
	CHECK_EQ(s->bss->seen.entries, 3);
	CHECK_EQ(s->bss->seen.exits, 3);
	CHECK_EQ(s->bss->seen.bad, 0);
	bpf_link__destroy(l);
	api_small__destroy(s);
}

API_TEST(link_second_attach_is_busy)
{
	struct api_small *s = load_small();
	struct bpf_link *l = NULL, *second = NULL;

	NEED(s);
	NEED(!fsession_attach(s->progs.small, NULL, &l));
	CHECK_EQ(fsession_attach(s->progs.small, NULL, &second), -EBUSY);
	ERROR_IS("small", "already attached", NULL);
	CHECK(!second);
	errno = 0;
	CHECK(!bpf_program__attach(s->progs.small));
	CHECK_EQ(errno, EBUSY);
	ERROR_IS("small", "already attached", NULL);
	CHECK(api_settles(API_LINKS, halves()));
	api_fire();
	CHECK_EQ(s->bss->seen.entries, 1);
	CHECK_EQ(s->bss->seen.exits, 1);
	bpf_link__destroy(l);
	api_small__destroy(s);
}

/* libbpf's own call: natively it may work, of two halves it must not attach one. */
API_TEST(link_by_attach_trace)
{
	struct api_small *s = load_small();
	struct bpf_link *l;

	NEED(s);
	l = bpf_program__attach_trace(s->progs.small);
	if (api_is_split())
		CHECK(!l);
	api_fire();
	CHECK_EQ(s->bss->seen.entries, s->bss->seen.exits);
	CHECK_EQ(s->bss->seen.entries, l ? 1 : 0);
	bpf_link__destroy(l);
	api_small__destroy(s);
}

API_TEST(link_outlives_object)
{
	struct api_small *s = load_small();
	struct bpf_link *l = NULL;
	struct {
		struct seen seen;
		__u64 cookies[2];
	} bss = {};
	int map, zero = 0;

	NEED(s);
	map = dup(bpf_map__fd(s->maps.bss));
	NEED(!fsession_attach(s->progs.small, NULL, &l));
	api_small__destroy(s);
	api_fire();
	CHECK_EQ(bpf_map_lookup_elem(map, &zero, &bss), 0);
	CHECK_EQ(bss.seen.entries, 1);
	CHECK_EQ(bss.seen.exits, 1);
	CHECK_EQ(bss.seen.bad, 0);
	CHECK_EQ(bpf_link__destroy(l), 0);
	CHECK(api_settles(API_LINKS, 0));
	CHECK(api_settles(API_PROGS, 0));
	close(map);
}

API_TEST(link_pin)
{
	struct api_small *s = load_small();
	struct bpf_link *l = NULL;

	NEED(s);
	NEED(!fsession_attach(s->progs.small, NULL, &l));
	NEED(!fsession_link_pin(l, PIN));
	CHECK_STR(bpf_link__pin_path(l), PIN);
	CHECK(exists(PIN));
	CHECK_EQ(exists(PIN_EXIT), api_is_split());
	bpf_link__destroy(l);
	api_fire();
	CHECK_EQ(s->bss->seen.exits, 1);
	CHECK_EQ(s->bss->seen.bad, 0);

	NEED(!fsession_link_open(PIN, &l));
	CHECK_STR(bpf_link__pin_path(l), PIN);
	bpf_link__destroy(l);
	CHECK(exists(PIN));
	api_fire();
	CHECK_EQ(s->bss->seen.exits, 2);

	NEED(!fsession_link_open(PIN, &l));
	CHECK_EQ(bpf_link__unpin(l), 0);
	bpf_link__destroy(l);
	CHECK(!exists(PIN));
	CHECK(!exists(PIN_EXIT));
	CHECK(api_settles(API_LINKS, 0));
	api_fire();
	CHECK_EQ(s->bss->seen.entries, 2);
	api_small__destroy(s);
}

/* libbpf's bpf_link__pin() knows of one half: the other follows. */
API_TEST(link_pin_by_libbpf)
{
	struct api_small *s = load_small();
	struct bpf_link *l = NULL;

	NEED(s);
	NEED(!fsession_attach(s->progs.small, NULL, &l));
	NEED(!bpf_link__pin(l, PIN));
	bpf_link__destroy(l);
	CHECK(exists(PIN));
	CHECK_EQ(exists(PIN_EXIT), api_is_split());
	api_fire();
	CHECK_EQ(s->bss->seen.entries, 1);
	CHECK_EQ(s->bss->seen.exits, 1);
	NEED(!fsession_link_open(PIN, &l));
	CHECK_EQ(bpf_link__unpin(l), 0);
	bpf_link__destroy(l);
	CHECK(!exists(PIN_EXIT));
	CHECK(api_settles(API_LINKS, 0));
	api_small__destroy(s);
}

API_TEST(link_pin_and_unpin)
{
	struct api_small *s = load_small();
	struct bpf_link *l = NULL;

	NEED(s);
	NEED(!fsession_attach(s->progs.small, NULL, &l));
	NEED(!fsession_link_pin(l, PIN));
	CHECK_EQ(fsession_link_pin(l, PIN "2"), -EBUSY);	/* and leaves the pin alone */
	ERROR_IS(PIN, "pinned already", NULL);
	CHECK(!exists(PIN "2"));
	CHECK(!exists(PIN "2_exit"));
	CHECK_EQ(bpf_link__unpin(l), 0);
	api_fire();
	CHECK_EQ(s->bss->seen.exits, 1);
	bpf_link__destroy(l);
	CHECK(!exists(PIN));
	CHECK(!exists(PIN_EXIT));
	CHECK(api_settles(API_LINKS, 0));
	api_small__destroy(s);
}

static void attach_pin_and_exit(void)
{
	struct api_small *s;
	struct bpf_link *l;

	if (api_register((struct fsession_register_opts){}))
		_exit(1);
	s = load_small();
	if (!s || fsession_attach(s->progs.small, NULL, &l) || fsession_link_pin(l, PIN) ||
	    bpf_map__pin(s->maps.bss, PIN_MAP))
		_exit(2);
	_exit(0);
}

/* The process that attached is gone; what it attached goes on, and another one ends it. */
API_TEST(link_pin_outlives_process)
{
	int status, map, zero = 0;
	pid_t pid = fork();
	struct bpf_link *l = NULL;
	struct {
		struct seen seen;
		__u64 cookies[2];
	} bss = {};

	if (!pid)
		attach_pin_and_exit();
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
	map = bpf_obj_get(PIN_MAP);
	NEED(map >= 0);
	unlink(PIN_MAP);
	CHECK_EQ(bpf_map_lookup_elem(map, &zero, &bss), 0);
	CHECK_EQ(bss.seen.exits, 0);
	api_fire();
	api_fire();
	CHECK_EQ(bpf_map_lookup_elem(map, &zero, &bss), 0);
	CHECK_EQ(bss.seen.entries, 2);
	CHECK_EQ(bss.seen.exits, 2);
	CHECK_EQ(bss.seen.bad, 0);
	NEED(!fsession_link_open(PIN, &l));
	CHECK_EQ(bpf_link__unpin(l), 0);
	bpf_link__destroy(l);
	CHECK(api_settles(API_LINKS, 0));
	api_fire();
	CHECK_EQ(bpf_map_lookup_elem(map, &zero, &bss), 0);
	CHECK_EQ(bss.seen.entries, 2);
	close(map);
}

API_TEST(link_pin_errors)
{
	struct api_small *s = load_small();
	struct bpf_link *l = NULL, *other = NULL;

	NEED(s);
	CHECK_EQ(fsession_link_pin(NULL, PIN), -EINVAL);
	ERROR_IS("fsession_link_pin", "no link", NULL);
	NEED(!fsession_attach(s->progs.small, NULL, &l));
	CHECK_EQ(fsession_link_pin(l, NULL), -EINVAL);
	ERROR_IS("link", "path", NULL);
	CHECK_EQ(fsession_link_pin(l, ""), -EINVAL);
	ERROR_IS("link", "path", NULL);
	CHECK_EQ(fsession_link_pin(l, "/tmp/api_link"), -EINVAL);
	ERROR_IS("link", "/tmp/api_link", "bpf file system");
	CHECK(!exists("/tmp/api_link_exit"));
	CHECK_EQ(fsession_link_pin(l, PIN ".1"), -EPERM);
	ERROR_IS("link", PIN ".1", "no dots");
	CHECK_EQ(bpf_map__pin(s->maps.bss, PIN), 0);
	CHECK_EQ(fsession_link_pin(l, PIN), -EEXIST);
	ERROR_IS("link", PIN, NULL);
	CHECK(!exists(PIN_EXIT));
	CHECK(!bpf_link__pin_path(l));

	CHECK_EQ(fsession_link_open(PIN, &other), -EINVAL);
	ERROR_IS(PIN, "not an fsession link", NULL);
	CHECK_EQ(bpf_map__unpin(s->maps.bss, PIN), 0);
	CHECK_EQ(fsession_link_open(PIN, &other), -ENOENT);
	ERROR_IS(PIN, "No such file", NULL);
	CHECK_EQ(fsession_link_open(NULL, &other), -EINVAL);
	ERROR_IS("fsession_link_open", "no path", NULL);
	CHECK(!other);

	NEED(!fsession_link_pin(l, PIN));
	CHECK_EQ(bpf_link__unpin(l), 0);
	bpf_link__destroy(l);
	CHECK(!exists(PIN_EXIT));
	api_small__destroy(s);
}

/* What a map tells of itself looks like what a session's link does, if one takes it for a link. */
API_TEST(link_open_is_no_map)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "like_a_link", 4, 4, 58, NULL);
	struct bpf_link *l = NULL;

	NEED(map >= 0);
	CHECK_EQ(bpf_obj_pin(map, PIN), 0);
	CHECK_EQ(fsession_link_open(PIN, &l), -EINVAL);
	ERROR_IS(PIN, "not an fsession link", NULL);
	unlink(PIN);
	close(map);
}

/* Half of a pair that somebody removed the other half of. */
API_TEST(link_pin_half_gone)
{
	struct api_small *s = load_small();
	struct bpf_link *l = NULL;

	if (!api_is_split())
		tap_skip("the kernel engine has no halves");
	NEED(s);
	NEED(!fsession_attach(s->progs.small, NULL, &l));
	NEED(!fsession_link_pin(l, PIN));
	bpf_link__destroy(l);
	unlink(PIN_EXIT);
	api_fire();
	CHECK_EQ(fsession_link_open(PIN, &l), -ENOENT);
	ERROR_IS(PIN, PIN_EXIT, NULL);
	unlink(PIN);
	CHECK(api_settles(API_LINKS, 0));
	api_small__destroy(s);
}

API_TEST(link_prog_info)
{
	struct fsession_prog_info info = { .sz = sizeof(info) };
	struct api_small *s = load_small();
	struct bpf_link *l = NULL;
	struct {
		struct fsession_prog_info info;
		__u64 newer;
	} larger = { .info.sz = sizeof(larger), .newer = 7 };
	int fd;

	NEED(s);
	CHECK_EQ(fsession_prog_info(s->progs.small, &info), 0);
	CHECK_EQ(info.engine, api_is_split() ? FSESSION_ENGINE_SPLIT : FSESSION_ENGINE_KERNEL);
	CHECK(info.reason && *info.reason && !strchr(info.reason, '\n'));
	CHECK_STR(info.target, "bpf_fentry_test1");
	CHECK_EQ(info.exit_id, 0);
	NEED(!fsession_attach(s->progs.small, NULL, &l));
	CHECK_EQ(fsession_prog_info(s->progs.small, &info), 0);
	fd = bpf_prog_get_fd_by_id(info.entry_id);
	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(info.exit_id != 0, api_is_split());
	fd = info.exit_id ? bpf_prog_get_fd_by_id(info.exit_id) : dup(0);
	CHECK(fd >= 0);
	close(fd);
	bpf_link__destroy(l);
	CHECK_EQ(fsession_prog_info(s->progs.small, &info), 0);
	CHECK_EQ(info.exit_id, 0);

	/* older and newer callers */
	info = (struct fsession_prog_info){ .sz = offsetof(struct fsession_prog_info, reason) };
	CHECK_EQ(fsession_prog_info(s->progs.small, &info), 0);
	CHECK(info.engine && !info.reason);
	CHECK_EQ(fsession_prog_info(s->progs.small, &larger.info), 0);
	CHECK_STR(larger.info.target, "bpf_fentry_test1");
	CHECK_EQ(larger.newer, 7);
	info.sz = 0;
	CHECK_EQ(fsession_prog_info(s->progs.small, &info), -EINVAL);
	ERROR_IS("fsession_prog_info", "sz is not set", NULL);
	api_small__destroy(s);
}

API_TEST(link_prog_stats)
{
	struct fsession_stats st = { .sz = sizeof(st) };
	struct api_small *s = load_small();
	struct bpf_link *l = NULL;

	NEED(s);
	NEED(!fsession_attach(s->progs.small, NULL, &l));
	for (int i = 0; i < 5; i++)
		api_fire();
	CHECK_EQ(fsession_prog_stats(s->progs.small, &st), 0);
	if (api_is_split()) {
		CHECK_EQ(st.entries, 5);
		CHECK_EQ(st.exits, 5);
	}
	CHECK_EQ(st.unmatched, 0);
	CHECK_EQ(st.missed, 0);
	CHECK_EQ(st.full, 0);
	CHECK_EQ(st.swept, 0);
	CHECK_EQ(st.open, 0);
	CHECK_EQ(fsession_sweep(), 0);
	bpf_link__destroy(l);
	api_small__destroy(s);
}
