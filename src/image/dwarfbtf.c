/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A debugging entry becomes one BTF type (an array of n dimensions, n). Who needs one asks for its id,
 * want(), which is given out at once: ids are numbers in a queue, from which the types are emitted in turn.
 * So nothing here recurses along types, and types that refer to each other need no care.
 */
#include "image/dwarfbtf.h"

#include <bpf/btf.h>
#include <dwarf.h>
#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define TYPES_MAX (1 << 24)
#define DIMS_MAX 16
#define NEST_MAX 64		/* namespaces, classes and blocks around a function */
#define CHAIN_MAX 32		/* entries that stand for another, one after the other */
#define VLEN_MAX 0xffff
#define PLAIN_DEPTH 8
#define BUDGET 8		/* visits for each byte of debugging information */

/* Of later versions than Debian 12's dwarf.h */
#define LANG_C_PLUS_PLUS_17 0x2a
#define LANG_C_PLUS_PLUS_20 0x2b
#define LANG_C17 0x2c

/* The first two, for which there is no entry. */
#define ID_INDEX 1		/* of arrays */
#define ID_VOID_PTR 2

enum want {
	WANT_IT,		/* a type, by its tag; of a function, its prototype */
	WANT_PTR,		/* a pointer to it */
	WANT_DIM,		/* and above: what its dimension 1, 2, ... is an array of */
};

struct item {
	Dwarf_Die die;
	uint32_t as;		/* enum want */
};

struct span {
	const char *start, *end;
};

struct conv {
	struct btf *btf;
	struct item *items;	/* type 1 is the first, ... */
	uint32_t nr, cap;
	uint32_t next;		/* to be emitted */
	uint32_t *hash;		/* ids; 0 = free */
	uint32_t hash_mask;
	struct dwarf_funcs *funcs;
	uint32_t funcs_cap;
	const uint64_t *wanted;	/* addresses, ascending; NULL: all */
	uint32_t nr_wanted;
	bool is_c;		/* the unit: C or C++ */
	struct span *spans;	/* sections that strings may lie in */
	uint32_t nr_spans;
	bool is_new;		/* what is added to .spans was not there before */
	/* Entries to be visited yet: damaged ones may lead to the same again and again. */
	uint64_t budget;
	int err;
};

/* -- Ids --- */

static uint32_t hash_of(const struct item *it)
{
	uint64_t h = ((uintptr_t)it->die.addr ^ (uint64_t)it->as << 57) * 0x9e3779b97f4a7c15;

	return h >> 32;
}

/* The slot of @it's id, or a free one. */
static uint32_t *slot(struct conv *c, const struct item *it)
{
	uint32_t h = hash_of(it) & c->hash_mask;

	for (; c->hash[h]; h = (h + 1) & c->hash_mask) {
		const struct item *other = &c->items[c->hash[h] - 1];

		if (other->die.addr == it->die.addr && other->as == it->as)
			break;
	}
	return &c->hash[h];
}

static int grow(struct conv *c)
{
	uint32_t cap = c->cap ? 2 * c->cap : 4096;
	struct item *items = realloc(c->items, cap * sizeof(*items));
	uint32_t *hash;

	if (!items)
		return -ENOMEM;
	c->items = items;
	hash = calloc(2 * cap, sizeof(*hash));
	if (!hash)
		return -ENOMEM;
	free(c->hash);
	c->hash = hash;
	c->hash_mask = 2 * cap - 1;
	c->cap = cap;
	for (uint32_t i = 0; i < c->nr; i++)
		*slot(c, &items[i]) = i + 1;
	return 0;
}

static uint32_t want_as(struct conv *c, const Dwarf_Die *die, uint32_t as)
{
	struct item it = { .die = *die, .as = as };
	uint32_t *id;

	if (c->nr == c->cap && !c->err)
		c->err = c->nr >= TYPES_MAX ? -E2BIG : grow(c);
	if (c->err)
		return 0;
	id = slot(c, &it);
	if (!*id) {
		c->items[c->nr++] = it;
		*id = c->nr;
	}
	return *id;
}

