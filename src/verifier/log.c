/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/log.h"

#include <bpf/btf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bpf/disasm.h"

#define TEXT_BYTES 1024
#define PATH_INSNS 256	/* of a path are shown, the last */

static void put(struct env *env, const char *fmt, va_list ap)
{
	char text[TEXT_BYTES];
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (n < 0 || !env->o->ops || !env->o->ops->log)
		return;
	env->o->ops->log(env->o->arg, text, n < TEXT_BYTES ? n : TEXT_BYTES - 1);
}

void vlog(struct env *env, const char *fmt, ...)
{
	va_list ap;

	if (!env_logs(env, VERIFY_LOG_STEPS))
		return;
	va_start(ap, fmt);
	put(env, fmt, ap);
	va_end(ap);
}

/* The last line that begins at @insn or before. */
static const struct bpf_line_info *line_of(const struct env *env, u32 insn)
{
	const struct verify_opts *o = env->o;
	const struct bpf_line_info *best = NULL;

	for (u32 i = 0; i < o->line_info_cnt; i++) {
		const struct bpf_line_info *l = info_line(o, i);

		if (l->insn_off > insn)
			break;
		best = l;
	}
	return best;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

static void keep_reason(struct env *env, const char *subject, const char *fmt, va_list ap)
{
	struct verify_result *res = env->res;
	size_t n = snprintf(res->reason, sizeof(res->reason), "%s", subject);
	const struct bpf_line_info *l;

	vsnprintf(res->reason + n, sizeof(res->reason) - n, fmt, ap);
	res->hint[0] = 0;
	res->source = NULL;
	if (!env->cur)
		return;
	res->bad_insn = env->cur->pc;
	l = line_of(env, env->cur->pc);
	if (!l)
		return;
	res->source = skip_blanks(btf__name_by_offset(env->o->btf, l->line_off) ?: "");
	res->file = btf__name_by_offset(env->o->btf, l->file_name_off) ?: "";
	res->line = BPF_LINE_INFO_LINE_NUM(l->line_col);
}

static void print_insn(struct env *env, u32 insn)
{
	char text[DISASM_LINE_BYTES];

	disasm_insn(&env->insns[insn], text);
	log_source(env, insn);
	vlog(env, "%u: (%02x) %s", insn, env->insns[insn].code, text);
}

/* How the program came here, and what is known now; where every step was logged that stands there. */
static void log_path(struct env *env)
{
	u32 path[PATH_INSNS], n = 0, t = env->cur->trace;

	for (; t != NO_TRACE && n < PATH_INSNS; t = env->trace[t].parent)
		path[n++] = env->trace[t].insn;
	if (t != NO_TRACE)
		vlog(env, "... and before that, more than %u instructions\n", PATH_INSNS);
	while (n--) {
		print_insn(env, path[n]);
		vlog(env, "\n");
	}
	log_state(env);
}

/* That the instruction goes through; -1: none. */
static int register_of(const struct env *env)
{
	const struct bpf_insn *insn = env->cur ? env_insn(env) : NULL;

	switch (insn ? insn_class(insn) : -1) {
	case BPF_LDX:
		return insn->src_reg;
	case BPF_ST:
	case BPF_STX:
		return insn->dst_reg;
	default:
		return -1;
	}
}

/* All in one line: where, what, and what is known of the register. */
static void log_reason(struct env *env, int nr)
{
	const struct verify_result *res = env->res;
	char text[REG_TEXT_BYTES];

	if (!env->cur) {
		vlog(env, "%s\n", res->reason);
		return;
	}
	env->last_line = NULL;
	log_source(env, env->cur->pc);
	vlog(env, "insn %u", env->cur->pc);
	if (res->source)
		vlog(env, " (%s:%u)", res->file, res->line);
	vlog(env, ": %s", res->reason);
	if (nr >= 0 && state_regs(env->cur)[nr].type) {
		log_reg_text(env, &state_regs(env->cur)[nr], text);
		vlog(env, "; R%d=%s", nr, text);
	}
	vlog(env, "\n");
}

static void tell(struct env *env, int nr)
{
	bool first = !env->refused;

	env->refused = true;
	if (!env_logs(env, VERIFY_LOG_STEPS))
		return;
	if (env->mid_line)
		vlog(env, "\n");
	env->mid_line = false;
	if (first && env->cur && !env_logs(env, VERIFY_LOG_ALL))
		log_path(env);
	log_reason(env, nr);
}

int refuse(struct env *env, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep_reason(env, "", fmt, ap);
	va_end(ap);
	tell(env, register_of(env));
	return err;
}

int refuse_reg(struct env *env, int err, u32 nr, const char *fmt, ...)
{
	char name[16];
	va_list ap;

	snprintf(name, sizeof(name), "R%u", nr);
	va_start(ap, fmt);
	keep_reason(env, name, fmt, ap);
	va_end(ap);
	tell(env, nr);
	return err;
}

void hint(struct env *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(env->res->hint, sizeof(env->res->hint), fmt, ap);
	va_end(ap);
	vlog(env, "hint: %s\n", env->res->hint);
}

int verify_bug(struct env *env, const char *what)
{
	return refuse(env, -14, "verifier bug: %s", what);
}

/* -- Registers --- */

struct text {
	char *buf;
	size_t len;
	const char *sep;
};

static __attribute__((format(printf, 2, 3))) void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len >= REG_TEXT_BYTES - 1)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, REG_TEXT_BYTES - t->len, fmt, ap);
	va_end(ap);
	t->len += n > 0 ? n : 0;
	if (t->len > REG_TEXT_BYTES - 1)
		t->len = REG_TEXT_BYTES - 1;
}

