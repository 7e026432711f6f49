/* SPDX-License-Identifier: BSD-2-Clause */
/* libbpf, unmodified, on the user engine: opens, loads and runs an object compiled by clang. */
#include <errno.h>
#include <signal.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kconfig.h"
#include "tap.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd

static struct bpf_object *load(const char *name)
{
	struct bpf_object *obj = bpf_object__open_file(tap_file(name), NULL);

	if (!obj || bpf_object__load(obj)) {
		tap_fail(__FILE__, __LINE__, "%s: %s", name, strerror(errno));
		return NULL;
	}
	return obj;
}

static int map_fd(struct bpf_object *obj, const char *name)
{
	return bpf_object__find_map_fd_by_name(obj, name);
}

static int run(int fd, __u16 type, __u32 bytes, __u32 repeat, struct bpf_test_run_opts *opts)
{
	static __u8 packet[2048];

	packet[12] = type >> 8;
	packet[13] = type;
	opts->sz = sizeof(*opts);
	opts->data_in = packet;
	opts->data_size_in = bytes;
	opts->repeat = repeat;
	return bpf_prog_test_run_opts(fd, opts);
}

TEST(libbpf_xdp)
{
	struct bpf_object *obj = load("xdp.bpf.o");
	struct bpf_test_run_opts opts = { 0 };
	__u64 n = 0;
	__u32 key = 0;
	__u16 type = ETH_P_IP;
	int fd;

	if (!obj)
		return;
	fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "classify"));
	CHECK_EQ(run(fd, ETH_P_IP, 64, 10, &opts), 0);
	CHECK_EQ(opts.retval, 2);	/* XDP_PASS */
	CHECK_EQ(opts.data_size_out, 64);
	CHECK_EQ(run(fd, ETH_P_IPV6, 30, 1, &opts), 0);
	CHECK_EQ(opts.retval, 1);	/* XDP_DROP */
	CHECK_EQ(bpf_map_lookup_elem(map_fd(obj, "types"), &type, &n), 0);
	CHECK_EQ(n, 10);
	CHECK_EQ(bpf_map_lookup_elem(map_fd(obj, "totals"), &key, &n), 0);
	CHECK_EQ(n, 11);
	key = 1;
	CHECK_EQ(bpf_map_lookup_elem(map_fd(obj, "totals"), &key, &n), 0);
	CHECK_EQ(n, 10 * 64 + 30);
	key = 0;
	CHECK_EQ(bpf_map_lookup_elem(map_fd(obj, ".bss"), &key, &n), 0);
	CHECK_EQ(n, 11);
	bpf_object__close(obj);
}

TEST(libbpf_xdp_data_out)
{
	struct bpf_object *obj = load("xdp.bpf.o");
	struct bpf_test_run_opts opts = { 0 };
	__u8 out[64] = { 0 };

	if (!obj)
		return;
	opts.data_out = out;
	opts.data_size_out = 16;
	CHECK_EQ(run(bpf_program__fd(bpf_object__find_program_by_name(obj, "classify")), ETH_P_IP, 64, 1,
		     &opts), -ENOSPC);
	CHECK_EQ(opts.data_size_out, 64);
	CHECK_EQ(out[12], 8);
	bpf_object__close(obj);
}

static int next_prog(void)
{
	__u32 id;

	return bpf_prog_get_next_id(0, &id);
}

TEST(libbpf_close_frees)
{
	struct bpf_object *obj = load("xdp.bpf.o");
	__u32 id;

	CHECK_EQ(next_prog(), 0);
	bpf_object__close(obj);
	CHECK_EQ(next_prog(), -ENOENT);
	CHECK_EQ(bpf_map_get_next_id(0, &id), -ENOENT);
	CHECK_EQ(bpf_btf_get_next_id(0, &id), -ENOENT);
}

TEST(libbpf_dup_keeps)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 8, 1, NULL), copy = dup(fd);
	__u32 key = 0;
	__u64 v = 7;

	close(fd);
	CHECK_EQ(bpf_map_update_elem(copy, &key, &v, 0), 0);
	CHECK_EQ(bpf_map_update_elem(fd, &key, &v, 0), -EBADF);
	close(copy);
	CHECK_EQ(bpf_map_get_next_id(0, &key), -ENOENT);
}

