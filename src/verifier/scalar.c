/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/scalar.h"

#include <string.h>

typedef __int128 s128;

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* -- Ranges of some width --- */

static u64 width_umax(u32 bits)
{
	return ~0ULL >> (64 - bits);
}

static s64 width_smax(u32 bits)
{
	return width_umax(bits) >> 1;
}

static s64 width_smin(u32 bits)
{
	return -width_smax(bits) - 1;
}

static struct range range_full(u32 bits)
{
	return (struct range){ 0, width_umax(bits), width_smin(bits), width_smax(bits) };
}

/* @v, as a signed number of @bits bits. */
static s64 sign(u64 v, u32 bits)
{
	return (s64)(v << (64 - bits)) >> (64 - bits);
}

static struct range range_const(u64 v, u32 bits)
{
	u64 u = v & width_umax(bits);

	return (struct range){ u, u, sign(v, bits), sign(v, bits) };
}

static bool range_is_empty(const struct range *r)
{
	return r->umin > r->umax || r->smin > r->smax;
}

static bool range_has(const struct range *r, u64 v, u32 bits)
{
	u64 u = v & width_umax(bits);
	s64 s = sign(v, bits);

	return u >= r->umin && u <= r->umax && s >= r->smin && s <= r->smax;
}

static bool range_covers(const struct range *a, const struct range *b)
{
	return a->umin <= b->umin && a->umax >= b->umax && a->smin <= b->smin && a->smax >= b->smax;
}

static void range_intersect(struct range *a, const struct range *b)
{
	a->umin = MAX(a->umin, b->umin);
	a->umax = MIN(a->umax, b->umax);
	a->smin = MAX(a->smin, b->smin);
	a->smax = MIN(a->smax, b->smax);
}

/* Exact results before they wrap: they stay a range if all wrap alike. */
static void set_unsigned(struct range *r, s128 lo, s128 hi, u32 bits)
{
	if (lo >> bits != hi >> bits)
		return;
	r->umin = (u64)lo & width_umax(bits);
	r->umax = (u64)hi & width_umax(bits);
}

static void set_signed(struct range *r, s128 lo, s128 hi, u32 bits)
{
	s128 half = (s128)1 << (bits - 1);

	if ((lo + half) >> bits != (hi + half) >> bits)
		return;
	r->smin = sign(lo, bits);
	r->smax = sign(hi, bits);
}

static struct range range_add(const struct range *a, const struct range *b, u32 bits)
{
	struct range r = range_full(bits);

	set_unsigned(&r, (s128)a->umin + b->umin, (s128)a->umax + b->umax, bits);
	set_signed(&r, (s128)a->smin + b->smin, (s128)a->smax + b->smax, bits);
	return r;
}

static struct range range_sub(const struct range *a, const struct range *b, u32 bits)
{
	struct range r = range_full(bits);

	set_unsigned(&r, (s128)a->umin - b->umax, (s128)a->umax - b->umin, bits);
	set_signed(&r, (s128)a->smin - b->smax, (s128)a->smax - b->smin, bits);
	return r;
}

static struct range range_mul(const struct range *a, const struct range *b, u32 bits)
{
	s128 p[4] = { (s128)a->smin * b->smin, (s128)a->smin * b->smax, (s128)a->smax * b->smin,
		      (s128)a->smax * b->smax };
	struct range r = range_full(bits);
	s128 lo = p[0], hi = p[0];

	if (!((a->umax | b->umax) >> 63))	/* so that the product has a sign bit to spare */
		set_unsigned(&r, (s128)a->umin * b->umin, (s128)a->umax * b->umax, bits);
	for (int i = 1; i < 4; i++) {
		lo = MIN(lo, p[i]);
		hi = MAX(hi, p[i]);
	}
	set_signed(&r, lo, hi, bits);
	return r;
}

static struct range range_and(const struct range *a, const struct range *b, u32 bits)
{
	struct range r = range_full(bits);

