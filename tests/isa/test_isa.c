/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the tests of *.data files. A file is a list of
 *
 *	test NAME
 *		[mem HEX...]		bytes r1 points at, else 64 zero bytes
 *		[meta VALUE]		the word below them, which session kfuncs read
 *		[prog 1..3]		the following lines are a tail call target; "prog 0" goes back
 *		[may_goto_max N]
 *		instructions
 *	= VALUE				what r0 must be, or "= errno NAME"
 *
 * VALUE is what RFC 9669 says, worked out by hand, never what we printed.
 */
#include <errno.h>
#include <stdlib.h>

#include "asm.h"
#include "engines.h"
#include "tap.h"

#define MEM_BYTES 256
#define META_BYTES 64	/* below ctx: the metadata word, cookies */

struct isa_test {
	const char *file;
	int line;
	char name[64];
	struct asm_prog progs[ENGINE_PROGS_MAX];
	int prog;		/* which one lines go to */
	u8 mem[MEM_BYTES];
	u64 meta;
	u32 may_goto_max;
	u64 want;
	int want_err;
};

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? at - digits : -1;
}

static int parse_mem(struct isa_test *t, const char *s)
{
	size_t n = 0;

	for (; *s && *s != '\n'; s++) {
		if (*s == ' ')
			continue;
		if (hex_digit(s[0]) < 0 || hex_digit(s[1]) < 0 || n == MEM_BYTES)
			return -EINVAL;
		t->mem[n++] = hex_digit(s[0]) << 4 | hex_digit(s[1]);
		s++;
	}
	return 0;
}

static void run_engine(const struct isa_test *t, const struct engine_progs *p, enum engine e,
		       const char *how)
{
	_Alignas(16) u8 mem[META_BYTES + MEM_BYTES] = { 0 };
	u64 got = 0;
	int err;

	memcpy(mem + META_BYTES, t->mem, MEM_BYTES);
	memcpy(mem + META_BYTES - 8, &t->meta, 8);
	err = engine_run(e, p, mem + META_BYTES, &got);
	if (err != t->want_err)
		tap_fail(t->file, t->line, "%s: %s%s: error %d, expected %d", t->name,
			 engine_name(e), how, err, t->want_err);
	else if (!err && got != t->want)
		tap_fail(t->file, t->line, "%s: %s%s: 0x%llx, expected 0x%llx", t->name,
			 engine_name(e), how, got, t->want);
}

static void run_test(const struct isa_test *t)
{
	struct engine_progs p = { .may_goto_max = t->may_goto_max };

	for (int i = 0; i < ENGINE_PROGS_MAX; i++) {
		p.insns[i] = t->progs[i].insns;
		p.cnt[i] = t->progs[i].cnt;
	}
	for (int e = 0; e < ENGINE_CNT; e++)
		run_engine(t, &p, e, "");
	p.phase = t->meta >> 63 ? JIT_PHASE_RETURN : JIT_PHASE_ENTRY;
	p.cookie_off = -8 * (s32)(t->meta >> 8 & 0xff);
	run_engine(t, &p, ENGINE_JIT, " of this phase");
}

static int finish_test(struct isa_test *t, const char *want)
{
	if (!strncmp(want, "errno ", 6))
		t->want_err = !strncmp(want + 6, "EINVAL", 6) ? -EINVAL : -EOPNOTSUPP;
	else
		t->want = *want == '-' ? strtoll(want, NULL, 0) : strtoull(want, NULL, 0);
	for (int i = 0; i < ENGINE_PROGS_MAX; i++)
		if (asm_finish(&t->progs[i]))
			return -EINVAL;
	run_test(t);
	return 0;
}

static int parse_line(struct isa_test *t, const char *s)
{
	if (sscanf(s, "test %63s", t->name) == 1) {
		memset(t->progs, 0, sizeof(t->progs));
		memset(t->mem, 0, sizeof(t->mem));
		t->meta = t->prog = t->may_goto_max = t->want_err = 0;
		return 0;
	}
	if (!strncmp(s, "= ", 2))
		return finish_test(t, s + 2);
	if (!strncmp(s, "mem ", 4))
		return parse_mem(t, s + 4);
	if (!strncmp(s, "meta ", 5)) {
		t->meta = strtoull(s + 5, NULL, 0);
		return 0;
	}
	if (!strncmp(s, "may_goto_max ", 13)) {
		t->may_goto_max = strtoul(s + 13, NULL, 0);
		return 0;
	}
	if (sscanf(s, "prog %d", &t->prog) == 1)
		return t->prog >= 0 && t->prog < ENGINE_PROGS_MAX ? 0 : -EINVAL;
	return *s == '#' ? 0 : asm_line(&t->progs[t->prog], s);
}

static void run_file(const char *name)
{
	struct isa_test *t = calloc(1, sizeof(*t));
	char path[512], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", getenv("ISA_DIR") ?: ".", name);
	f = fopen(path, "r");
	CHECK(f && t);
	if (!f || !t)
		return;
	t->file = name;
	while (fgets(line, sizeof(line), f)) {
		t->line++;
		if (parse_line(t, line + strspn(line, " \t")))
			tap_fail(name, t->line, "cannot parse: %s", line);
	}
	fclose(f);
	free(t);
}

#define ISA_FILE(id)                                                                               \
	TEST(isa_##id)                                                                             \
	{                                                                                          \
		run_file(#id ".data");                                                             \
	}

ISA_FILE(alu)
ISA_FILE(atomic)
ISA_FILE(call)
ISA_FILE(cond)
ISA_FILE(jump)
ISA_FILE(memory)
ISA_FILE(session)
ISA_FILE(tail)