/* What a child has of the engine's ends, between fork() and exec, is no reason to hear of a closed fd twice. */
TEST(libbpf_close_while_a_child_has_it)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "one", 4, 8, 1, NULL), pipe_fd[2];
	__u32 id = 0;
	char c;
	pid_t pid;

	CHECK(fd >= 0 && !pipe(pipe_fd));
	pid = fork();
	if (!pid) {
		close(fd);
		CHECK_EQ(write(pipe_fd[1], "", 1), 1);
		pause();
	}
	CHECK_EQ(read(pipe_fd[0], &c, 1), 1);
	close(fd);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(bpf_map_get_next_id(0, &id), -ENOENT);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

TEST(libbpf_cpus)
{
	int nr = libbpf_num_possible_cpus(), fd;
	__u32 key = 0;
	__u64 v[512];

	CHECK(nr >= 8 && nr <= 256);
	fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "m", 4, 8, 1, NULL);
	for (int i = 0; i < nr; i++)
		v[i] = i + 1;
	CHECK_EQ(bpf_map_update_elem(fd, &key, v, 0), 0);
	memset(v, 0, sizeof(v));
	CHECK_EQ(bpf_map_lookup_elem(fd, &key, v), 0);
	CHECK_EQ(v[nr - 1], nr);
	CHECK_EQ(v[nr], 0);
}

/* -- .kconfig: what libbpf knows of the machine, in a frozen map --- */

#define KCONFIG                                                                                    \
	"CONFIG_FSESSION_YES=y\nCONFIG_FSESSION_MODULE=m\nCONFIG_FSESSION_NUMBER=0x1234\n"          \
	"CONFIG_FSESSION_TEXT=\"seven\"\n"

static struct bpf_object *open_kconfig(const char *text)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kconfig = text);
	struct bpf_object *obj = bpf_object__open_file(tap_file("kconfig.bpf.o"), &opts);

	CHECK(obj);
	return obj;
}

/* Major and minor are the machine's, however its distribution tells the rest. */
static unsigned int machine_version(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname u;

	uname(&u);
	CHECK_EQ(sscanf(u.release, "%u.%u", &major, &minor), 2);
	return major << 8 | minor;
}

TEST(libbpf_kconfig)
{
	struct bpf_object *obj = open_kconfig(KCONFIG "CONFIG_FSESSION_NEGATIVE=-7\n");
	struct bpf_test_run_opts opts = { 0 };
	struct kconfig_data d = { 0 };
	__u32 zero = 0;

	CHECK_EQ(bpf_object__load(obj), 0);
	CHECK_EQ(run(bpf_program__fd(bpf_object__find_program_by_name(obj, "read_all")), ETH_P_IP, 64, 1,
		     &opts), 0);
	CHECK_EQ(opts.retval, 2);	/* XDP_PASS */
	CHECK_EQ(bpf_map_lookup_elem(map_fd(obj, ".bss"), &zero, &d), 0);
	CHECK_EQ(d.version >> 8, machine_version());
	CHECK_EQ(d.has_cookie, 0);	/* of kprobe programs, which libbpf asks about and the engine has not */
	CHECK_EQ(d.module, 2);		/* TRI_MODULE */
	CHECK_EQ(d.number, 0x1234);
	CHECK_EQ(d.negative, -7);
	CHECK_EQ(strcmp(d.text, "seven"), 0);
	CHECK_EQ(bpf_map_update_elem(map_fd(obj, ".kconfig"), &zero, &d, 0), -EPERM);
	bpf_object__close(obj);
}

/* One that is not known is refused before anything is made. */
TEST(libbpf_kconfig_unknown)
{
	struct bpf_object *obj = open_kconfig(KCONFIG);
	__u32 id = 0;

	CHECK(bpf_object__load(obj) < 0);
	bpf_object__close(obj);
	CHECK_EQ(next_prog(), -ENOENT);
	CHECK_EQ(bpf_map_get_next_id(0, &id), -ENOENT);
}
