/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of line patterns. In a pattern a blank matches any blanks, and
 *	%r register (r3, w3)	%i integer	%o offset, may be absent	%t access type (u8..s64)
 *	%n decimal		%a assignment operator	%c comparison		%f atomic operation
 *	%j jump target		%w "64" or nothing
 */
#include "asm.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct args {
	int reg[3], reg_cnt;
	bool wide[3];
	s64 imm;
	s32 off;
	u8 size;
	bool sign;	/* s8..s64 */
	int n;
	int op;
	char label[32];
};

struct word {
	const char *text;
	int value;
};

/* longer ones before their prefixes */
static const struct word assign_ops[] = {
	{ "s>>=", BPF_ARSH }, { "<<=", BPF_LSH }, { ">>=", BPF_RSH }, { "s/=", BPF_DIV | 0x100 },
	{ "s%=", BPF_MOD | 0x100 }, { "+=", BPF_ADD }, { "-=", BPF_SUB }, { "*=", BPF_MUL },
	{ "/=", BPF_DIV }, { "%=", BPF_MOD }, { "|=", BPF_OR }, { "&=", BPF_AND },
	{ "^=", BPF_XOR }, { "=", BPF_MOV }, { NULL, 0 },
};

static const struct word compare_ops[] = {
	{ "s>=", BPF_JSGE }, { "s<=", BPF_JSLE }, { "s>", BPF_JSGT }, { "s<", BPF_JSLT },
	{ "==", BPF_JEQ }, { "!=", BPF_JNE }, { ">=", BPF_JGE }, { "<=", BPF_JLE },
	{ ">", BPF_JGT }, { "<", BPF_JLT }, { "&", BPF_JSET }, { NULL, 0 },
};

static const struct word atomic_ops[] = {
	{ "add", BPF_ADD }, { "or", BPF_OR }, { "and", BPF_AND }, { "xor", BPF_XOR }, { NULL, 0 },
};

static const struct word sizes[] = {
	{ "8", BPF_B }, { "16", BPF_H }, { "32", BPF_W }, { "64", BPF_DW }, { NULL, 0 },
};

