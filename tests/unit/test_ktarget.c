/* SPDX-License-Identifier: BSD-2-Clause */
/* Against the BTF of the kernel the tests run on, where there is one; nothing needs privilege. */
#include "image/ktarget.h"

#include <bpf/btf.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "image/kdeny.h"
#include "image/kinject.h"
#include "tap.h"
#include "util/log.h"

static char text[4096];
static struct log_capture cap;

static void need_btf(void)
{
	if (!ktarget_vmlinux())
		tap_skip("the machine's kernel has no readable BTF");
}

/* ktarget_find() with what it prints in text[]. */
static int find(const char *spec, struct ktarget *t)
{
	int err;

	log_capture_start(&cap, text, sizeof(text));
	err = ktarget_find(spec, t);
	log_capture_stop(&cap);
	return err;
}

TEST(ktarget_exact_name)
{
	struct ktarget t;

	need_btf();
	CHECK_EQ(find("vfs_read", &t), 0);
	CHECK_STR(text, "");
	CHECK_STR(t.name, "vfs_read");
	CHECK_STR(t.module, "");
	CHECK(t.btf_id != 0);
	CHECK_EQ(t.btf_fd, 0);
	CHECK_EQ(t.prog_fd, 0);
	CHECK_EQ(t.proto.nr_args, 4);
	CHECK_EQ(t.proto.nr_slots, 4);
	CHECK_EQ(t.proto.ret_size, 8);
	CHECK(!ktarget_refusal(&t, NULL));
	CHECK_EQ(find("vmlinux:vfs_read", &t), 0);
	CHECK_STR(t.module, "");
}

TEST(ktarget_test_function)
{
	struct ktarget t;

	need_btf();
	if (find("bpf_fentry_test1", &t))
		tap_skip("this kernel has no bpf_fentry_test1");
	CHECK_EQ(t.proto.nr_slots, 1);
	CHECK_EQ(t.proto.ret_size, 4);
	ktarget_find("bpf_fentry_test6", &t);
	CHECK_EQ(t.proto.nr_slots, 6);
	ktarget_find("bpf_fentry_test7", &t);
	CHECK_EQ(t.proto.nr_slots, 1);
}

TEST(ktarget_by_id)
{
	struct ktarget t, u;

	need_btf();
	CHECK_EQ(find("vfs_read", &t), 0);
	CHECK_EQ(ktarget_from_id(0, t.btf_id, &u), 0);
	CHECK_STR(u.name, "vfs_read");
	CHECK_EQ(u.proto.nr_args, 4);
	log_capture_start(&cap, text, sizeof(text));
	CHECK_EQ(ktarget_from_id(0, 1, &u), -EINVAL);
	CHECK_EQ(ktarget_from_id(0, ~0u, &u), -EINVAL);
	log_capture_stop(&cap);
	CHECK(strstr(text, "is not a function") != NULL);
}

TEST(ktarget_not_found)
{
	struct ktarget t = { .btf_id = 77 };

	need_btf();
	CHECK_EQ(find("vfs_raed", &t), -ENOENT);
	CHECK(strstr(text, "'vfs_raed': no such function") && strstr(text, "'vfs_read'"));
	CHECK_EQ(find("sys_nanosleep", &t), -ENOENT);
	CHECK(strstr(text, "_sys_nanosleep'") != NULL);
	CHECK_EQ(find("nosuchmodule:foo", &t), -ENOENT);
	CHECK(strstr(text, "no module 'nosuchmodule' is loaded") || strstr(text, "cannot list"));
	CHECK_EQ(find("vmlinux:no_such_function_at_all", &t), -ENOENT);
	CHECK_EQ(find("", &t), -ENOENT);
	CHECK_EQ(find("module:", &t), -ENOENT);
	CHECK_EQ(find("a_module_name_that_is_far_longer_than_that_of_any_module_can_be:f", &t),
		 -ENOENT);
	CHECK_EQ(t.btf_id, 77);
}

struct seen {
	int nr, good;
	const char *why;
	char last[128];
};

static int see(const struct ktarget *t, const char *why, void *arg)
{
	struct seen *s = arg;

	s->nr++;
	s->good += !why;
	s->why = why;
	snprintf(s->last, sizeof(s->last), "%s", t->name);
	return 0;
}

static int glob(const char *spec, struct seen *s)
{
	int err;

	*s = (struct seen){};
	log_capture_start(&cap, text, sizeof(text));
	err = ktarget_glob(spec, see, s);
	log_capture_stop(&cap);
	return err;
}

TEST(ktarget_patterns)
{
	struct seen s;

	need_btf();
	CHECK_EQ(glob("vfs_read", &s), 0);
	CHECK_EQ(s.nr, 1);
	CHECK_STR(s.last, "vfs_read");
	CHECK_EQ(glob("vfs_re?d", &s), 0);
	CHECK_EQ(s.nr, 1);
	CHECK_EQ(glob("vfs_*", &s), 0);
	CHECK(s.nr > 20 && s.good > 10);
	CHECK_EQ(glob("do_exit", &s), 0);
	CHECK_STR(s.why, "never returns");
	CHECK_EQ(glob("no_such_thing_*", &s), -ENOENT);
	CHECK_EQ(s.nr, 0);
	CHECK(strstr(text, "'no_such_thing_*': no function matches") != NULL);
	CHECK_EQ(glob("nosuchmodule:*", &s), -ENOENT);
}

