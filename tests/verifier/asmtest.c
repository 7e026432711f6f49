/* SPDX-License-Identifier: BSD-2-Clause */
#include "asmtest.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/helpers.h"
#include "bpf/uapi.h"
#include "maps.h"

static const struct {
	const char *word;
	u32 type, attach_type;
} types[] = {
	{ "fsession", BPF_PROG_TYPE_TRACING, FS_BPF_TRACE_FSESSION },
	{ "multi", BPF_PROG_TYPE_TRACING, FS_BPF_TRACE_FSESSION_MULTI },
	{ "fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY },
	{ "fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT },
	{ "fmod_ret", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN },
	{ "xdp", BPF_PROG_TYPE_XDP, BPF_XDP },
	{ "tc", BPF_PROG_TYPE_SCHED_CLS, 0 },
	{ "socket", BPF_PROG_TYPE_SOCKET_FILTER, 0 },
	{ "raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0 },
	{ "syscall", BPF_PROG_TYPE_SYSCALL, 0 },
};

bool asmtest_type(const char *word, u32 *type, u32 *attach_type)
{
	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(types[i].word, word))
			continue;
		*type = types[i].type;
		*attach_type = types[i].attach_type;
		return true;
	}
	return false;
}

static int option(struct asmtest *t, const char *word)
{
	if (asmtest_type(word, &t->type, &t->attach_type)) {
		snprintf(t->word, sizeof(t->word), "%s", word);
		return 0;
	}
	if (!strncmp(word, "target=", 7)) {
		snprintf(t->target, sizeof(t->target), "%s", word + 7);
		t->has_target = true;
	} else if (!strcmp(word, "linux-differs"))
		t->linux_differs = true;
	else if (!strcmp(word, "slow"))
		t->slow = true;
	else if (!strcmp(word, "sleepable"))
		t->flags |= VERIFY_SLEEPABLE;
	else if (!strcmp(word, "nogpl"))
		t->flags &= ~VERIFY_GPL;
	else if (!strcmp(word, "freq"))
		t->flags |= VERIFY_STATE_FREQ;
	else
		return -EINVAL;
	return 0;
}

static int begin(struct asmtest *t, char *line)
{
	char *save, *word = strtok_r(line, " \t", &save);

	memset(t, 0, sizeof(*t));
	t->flags = VERIFY_GPL;
	asmtest_type("fsession", &t->type, &t->attach_type);
	snprintf(t->target, sizeof(t->target), "target_void");
	word = strtok_r(NULL, " \t", &save);
	if (!word)
		return -EINVAL;
	snprintf(t->name, sizeof(t->name), "%s", word);
	while ((word = strtok_r(NULL, " \t", &save)))
		if (option(t, word))
			return -EINVAL;
	return 0;
}

static int add_map(struct asm_prog *p, u8 dst, const char *name, bool value, s32 off)
{
	int fd = test_map_find(name);

	if (fd < 0 || p->cnt + 2 > ASM_INSNS_MAX)
		return -EINVAL;
	p->insns[p->cnt++] = insn_make(BPF_LD | BPF_IMM | BPF_DW, dst,
				       value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD, 0, fd);
	p->insns[p->cnt++] = insn_make(0, 0, 0, 0, off);
	return 0;
}

static int helper_nr(const char *name)
{
	for (u32 nr = 1; nr < 400; nr++)
		if (helper_name(nr) && !strcmp(helper_name(nr), name))
			return nr;
	return -1;
}

static int add_insn(struct asm_prog *p, const char *line)
{
	char name[64], text[80];
	int dst, off = 0, nr;

	if (sscanf(line, " r%d = map %63s", &dst, name) == 2)
		return add_map(p, dst, name, false, 0);
	if (sscanf(line, " r%d = value %63s %d", &dst, name, &off) >= 2)
		return add_map(p, dst, name, true, off);
	if (sscanf(line, " call %63s", name) == 1 && !strncmp(name, "bpf_", 4)) {
		nr = test_kfunc_find(name);
		snprintf(text, sizeof(text), "call kfunc#%d", nr);
		if (nr < 0) {
			nr = helper_nr(name);
			snprintf(text, sizeof(text), "call %d", nr);
		}
		return nr < 0 ? -EINVAL : asm_line(p, text);
	}
	return asm_line(p, line);
}

static int finish(struct asmtest *t, char *line)
{
	if (!strncmp(line, "= accept", 8)) {
		t->accept = true;
		t->has_result = sscanf(line + 8, " %lli", (long long *)&t->result) == 1;
	} else if (!strncmp(line, "= refuse ", 9)) {
		snprintf(t->refuse, sizeof(t->refuse), "%s", line + 9);
	} else {
		return -EINVAL;
	}
	return asm_finish(&t->prog);
}

static int read_all(FILE *f, const char *path, void (*fn)(struct asmtest *t, void *arg), void *arg)
{
	struct asmtest *t = calloc(1, sizeof(*t));
	char line[256];
	int err = 0, nr = 0;

	while (t && !err && fgets(line, sizeof(line), f)) {
		nr++;
		line[strcspn(line, "\n")] = 0;
		if (!*line || *line == '#')
			continue;
		if (!strncmp(line, "test ", 5)) {
			err = begin(t, line);
		} else if (*line == '=') {
			err = finish(t, line);
			if (!err)
				fn(t, arg);
		} else {
			err = add_insn(&t->prog, line);
		}
	}
	if (err)
		printf("# %s:%d: not understood\n", path, nr);
	free(t);
	fclose(f);
	return err;
}

int asmtest_read(const char *path, void (*fn)(struct asmtest *t, void *arg), void *arg)
{
	FILE *f = fopen(path, "r");

	return f ? read_all(f, path, fn, arg) : -errno;
}

int asmtest_parse(const char *text, void (*fn)(struct asmtest *t, void *arg), void *arg)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");

	return f ? read_all(f, "text", fn, arg) : -errno;
}