/* -- Entries --- */

static bool refers(Dwarf_Die *die, unsigned int name, Dwarf_Die *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, name, &attr) && dwarf_formref_die(&attr, ret);
}

static uint64_t number(Dwarf_Die *die, unsigned int name, uint64_t otherwise)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;

	return dwarf_attr_integrate(die, name, &attr) && !dwarf_formudata(&attr, &v) ? v : otherwise;
}

static uint32_t size_of(Dwarf_Die *die)
{
	uint64_t size = number(die, DW_AT_byte_size, 0);

	return size <= INT32_MAX ? size : 0;
}

/* Of this very entry: what it is an instance of may be a declaration. */
static bool flag(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attr;
	bool v = false;

	return dwarf_attr(die, name, &attr) && !dwarf_formflag(&attr, &v) && v;
}

/* Also where one is said to follow that is before it. */
static bool next_sibling(struct conv *c, Dwarf_Die *die)
{
	const void *at = die->addr;

	if (!c->budget || c->err)
		return false;
	c->budget--;
	return !dwarf_siblingof(die, die) && die->addr > at;
}

/* -- Strings: libdw does not look whether they end --- */

static void add_spans(struct conv *c, Elf *elf)
{
	Elf_Scn *scn = NULL;
	struct span *spans;
	Elf_Data *data;
	GElf_Shdr sh;

	while (elf && (scn = elf_nextscn(elf, scn))) {
		/* of those that are loaded nothing is read here */
		if (!gelf_getshdr(scn, &sh) || sh.sh_flags & SHF_ALLOC || sh.sh_type == SHT_NOBITS)
			continue;
		data = elf_rawdata(scn, NULL);
		if (!data || !data->d_buf)
			continue;
		spans = realloc(c->spans, (c->nr_spans + 1) * sizeof(*spans));
		if (!spans) {
			c->err = -ENOMEM;
			return;
		}
		c->spans = spans;
		spans[c->nr_spans++] = (struct span){ data->d_buf, (char *)data->d_buf + data->d_size };
		c->budget += c->is_new ? BUDGET * data->d_size : 0;
	}
}

static const char *string(struct conv *c, Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attr;
	const char *s = dwarf_attr_integrate(die, name, &attr) ? dwarf_formstring(&attr) : NULL;

	for (uint32_t i = 0; s && i < c->nr_spans; i++)
		if (s >= c->spans[i].start && s < c->spans[i].end)
			return memchr(s, '\0', c->spans[i].end - s) ? s : NULL;
	return NULL;
}

static const char *name_of(struct conv *c, Dwarf_Die *die)
{
	return string(c, die, DW_AT_name);
}

static const char *name_or(struct conv *c, Dwarf_Die *die, const char *otherwise)
{
	const char *name = name_of(c, die);

	return name && *name ? name : otherwise;
}

/* Tags that BTF has no word for and that change nothing about the value. */
static bool is_transparent(int tag)
{
	return tag == DW_TAG_atomic_type || tag == DW_TAG_immutable_type || tag == DW_TAG_packed_type ||
	       tag == DW_TAG_shared_type || tag == DW_TAG_subrange_type || tag == DW_TAG_template_alias;
}

static bool is_class(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
	       tag == DW_TAG_interface_type;
}

static bool is_type(int tag)
{
	switch (tag) {
	case DW_TAG_base_type:
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
	case DW_TAG_ptr_to_member_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_typedef:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_array_type:
	case DW_TAG_subroutine_type:
		return true;
	default:
		return is_class(tag);
	}
}

/* The id of the type which @die's DW_AT_type names; 0 = void. */
static uint32_t want_type(struct conv *c, Dwarf_Die *die)
{
	Dwarf_Die type = *die, full;

	for (int i = 0; i < CHAIN_MAX; i++) {
		if (!refers(&type, DW_AT_type, &type))
			return 0;
		/* declared here, defined in a type unit */
		if (refers(&type, DW_AT_signature, &full))
			type = full;
		if (!is_transparent(dwarf_tag(&type)))
			return is_type(dwarf_tag(&type)) ? want_as(c, &type, WANT_IT) : 0;
	}
	return 0;
}

