/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All decisions are taken from the input, which stays as it is; the copy is only written to. So
 * sections that overlap can confuse the copy, but not this code.
 *
 * How an extern is defused: libbpf demands that the symbol of a kfunc, its FUNC in BTF and the
 * .ksyms DATASEC agree, and looks its name up in the kernel. The symbol is made weak and both names
 * begin one letter later ("pf_session_cookie"), which is in the string tables already, whatever
 * else shares those strings: libbpf finds no such kfunc, and does not mind.
 */
#include "image/bpfobj.h"

#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image/btfraw.h"
#include "image/elf64.h"
#include "util/log.h"

enum kfunc { KFUNC_NONE, KFUNC_IS_RETURN, KFUNC_COOKIE };

#define INSN_BYTES sizeof(struct bpf_insn)
#define OPCODE_LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)
#define OPCODE_CALL (BPF_JMP | BPF_CALL)
#define BTF_FUNC_EXTERN_ 2
#define MAX_SYMS 16		/* of ours: two names, and their flavours */

struct patch {
	struct elf64 elf;
	uint8_t *copy;
	uint32_t symtab;	/* section; 0 = none */
	uint64_t sym_off;	/* of its entries in the file */
	uint64_t nr_syms;
	uint8_t *kfunc;		/* per symbol: enum kfunc; NULL = none is one of ours */
	uint8_t *foreign_use;	/* per symbol: used where we do not patch */
	uint8_t *no_ctx;	/* per symbol: declared without parameter */
	bool changed;
	int nr_ours;		/* symbols */
	int nr;			/* relocations patched */
};

static int damaged(const struct patch *p, const char *what)
{
	return fail(-EINVAL, "object '%s': damaged: %s", p->elf.name, what);
}

/* libbpf lets a name be followed by "___anything". */
static bool name_is(const char *name, const char *kfunc)
{
	size_t len = strlen(kfunc);

	return !strncmp(name, kfunc, len) && (!name[len] || !strncmp(name + len, "___", 3));
}

static enum kfunc kfunc_of_name(const char *name)
{
	if (!name)
		return KFUNC_NONE;
	if (name_is(name, "bpf_session_is_return"))
		return KFUNC_IS_RETURN;
	if (name_is(name, "bpf_session_cookie"))
		return KFUNC_COOKIE;
	return KFUNC_NONE;
}

static void read_sym(const struct patch *p, uint64_t i, Elf64_Sym *ret)
{
	memcpy(ret, p->elf.data + p->sym_off + i * sizeof(*ret), sizeof(*ret));
}

/* Marks the undefined symbols that are ours. */
static int find_symbols(struct patch *p)
{
	Elf64_Shdr sh;
	Elf64_Sym sym;

	p->symtab = 0;
	for (uint32_t i = 1; i < p->elf.nr_secs; i++) {
		elf64_sec(&p->elf, i, &sh);
		if (sh.sh_type != SHT_SYMTAB)
			continue;
		if (p->symtab)
			return damaged(p, "it has several symbol tables");
		p->symtab = i;
	}
	if (!p->symtab)
		return 0;
	elf64_sec(&p->elf, p->symtab, &sh);
	if (sh.sh_entsize != sizeof(sym) || sh.sh_size % sizeof(sym))
		return damaged(p, "symbol table");
	p->sym_off = sh.sh_offset;
	p->nr_syms = sh.sh_size / sizeof(sym);
	for (uint64_t i = 1; i < p->nr_syms; i++) {
		enum kfunc kfunc;

		read_sym(p, i, &sym);
		if (sym.st_shndx != SHN_UNDEF || ELF64_ST_BIND(sym.st_info) == STB_LOCAL)
			continue;
		kfunc = kfunc_of_name(elf64_str(&p->elf, sh.sh_link, sym.st_name));
		if (!kfunc)
			continue;
		if (!p->kfunc) {
			p->kfunc = calloc(3, p->nr_syms);
			if (!p->kfunc)
				return fail(-ENOMEM, "object '%s': out of memory", p->elf.name);
			p->foreign_use = p->kfunc + p->nr_syms;
			p->no_ctx = p->foreign_use + p->nr_syms;
		}
		p->kfunc[i] = kfunc;
		if (++p->nr_ours > MAX_SYMS)
			return damaged(p, "too many symbols of one name");
	}
	return 0;
}