	r.umax = MIN(a->umax, b->umax);
	return r;
}

static struct range range_or(const struct range *a, const struct range *b, u32 bits)
{
	struct range r = range_full(bits);

	r.umin = MAX(a->umin, b->umin);
	return r;
}

/* Division by zero gives zero, of which the remainder is the dividend. */
static struct range range_div(const struct range *a, const struct range *b, u32 bits)
{
	struct range r = range_full(bits);

	r.umin = b->umin ? a->umin / b->umax : 0;
	r.umax = b->umax ? a->umax / MAX(b->umin, 1) : 0;
	return r;
}

static struct range range_mod(const struct range *a, const struct range *b, u32 bits)
{
	struct range r = range_full(bits);

	r.umax = b->umin ? MIN(a->umax, b->umax - 1) : a->umax;
	if (b->umin > a->umax)	/* nothing is taken away */
		r.umin = a->umin;
	return r;
}

/* Shifts by @lo to @hi bits, both below the width. */
static struct range range_lsh(const struct range *a, u32 lo, u32 hi, u32 bits)
{
	struct range r = range_full(bits);

	set_unsigned(&r, (s128)a->umin << lo, (s128)a->umax << hi, bits);
	if (lo == hi)
		set_signed(&r, (s128)a->smin * ((s128)1 << lo), (s128)a->smax * ((s128)1 << hi), bits);
	return r;
}

static struct range range_rsh(const struct range *a, u32 lo, u32 hi, u32 bits)
{
	struct range r = range_full(bits);

	r.umin = a->umin >> hi;
	r.umax = a->umax >> lo;
	return r;
}

static struct range range_arsh(const struct range *a, u32 lo, u32 hi, u32 bits)
{
	struct range r = range_full(bits);

	r.smin = a->smin >> (a->smin < 0 ? lo : hi);
	r.smax = a->smax >> (a->smax < 0 ? hi : lo);
	return r;
}

/* -- Making --- */

struct scalar scalar_const(u64 v)
{
	return (struct scalar){ tnum_const(v), range_const(v, 64), range_const(v, 32) };
}

struct scalar scalar_unknown(void)
{
	return (struct scalar){ TNUM_UNKNOWN, range_full(64), range_full(32) };
}

struct scalar scalar_bits(u32 bits)
{
	return scalar_urange(0, width_umax(bits));
}

struct scalar scalar_urange(u64 min, u64 max)
{
	struct scalar s = scalar_unknown();

	s.r.umin = min;
	s.r.umax = max;
	scalar_sync(&s);
	return s;
}

struct scalar scalar_srange(s64 min, s64 max)
{
	struct scalar s = scalar_unknown();

	s.r.smin = min;
	s.r.smax = max;
	scalar_sync(&s);
	return s;
}

bool scalar_is_unknown(const struct scalar *s)
{
	struct scalar u = scalar_unknown();

	return scalar_covers(s, &u);
}

bool scalar_has(const struct scalar *s, u64 v)
{
	return tnum_has(s->t, v) && range_has(&s->r, v, 64) && range_has(&s->w, v, 32);
}

bool scalar_covers(const struct scalar *a, const struct scalar *b)
{
	return tnum_covers(a->t, b->t) && range_covers(&a->r, &b->r) && range_covers(&a->w, &b->w);
}

/* -- Letting the views agree --- */

static void range_from_tnum(struct range *r, struct tnum t, u32 bits)
{
	u64 sign_bit = 1ULL << (bits - 1);
	u64 high = t.value | t.mask;

	r->umin = MAX(r->umin, t.value);
	r->umax = MIN(r->umax, high);
	r->smin = MAX(r->smin, sign(t.value | (t.mask & sign_bit), bits));
	r->smax = MIN(r->smax, sign(high & ~(t.mask & sign_bit), bits));
}