/* -- Types --- */

/* Bytes without further structure. */
static int emit_opaque(struct conv *c, const char *name, uint32_t size)
{
	return btf__add_struct(c->btf, name, size);
}

static int emit_base(struct conv *c, Dwarf_Die *die)
{
	uint32_t size = size_of(die), encoding = 0;
	const char *name = name_or(c, die, "int");
	int id;

	switch (number(die, DW_AT_encoding, 0)) {
	case DW_ATE_float:
	case DW_ATE_imaginary_float:
	case DW_ATE_complex_float:
	case DW_ATE_decimal_float:
		id = btf__add_float(c->btf, name, size);
		return id == -EINVAL ? emit_opaque(c, name, size) : id;
	case DW_ATE_boolean:
		encoding = BTF_INT_BOOL;
		break;
	case DW_ATE_signed:
	case DW_ATE_signed_char:
		encoding = BTF_INT_SIGNED;
		break;
	}
	id = btf__add_int(c->btf, name, size, encoding);
	return id == -EINVAL ? emit_opaque(c, name, size) : id;
}

/* A plain offset, or an expression that adds one; virtual bases have neither. */
static bool member_offset(Dwarf_Die *m, uint64_t *bytes)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	size_t nr;

	*bytes = 0;
	if (!dwarf_attr(m, DW_AT_data_member_location, &attr))
		return true;
	if (!dwarf_formudata(&attr, bytes))
		return true;
	if (dwarf_getlocation(&attr, &ops, &nr) || nr != 1 || ops[0].atom != DW_OP_plus_uconst)
		return false;
	*bytes = ops[0].number;
	return true;
}

static uint32_t bytes_of_type(Dwarf_Die *die)
{
	Dwarf_Die type = *die;

	for (int i = 0; i < CHAIN_MAX && refers(&type, DW_AT_type, &type); i++)
		if (dwarf_hasattr(&type, DW_AT_byte_size))
			return size_of(&type);
	return 0;
}

/* DWARF 4 and 5 count bits from the start; before, from the high end of the unit they lie in. */
static bool member_bits(Dwarf_Die *m, uint64_t *off, uint32_t *bits)
{
	uint64_t bytes, unit;

	*bits = number(m, DW_AT_bit_size, 0);
	if (dwarf_hasattr(m, DW_AT_data_bit_offset)) {
		*off = number(m, DW_AT_data_bit_offset, 0);
		return true;
	}
	if (!member_offset(m, &bytes) || bytes > UINT32_MAX / 8)
		return false;
	*off = bytes * 8;
	if (*bits && dwarf_hasattr(m, DW_AT_bit_offset)) {
		unit = 8 * (uint64_t)(size_of(m) ?: bytes_of_type(m));
		*off += unit - number(m, DW_AT_bit_offset, 0) - *bits;
	}
	return *bits <= 255;
}

static int emit_member(struct conv *c, Dwarf_Die *m)
{
	const char *name = dwarf_tag(m) == DW_TAG_inheritance ? NULL : name_of(c, m);
	uint64_t off;
	uint32_t bits;
	int err;

	/* static members are none */
	if (flag(m, DW_AT_declaration) || flag(m, DW_AT_external) || !member_bits(m, &off, &bits) ||
	    off > INT32_MAX)
		return 0;
	err = btf__add_field(c->btf, name, want_type(c, m), off, bits);
	return err == -ENOMEM ? err : 0;	/* what does not fit is left out */
}

