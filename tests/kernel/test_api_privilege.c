/* SPDX-License-Identifier: BSD-2-Clause */
/* What needs which capability. docs/privileges.md says the same in words. */
#include "api.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "progs/seen.h"
#include "progs/api_skel.skel.h"
#include "progs/api_small.skel.h"
#include "progs/api_socket.skel.h"

#define NOBODY 65534
#define CAP(x) (1ull << CAP_##x)
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

bool api_cold = true;	/* what is known must be found out without privilege */

/* In a process of its own: the census needs a privilege. Not CHECK(): that one counts its failures. */
#define EXPECT(cond)                                                                               \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			printf("# %s:%d: %s; said: %s\n", __FILE__, __LINE__, #cond,               \
			       api_said_all());                                                    \
			bad++;                                                                     \
		}                                                                                  \
	} while (0)

static int bad;

/* A user without any privilege but @caps, and without limit for locked memory. */
static int become(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps },
		{ .effective = caps >> 32, .permitted = caps >> 32 },
	};
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	/* kernels before 5.11 account the memory of BPF to the user */
	setrlimit(RLIMIT_MEMLOCK, &all);
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY) || syscall(SYS_capset, &head, data))
		return -errno;
	return prctl(PR_SET_DUMPABLE, 1);
}

static void as(uint64_t caps, void (*fn)(void))
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		EXPECT(!become(caps));
		fn();
		fflush(stdout);
		_exit(bad ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
	CHECK(api_settles(API_LINKS, 0));
}

static void refused(void)
{
	struct api_small *s = api_small__open();
	struct bpf_link *l = NULL;
	int err;

	EXPECT(s);
	err = api_small__load(s);
	EXPECT(err == -EPERM);
	/* libbpf says so where it tries a program of its own before it asks us */
	EXPECT(api_said_nothing() ? api_libbpf_said("not permitted") || api_libbpf_said("-EPERM") :
				    api_said("CAP_BPF"));
	EXPECT(fsession_attach(s->progs.small, NULL, &l) == -EINVAL && !l);
	api_small__destroy(s);
}

API_TEST(privilege_none)
{
	as(0, refused);
}

API_TEST(privilege_bpf_alone)
{
	as(CAP(BPF), refused);
}

API_TEST(privilege_perfmon_alone)
{
	as(CAP(PERFMON), refused);
}

static void note_rung(const struct fsession_rung *rung, void *arg)
{
	(void)arg;
	EXPECT(!rung->works);
	EXPECT(rung->how[0] && rung->remedy[0]);
}

static void probe_refused(void)
{
	EXPECT(fsession_probe(note_rung, NULL) == 0);
}

/* Every rung fails, and says what for. */
API_TEST(privilege_probe)
{
	as(0, probe_refused);
}

/* These two are what sessions of kernel functions need. */
static void works(void)
{
	struct api_small *s = api_small__open();
	struct fsession_attach_opts o = { .sz = sizeof(o), .cookie = 5 };
	struct fsession_stats st = { .sz = sizeof(st) };
	struct bpf_link *l = NULL;

	EXPECT(s && !api_small__load(s));
	EXPECT(!fsession_attach(s->progs.small, &o, &l));
	api_fire();
	EXPECT(s->bss->seen.entries == 1 && s->bss->seen.exits == 1 && !s->bss->seen.bad);
	EXPECT(s->bss->attach_cookie[0] == 5 && s->bss->attach_cookie[1] == 5);
	EXPECT(!fsession_prog_stats(s->progs.small, &st));
	EXPECT(fsession_sweep() == 0);
	bpf_link__destroy(l);
	EXPECT(!fsession_attach(s->progs.small, NULL, &l));
	api_fire();
	EXPECT(s->bss->seen.entries == 2 && s->bss->seen.exits == 2);
	bpf_link__destroy(l);
	api_small__destroy(s);
	EXPECT(api_said_nothing());
}

API_TEST(privilege_bpf_and_perfmon)
{
	as(CAP(BPF) | CAP(PERFMON), works);
}

API_TEST(privilege_sys_admin)
{
	as(CAP(SYS_ADMIN), works);
}

/* The list of traceable functions is root's: then what cannot be attached is found by trying. */
static void many_works(void)
{
	struct api_skel *s = api_skel__open();

	EXPECT(s);
	api_only(s->obj, "multi");
	EXPECT(!api_skel__load(s));
	EXPECT(!api_skel__attach(s));
	api_fire();
	EXPECT(s->bss->multi_seen.entries == api_nr_small());
	EXPECT(s->bss->multi_seen.entries == s->bss->multi_seen.exits);
	EXPECT(!s->bss->multi_seen.bad);
	api_skel__destroy(s);
}

API_TEST(privilege_many)
{
	as(CAP(BPF) | CAP(PERFMON), many_works);
}

/* The BTF of a module is found by its id, and the kernel asks CAP_SYS_ADMIN for that. */
static void module_refused(void)
{
	struct api_skel *s = api_skel__open();
	int err;

	EXPECT(s);
	api_only(s->obj, "module");
	err = api_skel__load(s);
	EXPECT(err == -EPERM);
	EXPECT(api_said("tun:tun_chr_open"));
	EXPECT(api_said("hint: run as root (CAP_SYS_ADMIN)"));
	api_skel__destroy(s);
}

static void module_works(void)
{
	struct api_skel *s = api_skel__open();

	EXPECT(s);
	api_only(s->obj, "module");
	EXPECT(!api_skel__load(s));
	EXPECT(!api_skel__attach(s));
	api_skel__destroy(s);
}

API_TEST(privilege_module)
{
	if (!api_has_module_btf())
		tap_skip("this kernel has no BTF of modules");
	as(CAP(BPF) | CAP(PERFMON), module_refused);
	as(CAP(SYS_ADMIN), module_works);
}

/* So is the BTF of a BPF program, also of one's own. */
static int load_on_program(struct api_socket *t, struct api_skel *s)
{
	EXPECT(t && s);
	EXPECT(!api_socket__load(t));
	api_only(s->obj, "bare");
	EXPECT(!bpf_program__set_attach_target(s->progs.bare, bpf_program__fd(t->progs.traced), NULL));
	return api_skel__load(s);
}

static void program_refused(void)
{
	struct api_socket *t = api_socket__open();
	struct api_skel *s = api_skel__open();

	EXPECT(load_on_program(t, s) == -EPERM);
	EXPECT(api_said("CAP_SYS_ADMIN"));
	api_skel__destroy(s);
	api_socket__destroy(t);
}

static void program_works(void)
{
	struct api_socket *t = api_socket__open();
	struct api_skel *s = api_skel__open();

	EXPECT(!load_on_program(t, s));
	EXPECT(!api_skel__attach(s));
	api_skel__destroy(s);
	api_socket__destroy(t);
}

API_TEST(privilege_program)
{
	as(CAP(BPF) | CAP(PERFMON), program_refused);
	as(CAP(SYS_ADMIN), program_works);
}