static void add_signed(struct text *t, const char *name, s64 v)
{
	add(t, "%s%s=%lld", t->sep, name, (long long)v);
	t->sep = ",";
}

static void add_unsigned(struct text *t, const char *name, u64 v)
{
	if (v > UINT32_MAX)
		add(t, "%s%s=0x%llx", t->sep, name, (unsigned long long)v);
	else
		add(t, "%s%s=%llu", t->sep, name, (unsigned long long)v);
	t->sep = ",";
}

static void add_range(struct text *t, const struct scalar *v)
{
	if (v->r.smin != INT64_MIN && v->r.smin != (s64)v->r.umin)
		add_signed(t, "smin", v->r.smin);
	if (v->r.smax != INT64_MAX && v->r.smax != (s64)v->r.umax)
		add_signed(t, "smax", v->r.smax);
	if (v->r.umin)
		add_unsigned(t, "umin", v->r.umin);
	if (v->r.umax != ~0ULL)
		add_unsigned(t, "umax", v->r.umax);
	if (v->w.smin != INT32_MIN && v->w.smin != v->r.smin && v->w.smin != (s64)v->w.umin)
		add_signed(t, "smin32", v->w.smin);
	if (v->w.smax != INT32_MAX && v->w.smax != v->r.smax && v->w.smax != (s64)v->w.umax)
		add_signed(t, "smax32", v->w.smax);
	if (v->w.umin && v->w.umin != v->r.umin)
		add_unsigned(t, "umin32", v->w.umin);
	if (v->w.umax != UINT32_MAX && v->w.umax != v->r.umax)
		add_unsigned(t, "umax32", v->w.umax);
	if (~v->t.mask) {
		add(t, "%sbits=(0x%llx; 0x%llx)", t->sep, (unsigned long long)v->t.value,
		    (unsigned long long)v->t.mask);
		t->sep = ",";
	}
}

static void add_scalar(struct text *t, const struct reg *r)
{
	if (scalar_is_const(&r->v)) {
		s64 v = r->v.t.value;

		if (v >= -4096 && v <= INT32_MAX)
			add(t, "%s%lld", r->precise ? "P" : "", (long long)v);
		else
			add(t, "%s0x%llx", r->precise ? "P" : "", (unsigned long long)v);
		return;
	}
	add(t, "%sscalar(", r->precise ? "P" : "");
	if (r->id)
		add_unsigned(t, "id", r->id);
	if (r->add)
		add_signed(t, "add", r->add);
	add_range(t, &r->v);
	add(t, ")");
}

static const char *btf_name(const struct btf *btf, u32 id)
{
	const struct btf_type *type = btf ? btf__type_by_id(btf, id) : NULL;
	const char *name = type ? btf__name_by_offset(btf, type->name_off) : NULL;

	return name && *name ? name : "?";
}