static int emit_class(struct conv *c, Dwarf_Die *die)
{
	bool is_union = dwarf_tag(die) == DW_TAG_union_type;
	const char *name = name_of(c, die);
	Dwarf_Die m;
	int id, nr = 0, err = 0;

	if (flag(die, DW_AT_declaration) && name && *name)
		return btf__add_fwd(c->btf, name, is_union ? BTF_FWD_UNION : BTF_FWD_STRUCT);
	id = is_union ? btf__add_union(c->btf, name, size_of(die)) : btf__add_struct(c->btf, name, size_of(die));
	if (id < 0 || dwarf_child(die, &m))
		return id;
	do {
		if (dwarf_tag(&m) == DW_TAG_member || dwarf_tag(&m) == DW_TAG_inheritance)
			err = nr++ < VLEN_MAX ? emit_member(c, &m) : 0;
	} while (!err && next_sibling(c, &m));
	return err ?: id;
}

struct values {
	bool negative, large;
};

static bool value_of(Dwarf_Die *e, int64_t *ret, bool *negative)
{
	Dwarf_Attribute attr;
	Dwarf_Sword s;
	Dwarf_Word u;
	int form;

	if (dwarf_tag(e) != DW_TAG_enumerator || !dwarf_attr(e, DW_AT_const_value, &attr))
		return false;
	form = dwarf_whatform(&attr);
	*negative = false;
	if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
		if (dwarf_formsdata(&attr, &s))
			return false;
		*negative = s < 0;
		*ret = s;
		return true;
	}
	if (dwarf_formudata(&attr, &u))
		return false;
	*ret = u;
	return true;
}

static struct values survey(struct conv *c, Dwarf_Die *die)
{
	struct values v = {};
	bool negative;
	Dwarf_Die e;
	int64_t n;

	if (dwarf_child(die, &e))
		return v;
	do {
		if (!value_of(&e, &n, &negative))
			continue;
		v.negative |= negative;
		v.large |= negative ? n < INT32_MIN : (uint64_t)n > UINT32_MAX;
	} while (next_sibling(c, &e));
	return v;
}

static int emit_enum(struct conv *c, Dwarf_Die *die)
{
	uint32_t size = size_of(die) ?: bytes_of_type(die);
	struct values v = survey(c, die);
	int id, nr = 0, err = 0;
	const char *name;
	bool negative;
	Dwarf_Die e;
	int64_t n;

	if (!size || size > 8 || size & (size - 1))
		size = v.large ? 8 : 4;
	id = v.large ? btf__add_enum64(c->btf, name_of(c, die), size, v.negative) :
		       btf__add_enum(c->btf, name_of(c, die), size);
	if (id < 0 || dwarf_child(die, &e))
		return id;
	do {
		if (!value_of(&e, &n, &negative) || nr++ >= VLEN_MAX)
			continue;
		name = name_or(c, &e, "_");
		err = v.large ? btf__add_enum64_value(c->btf, name, n) : btf__add_enum_value(c->btf, name, n);
	} while (err != -ENOMEM && next_sibling(c, &e));
	return err == -ENOMEM ? err : id;
}

/* -- Arrays --- */

static uint32_t dim_size(Dwarf_Die *dim)
{
	uint64_t n = number(dim, DW_AT_count, UINT64_MAX);

	if (n == UINT64_MAX)
		n = number(dim, DW_AT_upper_bound, UINT64_MAX) + 1;	/* unknown: 0 */
	return n <= INT32_MAX ? n : 0;
}

/* Sizes of up to DIMS_MAX dimensions; how many there are, at least 1. */
static uint32_t dims_of(struct conv *c, Dwarf_Die *die, uint32_t *sizes)
{
	uint32_t nr = 0;
	Dwarf_Die d;

	sizes[0] = 0;
	if (!dwarf_child(die, &d))
		do {
			if (dwarf_tag(&d) == DW_TAG_subrange_type)
				sizes[nr++] = dim_size(&d);
		} while (nr < DIMS_MAX && next_sibling(c, &d));
	return nr ?: 1;
}

/* Vectors travel in other registers than the numbers they consist of: as one FLOAT. */
static int emit_vector(struct conv *c, Dwarf_Die *die, uint32_t nr)
{
	uint32_t bytes = size_of(die) ?: nr * bytes_of_type(die);

	if (bytes == 4 || bytes == 8 || bytes == 16)
		return btf__add_float(c->btf, "__vector", bytes);
	return emit_opaque(c, "__vector", bytes);
}