static const char *skip(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

static const char *match_word(const struct word *words, const char *s, int *ret)
{
	for (; words->text; words++) {
		size_t n = strlen(words->text);

		if (strncmp(s, words->text, n))
			continue;
		*ret = words->value;
		return s + n;
	}
	return NULL;
}

static const char *match_reg(struct args *a, const char *s)
{
	char *end;

	if ((*s != 'r' && *s != 'w') || !isdigit((unsigned char)s[1]) || a->reg_cnt == 3)
		return NULL;
	a->wide[a->reg_cnt] = *s == 'r';
	a->reg[a->reg_cnt++] = strtol(s + 1, &end, 10);
	return end;
}

static const char *match_int(s64 *ret, const char *s)
{
	bool minus = *s == '-';
	char *end;
	u64 v;

	s = skip(s + (*s == '-' || *s == '+'));
	if (!isdigit((unsigned char)*s))
		return NULL;
	v = strtoull(s, &end, 0);
	*ret = minus ? -v : v;
	return end;
}

static const char *match_off(struct args *a, const char *s)
{
	s64 v = 0;

	a->off = 0;
	if (*s != '+' && *s != '-')
		return s;
	s = match_int(&v, s);
	a->off = v;
	return s;
}

static const char *match_type(struct args *a, const char *s)
{
	int size = 0;

	if (*s != 'u' && *s != 's')
		return NULL;
	a->sign = *s == 's';
	s = match_word(sizes, s + 1, &size);
	a->size = size;
	return s;
}

static const char *match_target(struct args *a, const char *s)
{
	size_t n = 0;

	if (!strncmp(s, "pc", 2) && (s[2] == '+' || s[2] == '-'))
		s += 2;
	while (s[n] && !isspace((unsigned char)s[n]) && n < sizeof(a->label) - 1)
		n++;
	memcpy(a->label, s, n);
	a->label[n] = '\0';
	return n ? s + n : NULL;
}

static const char *match_one(char what, struct args *a, const char *s)
{
	s64 v = 0;

	switch (what) {
	case 'r':
		return match_reg(a, s);
	case 'i':
		return match_int(&a->imm, s);
	case 'o':
		return match_off(a, s);
	case 't':
		return match_type(a, s);
	case 'n':
		s = match_int(&v, s);
		a->n = v;
		return s;
	case 'a':
		return match_word(assign_ops, s, &a->op);
	case 'c':
		return match_word(compare_ops, s, &a->op);
	case 'f':
		return match_word(atomic_ops, s, &a->op);
	case 'j':
		return match_target(a, s);
	default:	/* 'w' */
		return strncmp(s, "64", 2) ? s : s + 2;
	}
}

static bool match(const char *pattern, const char *s, struct args *a)
{
	*a = (struct args){ 0 };
	for (s = skip(s); *pattern; pattern++) {
		if (*pattern == ' ') {
			s = skip(s);
		} else if (*pattern == '%') {
			s = match_one(*++pattern, a, s);
			if (!s)
				return false;
		} else if (*s++ != *pattern) {
			return false;
		}
	}
	return !*skip(s);
}

/* -- Instructions --- */

static int add(struct asm_prog *p, u8 code, u8 dst, u8 src, s16 off, s64 imm)
{
	if (p->cnt == ASM_INSNS_MAX || imm < INT32_MIN || imm > UINT32_MAX)
		return -EINVAL;
	p->insns[p->cnt++] = insn_make(code, dst, src, off, (s32)imm);
	return 0;
}

static int add_ref(struct asm_prog *p, const char *target)
{
	struct asm_label *ref = &p->refs[p->ref_cnt++];

	if (p->ref_cnt == ASM_LABELS_MAX)
		return -EINVAL;
	memcpy(ref->name, target, sizeof(ref->name));
	ref->at = p->cnt;
	return 0;
}

static u8 alu_class(const struct args *a)
{
	return a->wide[0] ? BPF_ALU64 : BPF_ALU;
}

static int asm_exit(struct asm_prog *p, const struct args *a)
{
	(void)a;
	return add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static int asm_kfunc(struct asm_prog *p, const struct args *a)
{
	return add(p, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, a->n, a->imm);
}

static int asm_helper(struct asm_prog *p, const struct args *a)
{
	return add(p, BPF_JMP | BPF_CALL, 0, 0, 0, a->imm);
}

static int asm_call(struct asm_prog *p, const struct args *a)
{
	return add_ref(p, a->label) ?: add(p, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
}

static int asm_goto(struct asm_prog *p, const struct args *a)
{
	return add_ref(p, a->label) ?: add(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
}

static int asm_gotol(struct asm_prog *p, const struct args *a)
{
	return add_ref(p, a->label) ?: add(p, BPF_JMP32 | BPF_JA, 0, 0, 0, 0);
}

static int asm_may_goto(struct asm_prog *p, const struct args *a)
{
	return add_ref(p, a->label) ?: add(p, BPF_JMP | INSN_JCOND, 0, INSN_MAY_GOTO, 0, 0);
}

static int asm_if_x(struct asm_prog *p, const struct args *a)
{
	u8 class = a->wide[0] ? BPF_JMP : BPF_JMP32;

	return add_ref(p, a->label) ?: add(p, class | a->op | BPF_X, a->reg[0], a->reg[1], 0, 0);
}

static int asm_if_k(struct asm_prog *p, const struct args *a)
{
	u8 class = a->wide[0] ? BPF_JMP : BPF_JMP32;

	return add_ref(p, a->label) ?: add(p, class | a->op, a->reg[0], 0, 0, a->imm);
}

static int add_atomic(struct asm_prog *p, const struct args *a, u8 dst, u8 src, s32 op)
{
	return add(p, BPF_STX | BPF_ATOMIC | a->size, dst, src, a->off, op);
}

static int asm_lock(struct asm_prog *p, const struct args *a)
{
	return add_atomic(p, a, a->reg[0], a->reg[1], a->op);
}

static int asm_fetch(struct asm_prog *p, const struct args *a)
{
	return a->reg[0] != a->reg[2] ? -EINVAL :
					add_atomic(p, a, a->reg[1], a->reg[2], a->op | BPF_FETCH);
}

static int asm_xchg(struct asm_prog *p, const struct args *a)
{
	return a->reg[0] != a->reg[2] ? -EINVAL :
					add_atomic(p, a, a->reg[1], a->reg[2], BPF_XCHG);
}

static int asm_cmpxchg(struct asm_prog *p, const struct args *a)
{
	return add_atomic(p, a, a->reg[0], a->reg[1], BPF_CMPXCHG);
}

static int asm_load_acquire(struct asm_prog *p, const struct args *a)
{
	return add_atomic(p, a, a->reg[0], a->reg[1], INSN_LOAD_ACQ);
}

static int asm_store_release(struct asm_prog *p, const struct args *a)
{
	return add_atomic(p, a, a->reg[0], a->reg[1], INSN_STORE_REL);
}

static int asm_ldx(struct asm_prog *p, const struct args *a)
{
	u8 mode = a->sign ? INSN_MEMSX : BPF_MEM;

	return add(p, BPF_LDX | mode | a->size, a->reg[0], a->reg[1], a->off, 0);
}

static int asm_stx(struct asm_prog *p, const struct args *a)
{
	return add(p, BPF_STX | BPF_MEM | a->size, a->reg[0], a->reg[1], a->off, 0);
}

static int asm_st(struct asm_prog *p, const struct args *a)
{
	return add(p, BPF_ST | BPF_MEM | a->size, a->reg[0], 0, a->off, a->imm);
}

static int asm_movsx(struct asm_prog *p, const struct args *a)
{
	return add(p, alu_class(a) | BPF_MOV | BPF_X, a->reg[0], a->reg[1], a->n, 0);
}

static int asm_neg(struct asm_prog *p, const struct args *a)
{
	return a->reg[0] != a->reg[1] ? -EINVAL : add(p, alu_class(a) | BPF_NEG, a->reg[0], 0, 0, 0);
}

static int asm_le(struct asm_prog *p, const struct args *a)
{
	return add(p, BPF_ALU | BPF_END | BPF_TO_LE, a->reg[0], 0, 0, a->n);
}

static int asm_be(struct asm_prog *p, const struct args *a)
{
	return add(p, BPF_ALU | BPF_END | BPF_TO_BE, a->reg[0], 0, 0, a->n);
}

static int asm_bswap(struct asm_prog *p, const struct args *a)
{
	return add(p, BPF_ALU64 | BPF_END, a->reg[0], 0, 0, a->n);
}

static int asm_func(struct asm_prog *p, const struct args *a)
{
	return add_ref(p, a->label)
		?: add(p, BPF_LD | BPF_IMM | BPF_DW, a->reg[0], INSN_PSEUDO_FUNC, 0, 0)
		?: add(p, 0, 0, 0, 0, 0);
}

static int asm_ldimm64(struct asm_prog *p, const struct args *a)
{
	return add(p, BPF_LD | BPF_IMM | BPF_DW, a->reg[0], 0, 0, (u32)a->imm)
		?: add(p, 0, 0, 0, 0, (u64)a->imm >> 32);
}

static int asm_alu_x(struct asm_prog *p, const struct args *a)
{
	return add(p, alu_class(a) | (a->op & 0xf0) | BPF_X, a->reg[0], a->reg[1], a->op >> 8, 0);
}

static int asm_alu_k(struct asm_prog *p, const struct args *a)
{
	return add(p, alu_class(a) | (a->op & 0xf0), a->reg[0], 0, a->op >> 8, a->imm);
}

static const struct {
	const char *pattern;
	int (*fn)(struct asm_prog *p, const struct args *a);
} lines[] = {
	{ "exit", asm_exit },
	{ "call kfunc#%i", asm_kfunc },
	{ "call kfunc#%i@%n", asm_kfunc },
	{ "call %i", asm_helper },
	{ "call %j", asm_call },
	{ "goto %j", asm_goto },
	{ "gotol %j", asm_gotol },
	{ "may_goto %j", asm_may_goto },
	{ "if %r %c %r goto %j", asm_if_x },
	{ "if %r %c %i goto %j", asm_if_k },
	{ "lock *(%t *)(%r %o) %a %r", asm_lock },
	{ "%r = atomic%w_fetch_%f((%t *)(%r %o), %r)", asm_fetch },
	{ "%r = atomic%w_xchg((%t *)(%r %o), %r)", asm_xchg },
	{ "r0 = atomic%w_cmpxchg((%t *)(%r %o), r0, %r)", asm_cmpxchg },
	{ "%r = load_acquire((%t *)(%r %o))", asm_load_acquire },
	{ "store_release((%t *)(%r %o), %r)", asm_store_release },
	{ "%r = *(%t *)(%r %o)", asm_ldx },
	{ "*(%t *)(%r %o) = %r", asm_stx },
	{ "*(%t *)(%r %o) = %i", asm_st },
	{ "%r = (s%n)%r", asm_movsx },
	{ "%r = -%r", asm_neg },
	{ "%r = le%n %r", asm_le },
	{ "%r = be%n %r", asm_be },
	{ "%r = bswap%n %r", asm_bswap },
	{ "%r = func %j", asm_func },
	{ "%r = %i ll", asm_ldimm64 },
	{ "%r %a %r", asm_alu_x },
	{ "%r %a %i", asm_alu_k },
};

static int add_label(struct asm_prog *p, const char *name, size_t len)
{
	struct asm_label *label = &p->labels[p->label_cnt++];

	if (p->label_cnt == ASM_LABELS_MAX || len >= sizeof(label->name))
		return -EINVAL;
	memcpy(label->name, name, len);
	label->name[len] = '\0';
	label->at = p->cnt;
	return 0;
}

int asm_line(struct asm_prog *p, const char *line)
{
	char text[128];
	struct args a;
	size_t n;

	line = skip(line);
	snprintf(text, sizeof(text), "%s", line);
	text[strcspn(text, ";\n")] = '\0';
	if (strstr(text, "//"))
		*strstr(text, "//") = '\0';
	for (n = strlen(text); n && isspace((unsigned char)text[n - 1]); n--)
		text[n - 1] = '\0';
	if (!n)
		return 0;
	if (text[n - 1] == ':')
		return add_label(p, text, n - 1);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (match(lines[i].pattern, text, &a))
			return lines[i].fn(p, &a);
	return -EINVAL;
}

static int find_target(const struct asm_prog *p, const struct asm_label *ref, s64 *dist)
{
	if (*ref->name == '+' || *ref->name == '-')
		return match_int(dist, ref->name) ? 0 : -EINVAL;
	for (u32 i = 0; i < p->label_cnt; i++) {
		if (strcmp(p->labels[i].name, ref->name))
			continue;
		*dist = (s64)p->labels[i].at - ref->at - 1;
		return 0;
	}
	return -EINVAL;
}

int asm_finish(struct asm_prog *p)
{
	for (u32 i = 0; i < p->ref_cnt; i++) {
		struct bpf_insn *insn = &p->insns[p->refs[i].at];
		s64 dist;

		if (find_target(p, &p->refs[i], &dist))
			return -EINVAL;
		if (insn_is_call(insn) || insn_is_ldimm64(insn) || insn->code == (BPF_JMP32 | BPF_JA))
			insn->imm = dist;
		else
			insn->off = dist;
	}
	return 0;
}

int asm_text(struct asm_prog *p, const char *text)
{
	int err = 0;

	*p = (struct asm_prog){ 0 };
	while (*text && !err) {
		err = asm_line(p, text);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return err ?: asm_finish(p);
}
