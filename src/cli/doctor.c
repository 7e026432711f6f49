/* SPDX-License-Identifier: BSD-2-Clause */
/* fsession doctor: which engines work here; why not; what the machine has that matters to them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <fsession/fsession.h>

#include "cli/help.h"
#include "cli/json.h"
#include "cli/report.h"
#include "cli/verbs.h"
#include "engine/user.h"
#include "image/tracefs.h"
#include "util/log.h"
#include "util/privilege.h"

#ifndef CAP_PERFMON	/* linux/capability.h before 5.8 */
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

#define COLUMN 15

/* One thing this machine has or lacks. */
struct fact {
	const char *name;
	char value[96];
	const char *remark;	/* what follows from it; NULL = nothing to say */
};

#define FACTS_MAX 16

struct doctor {
	struct json *json;	/* NULL = text */
	struct fact facts[FACTS_MAX];
	size_t nr_facts;
	struct fsession_rung user;
};

static struct fact *add_fact(struct doctor *d, const char *name)
{
	struct fact *f = &d->facts[d->nr_facts++];

	f->name = name;
	return f;
}

/* The first line of a small file, or "" */
static const char *read_line(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

static void add_kernel(struct doctor *d)
{
	struct fact *f = add_fact(d, "kernel");
	struct utsname u;

	if (!uname(&u))
		snprintf(f->value, sizeof(f->value), "%.60s %.30s", u.release, u.machine);
	f = add_fact(d, "libbpf");
	snprintf(f->value, sizeof(f->value), "%s", libbpf_version_string());
}

static void add_btf(struct doctor *d)
{
	struct fact *f = add_fact(d, "btf");
	bool found = !access("/sys/kernel/btf/vmlinux", R_OK);

	snprintf(f->value, sizeof(f->value), "%s", found ? "yes" : "no");
	if (!found)
		f->remark = "no engine works without: the kernel needs CONFIG_DEBUG_INFO_BTF";
}

static void add_capabilities(struct doctor *d)
{
	static const struct {
		const char *name;
		int cap;
		const char *remark;
	} caps[] = {
		{ "cap_bpf", CAP_BPF, "loads programs and maps" },
		{ "cap_perfmon", CAP_PERFMON, "attaches to functions, reads kernel memory" },
		{ "cap_sys_admin", CAP_SYS_ADMIN,
		  "stands for both; finds programs by id or name, modules' types" },
		{ "cap_sys_resource", CAP_SYS_RESOURCE, "locks memory for maps (before 5.11)" },
	};

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		struct fact *f = add_fact(d, caps[i].name);

		strcpy(f->value, privilege_has(caps[i].cap) ? "yes" : "no");
		f->remark = caps[i].remark;
	}
}

static void add_filesystems(struct doctor *d)
{
	struct fact *f = add_fact(d, "tracefs");
	int fd = tracefs_open("events/bpf_trace/bpf_trace_printk/id", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		strcpy(f->value, "yes");
	} else {
		strcpy(f->value, "no");
		f->remark = "bpf_printk() lines cannot be shown: it is read by root alone, or the "
			    "kernel has none";
	}
	f = add_fact(d, "bpffs");
	strcpy(f->value, access("/sys/fs/bpf/.", W_OK) ? "no" : "yes");
	if (f->value[0] == 'n')
		f->remark = "needed for pinning only: mount -t bpf bpf /sys/fs/bpf";
}

static void add_settings(struct doctor *d)
{
	const char *lockdown = privilege_lockdown();
	struct fact *f = add_fact(d, "lockdown");

	snprintf(f->value, sizeof(f->value), "%s", lockdown ? lockdown : "unknown");
	if (lockdown && !strcmp(lockdown, "confidentiality"))
		f->remark = "forbids BPF programs to read the kernel's memory: no engine works";
	f = add_fact(d, "kptr_restrict");
	read_line("/proc/sys/kernel/kptr_restrict", f->value, sizeof(f->value));
	if (f->value[0] == '2')
		f->remark = "hides the names of addresses: sysctl kernel.kptr_restrict=1";
	f = add_fact(d, "unprivileged_bpf_disabled");
	read_line("/proc/sys/kernel/unprivileged_bpf_disabled", f->value, sizeof(f->value));
	f = add_fact(d, "bpf_jit_enable");
	read_line("/proc/sys/net/core/bpf_jit_enable", f->value, sizeof(f->value));
	if (f->value[0] == '0')
		f->remark = "no engine works without the JIT: sysctl net.core.bpf_jit_enable=1";
}

static void on_rung(const struct fsession_rung *r, void *arg)
{
	struct json *j = ((struct doctor *)arg)->json;

	if (!j) {
		printf("%-*s %s: %s\n", COLUMN, r->name, r->works ? "works" : "does not work",
		       r->how);
		if (!r->works && r->remedy[0])
			printf("%*s to make it work: %s\n", COLUMN, "", r->remedy);
		return;
	}
	json_open(j, '{');
	json_key_str(j, "name", r->name);
	json_key(j, "works");
	json_bool(j, r->works);
	json_key_str(j, "how", r->how);
	json_key_str(j, "remedy", r->remedy);
	json_close(j, '}');
}