static bool find_btf(const struct patch *p, struct btfraw *ret, uint64_t *off)
{
	uint32_t idx = elf64_sec_find(&p->elf, ".BTF", SHT_PROGBITS);
	Elf64_Shdr sh;

	if (!idx)
		return false;
	elf64_sec(&p->elf, idx, &sh);
	if (btfraw_init(ret, p->elf.data + sh.sh_offset, sh.sh_size))
		return false;
	*off = ret->types - p->elf.data;
	return true;
}

/* The FUNC of an extern by its full name. 1 = found, 0 = not there. */
static int find_extern_func(const struct btfraw *b, const char *name, struct btfraw_iter *it)
{
	int more;

	memset(it, 0, sizeof(*it));
	while ((more = btfraw_next(b, it)) > 0) {
		const char *s;

		if (BTF_INFO_KIND(it->t.info) != BTF_KIND_FUNC ||
		    BTF_INFO_VLEN(it->t.info) != BTF_FUNC_EXTERN_)
			continue;
		s = btfraw_str(b, it->t.name_off);
		if (s && !strcmp(s, name))
			return 1;
	}
	return more;
}

/* Parameters of FUNC_PROTO @id; -1 if it is none. */
static int count_params(const struct btfraw *b, uint32_t id)
{
	struct btfraw_iter it = {};

	while (btfraw_next(b, &it) > 0)
		if (it.id == id)
			return BTF_INFO_KIND(it.t.info) == BTF_KIND_FUNC_PROTO ?
				       (int)BTF_INFO_VLEN(it.t.info) : -1;
	return -1;
}

static const char *sym_name(const struct patch *p, uint64_t i)
{
	Elf64_Shdr sh;
	Elf64_Sym sym;

	elf64_sec(&p->elf, p->symtab, &sh);
	read_sym(p, i, &sym);
	return elf64_str(&p->elf, sh.sh_link, sym.st_name);	/* find_symbols() saw it */
}

static void note_prototypes(struct patch *p)
{
	struct btfraw_iter it;
	struct btfraw b;
	uint64_t off;

	if (!find_btf(p, &b, &off))
		return;
	for (uint64_t i = 1; i < p->nr_syms; i++)
		if (p->kfunc[i] && find_extern_func(&b, sym_name(p, i), &it) == 1 &&
		    !count_params(&b, it.t.type))
			p->no_ctx[i] = 1;
}

static int patch_insn(struct patch *p, const Elf64_Shdr *text, uint64_t off, uint64_t sym)
{
	struct bpf_insn insn[2];
	uint64_t left;

	if (off % INSN_BYTES || off >= text->sh_size || text->sh_size - off < INSN_BYTES)
		return damaged(p, "a relocation points outside its section");
	left = text->sh_size - off;
	off += text->sh_offset;
	memcpy(insn, p->elf.data + off, INSN_BYTES);
	if (insn[0].code == OPCODE_CALL) {
		insn[0] = (struct bpf_insn){
			.code = OPCODE_CALL,
			.off = p->no_ctx[sym] ? FS_MARKER_OFF_NO_CTX : 0,
			.imm = p->kfunc[sym] == KFUNC_COOKIE ? FS_MARKER_COOKIE :
								 FS_MARKER_IS_RETURN,
		};
		memcpy(p->copy + off, insn, INSN_BYTES);
		return 0;
	}
	/* the address is only ever compared with NULL: there is nothing else to do with it */
	if (insn[0].code == OPCODE_LD_IMM64 && left >= sizeof(insn)) {
		insn[0].src_reg = 0;
		insn[0].off = 0;
		insn[0].imm = 1;
		insn[1] = (struct bpf_insn){};
		memcpy(p->copy + off, insn, sizeof(insn));
		return 0;
	}
	return damaged(p, "a relocation of a session kfunc is neither on a call nor on an address");
}