static int emit_array(struct conv *c, Dwarf_Die *die, uint32_t dim)
{
	uint32_t sizes[DIMS_MAX], nr = dims_of(c, die, sizes), of;

	if (flag(die, DW_AT_GNU_vector))
		return emit_vector(c, die, sizes[0]);
	of = dim + 1 < nr ? want_as(c, die, WANT_DIM + dim) : want_type(c, die);
	return btf__add_array(c->btf, ID_INDEX, of, sizes[dim]);
}

/* An offset; of a method, its address and an offset. */
static int emit_ptr_to_member(struct conv *c, Dwarf_Die *die)
{
	Dwarf_Die to;

	if (refers(die, DW_AT_type, &to) && dwarf_tag(&to) == DW_TAG_subroutine_type)
		return emit_opaque(c, NULL, 16);
	return btf__add_ptr(c->btf, 0);
}

/* -- Functions --- */

static bool class_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Die full;

	*type = *die;
	for (int i = 0; i < CHAIN_MAX && refers(type, DW_AT_type, type); i++) {
		int tag = dwarf_tag(type);

		if (is_class(tag)) {
			if (refers(type, DW_AT_signature, &full))
				*type = full;
			return true;
		}
		if (tag != DW_TAG_typedef && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type &&
		    !is_transparent(tag))
			return false;
	}
	return false;
}

static uint32_t want_param(struct conv *c, Dwarf_Die *p)
{
	Dwarf_Die class;

	if (class_of(p, &class) && number(&class, DW_AT_calling_convention, 0) == DW_CC_pass_by_reference)
		return want_as(c, &class, WANT_PTR);
	return want_type(c, p) ?: ID_VOID_PTR;
}

/* Calls @fn for each parameter; non-zero ends it. C++ packs them up. */
static int each_param(struct conv *c, Dwarf_Die *die, int depth,
		      int (*fn)(struct conv *c, Dwarf_Die *p, void *arg), void *arg)
{
	Dwarf_Die p;
	int err = 0;

	if (depth > 2 || dwarf_child(die, &p))
		return 0;
	do {
		int tag = dwarf_tag(&p);

		if (tag == DW_TAG_formal_parameter || tag == DW_TAG_unspecified_parameters)
			err = fn(c, &p, arg);
		else if (tag == DW_TAG_GNU_formal_parameter_pack)
			err = each_param(c, &p, depth + 1, fn, arg);
	} while (!err && next_sibling(c, &p));
	return err;
}

static int emit_param(struct conv *c, Dwarf_Die *p, void *arg)
{
	int *nr = arg;

	if (++*nr > VLEN_MAX)
		return 0;
	if (dwarf_tag(p) == DW_TAG_unspecified_parameters)
		return btf__add_func_param(c->btf, NULL, 0);
	return btf__add_func_param(c->btf, name_of(c, p), want_param(c, p));
}

static int emit_proto(struct conv *c, Dwarf_Die *die)
{
	int id = btf__add_func_proto(c->btf, want_type(c, die)), nr = 0, err;
	Dwarf_Die origin;

	if (id < 0)
		return id;
	err = each_param(c, die, 0, emit_param, &nr);
	/* an instance that says nothing of its own */
	if (!err && !nr && refers(die, DW_AT_abstract_origin, &origin))
		err = each_param(c, &origin, 0, emit_param, &nr);
	return err ?: id;
}

static int emit_type(struct conv *c, Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type:
		return emit_base(c, die);
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		return btf__add_ptr(c->btf, want_type(c, die));
	case DW_TAG_ptr_to_member_type:
		return emit_ptr_to_member(c, die);
	case DW_TAG_enumeration_type:
		return emit_enum(c, die);
	case DW_TAG_typedef:
		return btf__add_typedef(c->btf, name_or(c, die, "_"), want_type(c, die));
	case DW_TAG_const_type:
		return btf__add_const(c->btf, want_type(c, die));
	case DW_TAG_volatile_type:
		return btf__add_volatile(c->btf, want_type(c, die));
	case DW_TAG_restrict_type:
		return btf__add_restrict(c->btf, want_type(c, die));
	case DW_TAG_array_type:
		return emit_array(c, die, 0);
	case DW_TAG_subprogram:
	case DW_TAG_subroutine_type:
		return emit_proto(c, die);
	default:
		return emit_class(c, die);
	}
}