/*
 * Numbers of one sign are ordered alike in both views. Where both views hold numbers of either
 * sign, one half may still be empty: the non-negative ones in both are [umin, smax], the negative
 * ones [smin, umax].
 */
static void range_agree(struct range *r, u32 bits)
{
	u64 smin = r->smin & width_umax(bits), smax = r->smax & width_umax(bits);
	bool no_positive = r->smax < 0 || smax < r->umin;
	bool no_negative = r->smin >= 0 || r->umax < smin;

	if (no_positive || sign(r->umin, bits) < 0) {
		r->umin = MAX(r->umin, MAX(smin, 1ULL << (bits - 1)));
		r->smax = MIN(r->smax, MIN(sign(r->umax, bits), (s64)-1));
		if (r->smax < 0)
			r->umax = MIN(r->umax, (u64)r->smax & width_umax(bits));
		r->smin = MAX(r->smin, sign(r->umin, bits));
	} else if (no_negative || sign(r->umax, bits) >= 0) {
		r->smin = MAX(r->smin, (s64)r->umin);
		r->umax = MIN(r->umax, smax);
		r->smax = MIN(r->smax, (s64)r->umax);
		r->umin = MAX(r->umin, (u64)MAX(r->smin, 0));
	}
}

static void low_from_whole(struct scalar *s)
{
	if (s->r.umin >> 32 == s->r.umax >> 32) {
		s->w.umin = MAX(s->w.umin, (u32)s->r.umin);
		s->w.umax = MIN(s->w.umax, (u32)s->r.umax);
		if ((s32)s->r.umin <= (s32)s->r.umax) {
			s->w.smin = MAX(s->w.smin, (s32)s->r.umin);
			s->w.smax = MIN(s->w.smax, (s32)s->r.umax);
		}
	}
	if (s->r.smin >= INT32_MIN && s->r.smax <= INT32_MAX) {
		s->w.smin = MAX(s->w.smin, s->r.smin);
		s->w.smax = MIN(s->w.smax, s->r.smax);
	}
}

static void whole_from_low(struct scalar *s)
{
	const u64 high = ~0xffffffffULL;

	/* with the high half of the bound as it is, the low half is at least (at most) that */
	s->r.umin = MAX(s->r.umin, (s->r.umin & high) | s->w.umin);
	s->r.umax = MIN(s->r.umax, (s->r.umax & high) | s->w.umax);
	s->r.smin = MAX(s->r.smin, (s64)(((u64)s->r.smin & high) | s->w.umin));
	s->r.smax = MIN(s->r.smax, (s64)(((u64)s->r.smax & high) | s->w.umax));
	if (s->r.smin >= INT32_MIN && s->r.smax <= INT32_MAX) {	/* it is its own low half, signed */
		s->r.smin = MAX(s->r.smin, s->w.smin);
		s->r.smax = MIN(s->r.smax, s->w.smax);
	}
}

static bool scalar_is_empty(const struct scalar *s)
{
	return range_is_empty(&s->r) || range_is_empty(&s->w);
}

static bool tnum_from_ranges(struct scalar *s)
{
	struct tnum low;

	if (!tnum_intersect(s->t, tnum_range(s->r.umin, s->r.umax), &s->t) ||
	    !tnum_intersect(tnum_low(s->t), tnum_range(s->w.umin, s->w.umax), &low))
		return false;
	s->t.value = (s->t.value & ~0xffffffffULL) | low.value;
	s->t.mask = (s->t.mask & ~0xffffffffULL) | low.mask;
	return true;
}