/* Relocations cannot be made void in place, libbpf looks at every one: those that stay move up. */
static int patch_rel_section(struct patch *p, uint32_t idx, const Elf64_Shdr *rel,
			     const Elf64_Shdr *text)
{
	uint64_t nr = rel->sh_size / sizeof(Elf64_Rel), kept = 0;
	uint64_t size;
	int err;

	for (uint64_t i = 0; i < nr; i++) {
		const uint8_t *from = p->elf.data + rel->sh_offset + i * sizeof(Elf64_Rel);
		uint64_t sym;
		Elf64_Rel r;

		memcpy(&r, from, sizeof(r));
		sym = ELF64_R_SYM(r.r_info);
		if (sym < p->nr_syms && p->kfunc[sym]) {
			err = patch_insn(p, text, r.r_offset, sym);
			if (err)
				return err;
			p->nr++;
			continue;
		}
		memcpy(p->copy + rel->sh_offset + kept++ * sizeof(r), &r, sizeof(r));
	}
	size = kept * sizeof(Elf64_Rel);
	memcpy(p->copy + elf64_sec_field(&p->elf, idx, offsetof(Elf64_Shdr, sh_size)), &size,
	       sizeof(size));
	p->changed |= kept != nr;
	return 0;
}

static void note_foreign_uses(struct patch *p, const Elf64_Shdr *rel)
{
	uint64_t nr = rel->sh_size / sizeof(Elf64_Rel);

	for (uint64_t i = 0; i < nr; i++) {
		uint64_t sym;
		Elf64_Rel r;

		memcpy(&r, p->elf.data + rel->sh_offset + i * sizeof(r), sizeof(r));
		sym = ELF64_R_SYM(r.r_info);
		if (sym < p->nr_syms)
			p->foreign_use[sym] = 1;
	}
}

static bool is_ours(const struct patch *p, const Elf64_Shdr *text)
{
	const char *name = elf64_sec_name(&p->elf, text);

	if (text->sh_type != SHT_PROGBITS || !(text->sh_flags & SHF_EXECINSTR))
		return false;
	if (!strcmp(name, ".text"))
		return true;
	name += *name == '?';
	return !strncmp(name, "fsession", strlen("fsession"));
}

static int patch_relocations(struct patch *p)
{
	uint64_t budget = p->elf.size;	/* sections may overlap; not so often that it takes hours */
	Elf64_Shdr rel, target;
	int err = 0;

	for (uint32_t i = 1; i < p->elf.nr_secs && !err; i++) {
		elf64_sec(&p->elf, i, &rel);
		if (rel.sh_type != SHT_REL || rel.sh_link != p->symtab)
			continue;
		if (rel.sh_info >= p->elf.nr_secs || rel.sh_entsize != sizeof(Elf64_Rel) ||
		    rel.sh_size % sizeof(Elf64_Rel) || rel.sh_size > budget)
			return damaged(p, "relocation section");
		budget -= rel.sh_size;
		elf64_sec(&p->elf, rel.sh_info, &target);
		if (is_ours(p, &target))
			err = patch_rel_section(p, i, &rel, &target);
		else if (target.sh_flags & SHF_ALLOC)	/* debug information does not count */
			note_foreign_uses(p, &rel);
	}
	return err;
}

/* One letter later in the BTF, too. 1 = done, 0 = it is not in there. */
static int rename_func(struct patch *p, const struct btfraw *b, uint64_t types_off,
		       const char *name)
{
	struct btfraw_iter it;
	int err = find_extern_func(b, name, &it);
	uint32_t name_off;

	if (err <= 0)
		return err < 0 ? damaged(p, "BTF") : 0;
	name_off = it.t.name_off + 1;
	memcpy(p->copy + types_off + it.off + offsetof(struct btf_type, name_off), &name_off,
	       sizeof(name_off));
	return 1;
}