/* Emits what was asked for, and what that asks for. */
static void drain(struct conv *c)
{
	while (c->next < c->nr && !c->err) {
		struct item it = c->items[c->next++];
		int id;

		if (it.as == WANT_PTR)
			id = btf__add_ptr(c->btf, it.die.addr ? want_as(c, &it.die, WANT_IT) : 0);
		else if (!it.die.addr)
			id = btf__add_int(c->btf, "__ARRAY_SIZE_TYPE__", 4, 0);
		else if (it.as >= WANT_DIM)
			id = emit_array(c, &it.die, it.as - WANT_DIM + 1);
		else
			id = emit_type(c, &it.die);
		if (!c->err && id != (int)c->next)
			c->err = id < 0 ? id : -EINVAL;
	}
}

/* -- Which functions there are --- */

static bool entry_of(Dwarf_Die *die, Dwarf_Addr *ret)
{
	Dwarf_Addr base, end;

	/* of several ranges the first one is where it begins, the others are unlikely parts */
	return !dwarf_lowpc(die, ret) || dwarf_ranges(die, 0, &base, ret, &end) > 0;
}

static const char *linkage_name(struct conv *c, Dwarf_Die *die)
{
	return string(c, die, DW_AT_linkage_name) ?: string(c, die, DW_AT_MIPS_linkage_name) ?: name_of(c, die);
}

/* A class that C could have declared, and so copies as bytes; one with a destructor or its own way of being
 * copied has functions, at least those the compiler made. */
static bool is_plain(struct conv *c, Dwarf_Die *class, int depth)
{
	Dwarf_Die m, inner;

	if (depth > PLAIN_DEPTH || flag(class, DW_AT_declaration))
		return false;
	if (dwarf_child(class, &m))
		return true;
	do {
		int tag = dwarf_tag(&m);

		if (tag == DW_TAG_subprogram)
			return false;
		if ((tag == DW_TAG_member || tag == DW_TAG_inheritance) && class_of(&m, &inner) &&
		    !is_plain(c, &inner, depth + 1))
			return false;
	} while (next_sibling(c, &m));
	return true;
}

/* Is a class passed by value, of which nothing says how? */
static int is_doubtful(struct conv *c, Dwarf_Die *p, void *arg)
{
	Dwarf_Die class;

	(void)arg;
	return class_of(p, &class) && (!c->is_c || (!dwarf_hasattr(&class, DW_AT_calling_convention) &&
						    !is_plain(c, &class, 0)));
}

static const char *doubt(struct conv *c, Dwarf_Die *die)
{
	if (number(die, DW_AT_calling_convention, DW_CC_normal) == DW_CC_nocall)
		return "was changed by the compiler";
	if (each_param(c, die, 0, is_doubtful, NULL) || (!c->is_c && is_doubtful(c, die, NULL)))
		return "passes objects in a way that is not told";
	return NULL;
}