bool scalar_sync(struct scalar *s)
{
	struct scalar before;
	int rounds = 4;

	if (!s->t.mask) {	/* one number: no need to go round */
		if (!scalar_has(s, s->t.value))
			return false;
		*s = scalar_const(s->t.value);
		return true;
	}
	do {
		before = *s;
		range_from_tnum(&s->r, s->t, 64);
		range_from_tnum(&s->w, tnum_low(s->t), 32);
		if (scalar_is_empty(s))
			return false;
		range_agree(&s->r, 64);
		range_agree(&s->w, 32);
		low_from_whole(s);
		if (scalar_is_empty(s))
			return false;
		whole_from_low(s);
		if (scalar_is_empty(s) || !tnum_from_ranges(s))
			return false;
	} while (memcmp(&before, s, sizeof(before)) && --rounds);
	return true;
}

bool scalar_intersect(struct scalar *a, const struct scalar *b)
{
	range_intersect(&a->r, &b->r);
	range_intersect(&a->w, &b->w);
	return tnum_intersect(a->t, b->t, &a->t) && scalar_sync(a);
}

/* -- Arithmetic --- */

struct scalar scalar_zext(const struct scalar *s, u32 bits)
{
	struct scalar r = scalar_unknown();

	if (bits == 64)
		return *s;
	r.t = tnum_zext(s->t, bits);
	if (bits == 32)
		r.w = s->w;
	else if (s->r.umax <= width_umax(bits))
		r.r = s->r;
	scalar_sync(&r);
	return r;
}

struct scalar scalar_sext(const struct scalar *s, u32 bits)
{
	struct scalar r = scalar_unknown();

	if (bits == 64)
		return *s;
	r.t = tnum_sext(s->t, bits);
	r.r.smin = width_smin(bits);
	r.r.smax = width_smax(bits);
	if (bits == 32) {
		r.r.smin = s->w.smin;
		r.r.smax = s->w.smax;
	} else if (s->r.smin >= r.r.smin && s->r.smax <= r.r.smax) {
		r.r = s->r;
	}
	scalar_sync(&r);
	return r;
}

static struct tnum bswap_tnum(struct tnum t, u32 bits)
{
	return tnum_rsh((struct tnum){ __builtin_bswap64(t.value), __builtin_bswap64(t.mask) },
			64 - bits);
}

static struct scalar alu_end(const struct bpf_insn *insn, const struct scalar *dst)
{
	bool swaps = insn_class(insn) == BPF_ALU64 || BPF_SRC(insn->code) == BPF_TO_BE;
	struct scalar r = scalar_unknown();

	if (!swaps)
		return scalar_zext(dst, insn->imm);
	r.t = bswap_tnum(dst->t, insn->imm);
	scalar_sync(&r);
	return r;
}

struct view {			/* one width of both operands, and of the result */
	const struct range *a, *b;
	struct tnum ta, tb;
	struct range r;
	struct tnum t;
	u32 bits;
};

static void view_shift(struct view *v, u8 op)
{
	u32 lo = v->b->umin, hi = v->b->umax;

	if (v->b->umax >= v->bits) {	/* amounts are taken modulo the width */
		lo = tnum_is_const(v->tb) ? v->tb.value & (v->bits - 1) : 0;
		hi = tnum_is_const(v->tb) ? lo : v->bits - 1;
	}
	if (op == BPF_LSH)
		v->r = range_lsh(v->a, lo, hi, v->bits);
	else if (op == BPF_RSH)
		v->r = range_rsh(v->a, lo, hi, v->bits);
	else
		v->r = range_arsh(v->a, lo, hi, v->bits);
	if (lo != hi)
		return;
	if (op == BPF_LSH)
		v->t = tnum_lsh(v->ta, lo);
	else if (op == BPF_RSH)
		v->t = tnum_rsh(v->ta, lo);
	else
		v->t = tnum_arsh(tnum_sext(v->ta, v->bits), lo);
}