static int defuse_symbols(struct patch *p)
{
	struct btfraw btf;
	uint64_t types_off = 0;
	bool has_btf = find_btf(p, &btf, &types_off);
	int in_btf = 0;

	for (uint64_t i = 1; i < p->nr_syms; i++) {
		Elf64_Sym sym;

		if (!p->kfunc[i] || p->foreign_use[i])
			continue;
		if (has_btf)
			in_btf = rename_func(p, &btf, types_off, sym_name(p, i));
		if (in_btf < 0)
			return in_btf;
		read_sym(p, i, &sym);
		sym.st_name++;
		/* without BTF no extern passes: then a local symbol, which is of no interest */
		sym.st_info = ELF64_ST_INFO(in_btf ? STB_WEAK : STB_LOCAL, STT_NOTYPE);
		memcpy(p->copy + p->sym_off + i * sizeof(sym), &sym, sizeof(sym));
		p->changed = true;
	}
	return 0;
}

/* libbpf may not look: what it cannot digest is refused here. */
static int check_btf(const struct patch *p)
{
	uint32_t idx = elf64_sec_find(&p->elf, ".BTF", SHT_PROGBITS), bad = 0;
	struct btfraw b;
	Elf64_Shdr sh;
	int err;

	if (!idx)
		return 0;
	elf64_sec(&p->elf, idx, &sh);
	err = btfraw_init(&b, p->elf.data + sh.sh_offset, sh.sh_size);
	if (!err)
		err = btfraw_check(&b, &bad);
	if (err == -EINVAL && bad)
		return fail(err, "object '%s': its BTF is damaged: type %u makes no sense", p->elf.name,
			    bad);
	return err ? fail(err, "object '%s': its BTF is damaged, or newer than this library",
			  p->elf.name) : 0;
}

static int patch_run(struct patch *p)
{
	int err;

	err = check_btf(p);
	if (!err)
		err = find_symbols(p);
	if (err || !p->kfunc)
		return err;
	p->copy = malloc(p->elf.size);
	if (!p->copy)
		return fail(-ENOMEM, "object '%s': out of memory", p->elf.name);
	memcpy(p->copy, p->elf.data, p->elf.size);
	note_prototypes(p);
	err = patch_relocations(p);
	return err ? err : defuse_symbols(p);
}

int bpfobj_patch(const void *data, size_t size, const char *name, void **ret)
{
	struct patch p = {};
	int err;

	if (size > BPFOBJ_MAX_SIZE)
		return fail(-EFBIG, "object '%s': larger than %u MiB", name, BPFOBJ_MAX_SIZE >> 20);
	err = elf64_init(&p.elf, data, size, name);
	if (err)
		return err;
	err = patch_run(&p);
	if (err || !p.changed) {
		free(p.copy);
		p.copy = NULL;
	}
	free(p.kfunc);
	if (err)
		return err;
	*ret = p.copy;
	return p.nr;
}

int bpfobj_license(const void *data, size_t size, char *buf, size_t buf_size)
{
	struct elf64 e;
	Elf64_Shdr sh;
	uint32_t idx;
	size_t len;

	if (!buf_size || elf64_init(&e, data, size, NULL))
		return -EINVAL;
	idx = elf64_sec_find(&e, "license", SHT_PROGBITS);
	if (!idx)
		return -ENOENT;
	elf64_sec(&e, idx, &sh);
	len = strnlen((const char *)e.data + sh.sh_offset, sh.sh_size);
	if (len >= buf_size)
		return -EINVAL;
	memcpy(buf, e.data + sh.sh_offset, len);
	buf[len] = '\0';
	return 0;
}
