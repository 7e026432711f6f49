/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asm.h"
#include "rt/helper.h"
#include "syscall/env.h"
#include "tap.h"

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	tap_fail(__FILE__, __LINE__, "%s", what);
	fflush(stdout);
	_Exit(1);
}

/* -- The map --- */

static void make_map(struct rig *g)
{
	struct rt_map *m = calloc(1, sizeof(*m));
	void *mem;

	must(!env_init(), "env_init");
	m->type = BPF_MAP_TYPE_ARRAY;
	m->key_size = 4;
	m->value_size = 8;
	m->max_entries = 4;
	m->nr_cpus = env_nr_cpus();
	must(!rt_map_layout(m), "layout");
	g->memfd = memfd_create("rig", MFD_CLOEXEC);
	must(!ftruncate(g->memfd, m->total_bytes), "ftruncate");
	mem = mmap(NULL, m->total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, g->memfd, 0);
	must(mem != MAP_FAILED, "mmap");
	rt_map_init(m, mem, 7);
	g->rt = m;
	g->counts = (u64 *)(void *)m->values;
}

void rig_map(struct rig *g, struct remote *r)
{
	must(!remote_map(r, g->rt, g->memfd, &g->map, &g->values), "remote_map");
}

/* -- The process --- */

static void read_text(struct rig *g, void *buf)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", g->pid);
	fd = open(path, O_RDONLY);
	must(pread(fd, buf, sizeof(g->text), g->work - 16) == sizeof(g->text), "text");
	close(fd);
}

void rig_start(struct rig *g, const char *victim, int threads)
{
	int in[2], out[2];
	char arg[16];

	memset(g, 0, sizeof(*g));
	make_map(g);
	snprintf(arg, sizeof(arg), "%d", threads);
	must(!pipe2(in, O_CLOEXEC) && !pipe2(out, O_CLOEXEC), "pipe");
	g->pid = fork();
	if (!g->pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(tap_file(victim), victim, arg, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	g->to = fdopen(in[1], "w");
	g->from = fdopen(out[0], "r");
	must(fscanf(g->from, "%llx %u", &g->work, &g->work_bytes) == 2, "victim");
	read_text(g, g->text);
}

void rig_call(struct rig *g, long n)
{
	long sum, wrong;

	fprintf(g->to, "%ld\n", n);
	fflush(g->to);
	must(fscanf(g->from, "%ld %ld", &sum, &wrong) == 2, "the victim died");
	n = labs(n);
	CHECK_EQ(sum, n * (n + 1) / 2);
	CHECK_EQ(wrong, 0);
}

void rig_stop(struct rig *g)
{
	fclose(g->to);
	fclose(g->from);
	kill(g->pid, SIGKILL);
	waitpid(g->pid, NULL, 0);
	munmap(g->rt->base, g->rt->total_bytes);
	close(g->memfd);
	free(g->rt);
}

bool rig_text_is_clean(struct rig *g)
{
	u8 now[sizeof(g->text)];

	read_text(g, now);
	return !memcmp(now, g->text, sizeof(now));
}

/* -- Programs --- */

static int resolve(void *arg, const struct bpf_insn *insn, struct bpf_call *ret)
{
	*ret = (struct bpf_call){ BPF_CALL_ADDR, 0 };
	if (insn_is_kfunc_call(insn))
		ret->kind = BPF_CALL_SESSION_IS_RETURN;
	else
		ret->addr = remote_helper(arg, rt_help_map_lookup);
	return 0;
}

struct tramp_prog *rig_counter(struct rig *g, struct remote *r, u64 step)
{
	static struct asm_prog prog;
	struct tramp_prog_opts opts = { .flags = TRAMP_PROG_RUN };
	struct tramp_prog *p;
	char text[512];

	snprintf(text, sizeof(text),
		 "call kfunc#1\n*(u32 *)(r10 - 4) = r0\nr1 = %llu ll\nr2 = r10\nr2 += -4\ncall 1\n"
		 "if r0 == 0 goto out\nr1 = %llu\nlock *(u64 *)(r0 + 0) += r1\nout:\nr0 = 0\nexit\n",
		 g->map, step);
	memset(&prog, 0, sizeof(prog));
	must(!asm_text(&prog, text), "assembly");
	opts.insns = prog.insns;
	opts.cnt = prog.cnt;
	opts.jit.features = arch_host_features();
	opts.jit.resolve = resolve;
	opts.jit.arg = r;
	must(!tramp_prog_new(remote_space(r), &opts, &p), "program");
	return p;
}

struct tramp *rig_tramp(struct rig *g, struct remote *r)
{
	const struct tramp_proto proto = { .nr_args = 1, .arg_words = { 1 } };
	struct tramp *t;

	must(!tramp_get(remote_space(r), g->work, g->work_bytes, &proto, "work", &t), "trampoline");
	return t;
}