static void view_op(struct view *v, u8 op)
{
	switch (op) {
	case BPF_ADD:
		v->r = range_add(v->a, v->b, v->bits);
		v->t = tnum_add(v->ta, v->tb);
		break;
	case BPF_SUB:
		v->r = range_sub(v->a, v->b, v->bits);
		v->t = tnum_sub(v->ta, v->tb);
		break;
	case BPF_MUL:
		v->r = range_mul(v->a, v->b, v->bits);
		v->t = tnum_mul(v->ta, v->tb);
		break;
	case BPF_AND:
		v->r = range_and(v->a, v->b, v->bits);
		v->t = tnum_and(v->ta, v->tb);
		break;
	case BPF_OR:
		v->r = range_or(v->a, v->b, v->bits);
		v->t = tnum_or(v->ta, v->tb);
		break;
	case BPF_XOR:
		v->t = tnum_xor(v->ta, v->tb);
		break;
	case BPF_DIV:
		v->r = range_div(v->a, v->b, v->bits);
		break;
	case BPF_MOD:
		v->r = range_mod(v->a, v->b, v->bits);
		break;
	default:
		view_shift(v, op);
		break;
	}
}

static struct scalar alu_const(const struct bpf_insn *insn, const struct scalar *dst,
			       const struct scalar *src)
{
	return scalar_const(insn_eval_alu(insn, dst->t.value, src->t.value));
}

static struct scalar alu_op(u8 op, bool is64, bool is_signed_div, const struct scalar *a,
			    const struct scalar *b)
{
	struct scalar r = scalar_unknown();
	struct view low = { &a->w, &b->w, tnum_low(a->t), tnum_low(b->t), r.w, TNUM_UNKNOWN, 32 };
	struct view whole = { &a->r, &b->r, a->t, b->t, r.r, TNUM_UNKNOWN, 64 };
	bool low_is_own = op != BPF_DIV && op != BPF_MOD && op != BPF_RSH && op != BPF_ARSH &&
			  op != BPF_LSH;

	if (!is_signed_div && (!is64 || low_is_own)) {
		view_op(&low, op);
		r.w = low.r;
	}
	if (is64) {
		if (!is_signed_div)
			view_op(&whole, op);
		r.r = whole.r;
		r.t = whole.t;
	} else {
		r.t = tnum_low(low.t);
	}
	scalar_sync(&r);
	return r;
}

struct scalar scalar_alu(const struct bpf_insn *insn, const struct scalar *dst,
			 const struct scalar *src)
{
	bool is64 = insn_class(insn) == BPF_ALU64;
	struct scalar zero = scalar_const(0), r;
	u8 op = BPF_OP(insn->code);

	if (op == BPF_END)
		return alu_end(insn, dst);
	if (op == BPF_MOV) {
		r = insn->off ? scalar_sext(src, insn->off) : *src;
		return is64 ? r : scalar_zext(&r, 32);
	}
	if (op == BPF_NEG)
		return alu_op(BPF_SUB, is64, false, &zero, dst);
	if (scalar_is_const(dst) && scalar_is_const(src))
		return alu_const(insn, dst, src);
	return alu_op(op, is64, (op == BPF_DIV || op == BPF_MOD) && insn->off == INSN_SIGNED, dst, src);
}

/* -- Branches --- */

static bool assume_equal(struct scalar *a, struct scalar *b, bool is32)
{
	struct scalar low_a, low_b;

	if (!is32) {
		if (!scalar_intersect(a, b))
			return false;
		*b = *a;
		return true;
	}
	low_a = scalar_zext(a, 32);
	low_b = scalar_zext(b, 32);
	if (!scalar_intersect(&low_a, &low_b))
		return false;
	a->w = b->w = low_a.w;
	if (!tnum_intersect(a->t, (struct tnum){ low_a.t.value, low_a.t.mask | ~0xffffffffULL }, &a->t) ||
	    !tnum_intersect(b->t, (struct tnum){ low_a.t.value, low_a.t.mask | ~0xffffffffULL }, &b->t))
		return false;
	return scalar_sync(a) && scalar_sync(b);
}