static void add_pointer(struct text *t, const struct reg *r)
{
	add(t, "%s", reg_type_name(r));
	if (r->type == REG_BTF)
		add(t, "%s%s", btf_name(r->btf, r->btf_id), r->flags & REG_MAYBE_NULL ? "_or_null" : "");
	if (r->type == REG_STACK && reg_is_fixed(r)) {
		add(t, "%lld", (long long)(r->off + (s64)r->v.t.value));
		return;
	}
	add(t, "(");
	if (r->id)
		add_unsigned(t, "id", r->id);
	if (r->ref)
		add_unsigned(t, "ref", r->ref);
	if (r->map && (r->type == REG_MAP_VALUE || r->type == REG_MAP)) {
		add_unsigned(t, "ks", r->map->key_size);
		add_unsigned(t, "vs", r->map->value_size);
	}
	if (r->type == REG_MEM)
		add_unsigned(t, "sz", r->mem_bytes);
	if (reg_is_packet(r))
		add_unsigned(t, "r", r->range);
	if (r->off)
		add_signed(t, "off", r->off);
	if (!reg_is_fixed(r))
		add_range(t, &r->v);
	else if (r->v.t.value)
		add_signed(t, "imm", r->v.t.value);
	add(t, ")");
}

void log_reg_text(const struct env *env, const struct reg *r, char buf[REG_TEXT_BYTES])
{
	struct text t = { buf, 0, "" };

	(void)env;
	*buf = 0;
	if (r->type == REG_SCALAR)
		add_scalar(&t, r);
	else
		add_pointer(&t, r);
}

static void print_reg(struct env *env, const char *name, u32 nr, const struct reg *r)
{
	char buf[REG_TEXT_BYTES];

	log_reg_text(env, r, buf);
	vlog(env, " %s%u=%s", name, nr, buf);
}

static void print_slot(struct env *env, u32 nr, const struct slot *slot)
{
	static const char kinds[] = { '?', 'm', '0', 'r', 'd', 'i', 'f' };
	char buf[REG_TEXT_BYTES];

	if (slot->kind[0] == SLOT_SPILL) {
		log_reg_text(env, &slot->reg, buf);
	} else {
		for (u32 i = 0; i < 8; i++)
			buf[i] = kinds[slot->kind[i]];
		buf[8] = 0;
	}
	vlog(env, " fp-%u=%s", (nr + 1) * 8, buf);
}

/* -- Steps --- */

void log_source(struct env *env, u32 insn)
{
	const struct bpf_line_info *l = line_of(env, insn);
	const struct btf *btf = env->o->btf;

	if (!l || l == env->last_line)
		return;
	env->last_line = l;
	vlog(env, "; %s @ %s:%u\n", skip_blanks(btf__name_by_offset(btf, l->line_off) ?: ""),
	     btf__name_by_offset(btf, l->file_name_off) ?: "", BPF_LINE_INFO_LINE_NUM(l->line_col));
}

void log_insn(struct env *env)
{
	print_insn(env, env->cur->pc);
	env->mid_line = true;
}

void log_changes(struct env *env, const struct frame *before)
{
	const struct frame *f = state_frame(env->cur);
	bool any = false;

	for (u32 i = 0; i < INSN_FP; i++) {
		if (!memcmp(&f->regs[i], &before->regs[i], sizeof(f->regs[i])) || !f->regs[i].type)
			continue;
		if (!any)
			vlog(env, " ;");
		any = true;
		print_reg(env, "R", i, &f->regs[i]);
	}
	vlog(env, "\n");
	env->mid_line = false;
}

void log_state(struct env *env)
{
	const struct frame *f = state_frame(env->cur);

	vlog(env, "%u:", env->cur->pc);
	for (u32 i = 0; i < INSN_REGS; i++)
		if (f->regs[i].type)
			print_reg(env, "R", i, &f->regs[i]);
	for (u32 i = 0; i < f->slots; i++)
		for (u32 k = 0; k < 8; k++)
			if (f->stack[i].kind[k]) {
				print_slot(env, i, &f->stack[i]);
				break;
			}
	vlog(env, "\n");
}

void log_stats(struct env *env)
{
	const struct verify_result *r = env->res;

	if (!env->o->ops || !env->o->ops->log || !env->o->log_level)
		return;
	char text[200];
	int n = snprintf(text, sizeof(text),
			 "processed %llu insns (limit %u), states %u, at once %u, stack %u\n",
			 (unsigned long long)r->visited, env->o->insns_max ?: INSN_CNT_MAX, r->states,
			 r->peak_states, r->stack_bytes);

	env->o->ops->log(env->o->arg, text, n);
}