/* -- The user engine --- */

#define USER_SECONDS 20
#define USER_REMEDY "ptrace: sysctl kernel.yama.ptrace_scope=0, or allow it in the sandbox's seccomp profile"

struct user_rung {
	bool works;
	char how[256];
};

static void note_session(const struct fsession_rung *r, void *arg)
{
	struct user_rung *u = arg;

	if (strcmp(r->name, "kernel"))
		return;
	u->works = r->works;
	snprintf(u->how, sizeof(u->how), "%s", r->how);
}

/* What the ladder says where bpf(2) is the user engine's. */
static void try_user(int fd)
{
	struct fsession_register_opts reg = { .sz = sizeof(reg), .engine = FSESSION_ENGINE_USER };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct user_rung u = { 0 };

	alarm(USER_SECONDS);
	dup2(null, STDERR_FILENO);
	if (!fsession_register(&reg))
		fsession_probe(note_session, &u);
	_exit(write(fd, &u, sizeof(u)) != sizeof(u));
}

/* In a process of its own, since it changes whom bpf(2) asks. Before fsession_register(). */
static void probe_user(struct user_rung *ret)
{
	struct user_rung got;
	int pipe_fds[2];
	pid_t pid;

	snprintf(ret->how, sizeof(ret->how), "%s", &fsession_user_engine ? "trying it failed" :
		 "not for this machine's architecture yet");
	if (pipe2(pipe_fds, O_CLOEXEC))
		return;
	fflush(NULL);
	pid = fork();
	if (!pid)
		try_user(pipe_fds[1]);
	close(pipe_fds[1]);
	if (pid > 0 && read(pipe_fds[0], &got, sizeof(got)) == sizeof(got) && got.how[0])
		*ret = got;
	close(pipe_fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void print_facts(const struct doctor *d)
{
	struct json *j = d->json;

	if (j) {
		json_key(j, "machine");
		json_open(j, '{');
	} else {
		putchar('\n');
	}
	for (size_t i = 0; i < d->nr_facts; i++) {
		const struct fact *f = &d->facts[i];

		if (j && (!strcmp(f->value, "yes") || !strcmp(f->value, "no"))) {
			json_key(j, f->name);
			json_bool(j, f->value[0] == 'y');
		} else if (j) {
			json_key_str(j, f->name, f->value);
		} else {
			printf("%-26s %s%s%s%s\n", f->name, f->value, f->remark ? " (" : "",
			       f->remark ? f->remark : "", f->remark ? ")" : "");
		}
	}
	if (j)
		json_close(j, '}');
}

static int examine(struct doctor *d)
{
	int nr_works;

	add_kernel(d);
	add_btf(d);
	add_capabilities(d);
	add_filesystems(d);
	add_settings(d);
	if (d->json) {
		json_open(d->json, '{');
		json_key(d->json, "engines");
		json_open(d->json, '[');
	}
	nr_works = fsession_probe(on_rung, d);
	on_rung(&d->user, d);
	if (d->json)
		json_close(d->json, ']');
	print_facts(d);
	if (d->json) {
		json_key(d->json, "works");
		json_bool(d->json, nr_works > 0);
		json_close(d->json, '}');
	} else if (nr_works <= 0) {
		printf("\nNo engine for functions of the kernel works here.\n");
	}
	return nr_works > 0 ? EXIT_OK : EXIT_FAILED;
}

int doctor_verb(const struct verb *v, char **argv)
{
	struct doctor_opts o = { 0 };
	struct fsession_register_opts reg = { .sz = sizeof(reg) };
	struct opt_rest rest;
	struct doctor d = { 0 };
	struct user_rung user = { 0 };
	struct json json;
	int ret;

	if (opt_parse(v->opts, argv, &o, &rest))
		return EXIT_USAGE;
	if (o.help) {
		help_print_verb(stdout, v);
		return EXIT_OK;
	}
	if (rest.nr_args || rest.cmd) {
		fail(0, "doctor: unexpected '%s'", rest.nr_args ? rest.args[0] : "--");
		return EXIT_USAGE;
	}
	probe_user(&user);
	d.user = (struct fsession_rung){ "user", user.works, user.how,
					 &fsession_user_engine && !user.works ? USER_REMEDY : "" };
	report_init(o.verbose);
	reg.log_level = report_fsession_level(o.verbose);
	if (fsession_register(&reg))
		return EXIT_FAILED;
	json_init(&json, stdout);
	d.json = o.json ? &json : NULL;
	ret = examine(&d);
	fsession_unregister();
	return ret;
}