/* @a is not the constant @v: an end of a range may move. */
static bool range_exclude(struct range *r, u64 v, u32 bits)
{
	u64 u = v & width_umax(bits);
	s64 s = sign(v, bits);

	if (r->umin == r->umax)
		return r->umin != u;
	if (r->smin == r->smax)
		return r->smin != s;
	r->umin += r->umin == u;
	r->umax -= r->umax == u;
	r->smin += r->smin == s;
	r->smax -= r->smax == s;
	return true;
}

static bool exclude(struct scalar *a, const struct scalar *b, bool is32)
{
	struct tnum t = is32 ? tnum_low(b->t) : b->t;

	if (!tnum_is_const(t))
		return true;
	return range_exclude(is32 ? &a->w : &a->r, t.value, is32 ? 32 : 64) && scalar_sync(a);
}

static bool assume_unequal(struct scalar *a, struct scalar *b, bool is32)
{
	return exclude(a, b, is32) && exclude(b, a, is32);
}

static bool assume_bits(struct scalar *a, const struct scalar *b, bool is32, bool any_set)
{
	struct tnum t = is32 ? tnum_low(b->t) : b->t;
	u64 care;

	if (!tnum_is_const(t))
		return true;
	care = t.value & (a->t.value | a->t.mask);
	if (any_set) {
		if (!care)
			return false;
		if (!(care & (care - 1))) {
			a->t.value |= care;
			a->t.mask &= ~care;
		}
	} else {
		if (a->t.value & t.value)
			return false;
		a->t.mask &= ~t.value;
	}
	return scalar_sync(a);
}

/* a < b, or a <= b with @or_equal */
static bool less_unsigned(struct range *a, struct range *b, bool or_equal)
{
	if (!or_equal && (!b->umax || a->umin == ~0ULL))
		return false;
	a->umax = MIN(a->umax, b->umax - !or_equal);
	b->umin = MAX(b->umin, a->umin + !or_equal);
	return true;
}

static bool less_signed(struct range *a, struct range *b, bool or_equal)
{
	if (!or_equal && (b->smax == INT64_MIN || a->smin == INT64_MAX))
		return false;
	a->smax = MIN(a->smax, b->smax - !or_equal);
	b->smin = MAX(b->smin, a->smin + !or_equal);
	return true;
}

static bool assume_less(struct scalar *a, struct scalar *b, bool is32, bool is_signed, bool or_equal)
{
	struct range *ra = is32 ? &a->w : &a->r, *rb = is32 ? &b->w : &b->r;
	bool ok = is_signed ? less_signed(ra, rb, or_equal) : less_unsigned(ra, rb, or_equal);

	return ok && scalar_sync(a) && scalar_sync(b);
}

bool scalar_assume(struct scalar *a, struct scalar *b, u8 op, bool is32, bool taken)
{
	bool is_signed = op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE;

	switch (op) {
	case BPF_JEQ:
		return taken ? assume_equal(a, b, is32) : assume_unequal(a, b, is32);
	case BPF_JNE:
		return taken ? assume_unequal(a, b, is32) : assume_equal(a, b, is32);
	case BPF_JSET:
		return assume_bits(a, b, is32, taken) && assume_bits(b, a, is32, taken);
	case BPF_JLT:
	case BPF_JSLT:
		return taken ? assume_less(a, b, is32, is_signed, false) :
			       assume_less(b, a, is32, is_signed, true);
	case BPF_JLE:
	case BPF_JSLE:
		return taken ? assume_less(a, b, is32, is_signed, true) :
			       assume_less(b, a, is32, is_signed, false);
	case BPF_JGT:
	case BPF_JSGT:
		return taken ? assume_less(b, a, is32, is_signed, false) :
			       assume_less(a, b, is32, is_signed, true);
	default:		/* JGE, JSGE */
		return taken ? assume_less(b, a, is32, is_signed, true) :
			       assume_less(a, b, is32, is_signed, false);
	}
}