TEST(ktarget_alternatives)
{
	struct seen s, both;

	need_btf();
	CHECK_EQ(glob("vfs_write,vmlinux:vfs_read,vfs_read", &s), 0);
	CHECK_EQ(s.nr, 2);
	CHECK_EQ(glob("vfs_*", &s), 0);
	CHECK_EQ(glob("vfs_re*,vfs_*", &both), 0);
	CHECK_EQ(both.nr, s.nr);
	CHECK_EQ(glob("vfs_*,vfs_raed", &s), -ENOENT);
	CHECK_EQ(s.nr, 0);
	CHECK_EQ(glob("vfs_*,no_such_*", &s), -ENOENT);
	CHECK_EQ(glob(",", &s), -ENOENT);
	CHECK_EQ(glob("", &s), -ENOENT);
}

static int stop(const struct ktarget *t, const char *why, void *arg)
{
	(void)t;
	(void)why;
	return ++*(int *)arg == 3 ? 42 : 0;
}

TEST(ktarget_pattern_stops)
{
	int n = 0;

	need_btf();
	CHECK_EQ(ktarget_glob("vfs_*", stop, &n), 42);
	CHECK_EQ(n, 3);
}

/* Distinct names, each once; what is refused has a reason. */
TEST(ktarget_everything)
{
	struct seen s;

	need_btf();
	CHECK_EQ(glob("*", &s), 0);
	CHECK(s.nr > 10000);
	CHECK(s.good > s.nr / 2 && s.good < s.nr);
}

TEST(ktarget_refused_by_name)
{
	static const char *const names[] = {
		"do_exit", "do_group_exit", "__x64_sys_exit", "__x64_sys_exit_group",
		"__arm64_sys_exit", "__ia32_sys_exit_group", "kthread_exit", "migrate_disable",
		"__rcu_read_lock", "__bpf_prog_enter_recur", "__bpf_tramp_exit",
	};
	static const char *const fine[] = {
		"do_exit_", "sys_exitus", "x_sys_exit", "exit_mm", "rcu_read_lock",
		"__bpf_tramp_image_put_deferred",
	};
	const char *hint = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!kdeny_reason(names[i], NULL))
			tap_fail(__FILE__, __LINE__, "%s is not refused", names[i]);
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		if (kdeny_reason(fine[i], &hint) || hint)
			tap_fail(__FILE__, __LINE__, "%s is refused", fine[i]);
	CHECK_STR(kdeny_reason("do_exit", &hint), "never returns");
	CHECK(hint != NULL);
}

TEST(ktarget_variadic)
{
	const char *hint = "";
	struct ktarget t;

	need_btf();
	if (find("_printk", &t) && find("printk", &t))
		tap_skip("neither printk nor _printk");
	CHECK_STR(ktarget_refusal(&t, &hint), "is variadic");
}

TEST(ktarget_doubts)
{
	struct ktarget t;

	need_btf();
	CHECK_EQ(find("vfs_read", &t), 0);
	CHECK(!ktarget_doubt(&t));
	t.proto.nr_slots = 7;
	CHECK(ktarget_doubt(&t) && strstr(ktarget_doubt(&t), "6 argument slots"));
	t.proto.nr_slots = 2;
	t.proto.struct_arg = true;
	CHECK(ktarget_doubt(&t) && strstr(ktarget_doubt(&t), "structure by value"));
	t.btf_fd = 12345;
	CHECK_STR(ktarget_doubt(&t), "its module was unloaded");
	t.prog_fd = 12345;
	CHECK(!ktarget_doubt(&t));
}

static void *find_many(void *arg)
{
	struct ktarget t;

	(void)arg;
	for (int i = 0; i < 1000; i++)
		if (ktarget_find(i & 1 ? "vfs_read" : "vfs_write", &t))
			return &btf__free;
	return NULL;
}

TEST(ktarget_threads)
{
	pthread_t threads[8];
	void *ret;

	need_btf();
	ktarget_cache_drop();
	for (int i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, find_many, NULL), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &ret);
		CHECK(!ret);
	}
	ktarget_cache_drop();
	CHECK(ktarget_vmlinux() != NULL);
}

TEST(ktarget_functions_that_may_fail)
{
	char path[] = "/tmp/fsession-list-XXXXXX";
	int fd = mkstemp(path);

	CHECK_EQ(dprintf(fd, "open_ctree [btrfs]\tERRNO\nshould_failslab\tERRNO\n"), 47);
	CHECK_EQ(kinject_find(path, "should_failslab"), 1);
	CHECK_EQ(kinject_find(path, "open_ctree"), 1);
	CHECK_EQ(kinject_find(path, "should_fail"), 0);
	CHECK_EQ(kinject_find(path, "should_failslabs"), 0);
	close(fd);
	unlink(path);
	CHECK_EQ(kinject_find(path, "open_ctree"), -ENOENT);
}

TEST(ktarget_prog_wrong_fd)
{
	struct ktarget t;

	log_capture_start(&cap, text, sizeof(text));
	CHECK_EQ(ktarget_find_prog(0, "", &t), -EINVAL);
	log_capture_stop(&cap);
	CHECK(strstr(text, "is not one") != NULL);
}