/* Is one of the wanted addresses in [start, end)? */
static bool is_wanted(const struct conv *c, uint64_t start, uint64_t end)
{
	uint32_t lo = 0, hi = c->nr_wanted;

	if (!c->wanted)
		return true;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (c->wanted[mid] < start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->nr_wanted && c->wanted[lo] < end;
}

static void add_func(struct conv *c, Dwarf_Die *die)
{
	struct dwarf_funcs *f = c->funcs;
	Dwarf_Addr addr;

	if (!entry_of(die, &addr) || !is_wanted(c, addr, addr + 1))
		return;
	if (f->nr == c->funcs_cap) {
		uint32_t cap = c->funcs_cap ? 2 * c->funcs_cap : 256;
		struct dwarf_func *v = realloc(f->v, cap * sizeof(*v));

		if (!v) {
			c->err = -ENOMEM;
			return;
		}
		f->v = v;
		c->funcs_cap = cap;
	}
	f->v[f->nr++] = (struct dwarf_func){
		.addr = addr, .name = linkage_name(c, die), .doubt = doubt(c, die),
		.proto = want_as(c, die, WANT_IT),
	};
}

static void add_funcs(struct conv *c, Dwarf_Die *scope, int depth)
{
	Dwarf_Die die;

	if (depth > NEST_MAX || dwarf_child(scope, &die))
		return;
	do {
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_subprogram)
			add_func(c, &die);
		if (tag == DW_TAG_subprogram || tag == DW_TAG_namespace || tag == DW_TAG_module ||
		    tag == DW_TAG_lexical_block || is_class(tag))
			add_funcs(c, &die, depth + 1);
	} while (!c->err && next_sibling(c, &die));
}

static bool is_c(int lang)
{
	switch (lang) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case LANG_C17:
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case LANG_C_PLUS_PLUS_17:
	case LANG_C_PLUS_PLUS_20:
	case DW_LANG_ObjC:
	case DW_LANG_ObjC_plus_plus:
		return true;
	default:
		return false;
	}
}

/* @is_new: a file that no unit before was in */
static void set_spans(struct conv *c, Dwarf *dw, bool is_new)
{
	Dwarf *alt = dwarf_getalt(dw);

	c->nr_spans = 0;
	c->is_new = is_new;
	add_spans(c, dwarf_getelf(dw));
	add_spans(c, alt ? dwarf_getelf(alt) : NULL);
}

static void add_unit(struct conv *c, Dwarf_Die *unit)
{
	int lang = dwarf_srclang(unit);

	/* assemblers describe functions, but not what they take */
	if (lang == DW_LANG_Mips_Assembler)
		return;
	c->is_c = is_c(lang);
	add_funcs(c, unit, 0);
	drain(c);
}

/* So that most of a large file need not be looked at. */
static bool is_unit_wanted(struct conv *c, Dwarf_Die *unit)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	if (!c->wanted)
		return true;
	while (c->budget && (at = dwarf_ranges(unit, at, &base, &start, &end)) > 0) {
		if (is_wanted(c, start, end))
			return true;
		c->budget--;
	}
	return at < 0;		/* it does not say */
}

static int by_address(const void *a, const void *b)
{
	const struct dwarf_func *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->proto < y->proto ? -1 : x->proto > y->proto;
}

int dwarfbtf_add(Dwarf *dw, const uint64_t *wanted, uint32_t nr, struct btf *btf, struct dwarf_funcs *ret)
{
	struct dwarf_funcs funcs = {};
	struct conv c = { .btf = btf, .funcs = &funcs, .wanted = wanted, .nr_wanted = nr };
	Dwarf_Die unit, split, none = {};
	Dwarf_CU *cu = NULL;
	uint8_t type;

	want_as(&c, &none, WANT_IT);
	want_as(&c, &none, WANT_PTR);
	drain(&c);
	set_spans(&c, dw, true);
	while (!c.err && !dwarf_get_units(dw, cu, &cu, NULL, &type, &unit, &split)) {
		if (!is_unit_wanted(&c, &unit))
			continue;
		if (split.addr) {
			set_spans(&c, dwarf_cu_getdwarf(split.cu), true);
			add_unit(&c, &split);
			set_spans(&c, dw, false);
		} else if (type == DW_UT_compile || type == DW_UT_skeleton) {
			add_unit(&c, &unit);
		}
	}
	free(c.items);
	free(c.hash);
	free(c.spans);
	if (c.err) {
		free(funcs.v);
		return c.err;
	}
	if (funcs.nr)
		qsort(funcs.v, funcs.nr, sizeof(*funcs.v), by_address);
	*ret = funcs;
	return 0;
}
