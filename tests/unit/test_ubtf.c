/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/ubtf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "image/btfdecl.h"
#include "image/usite.h"
#include "tap.h"

#ifdef __clang__	/* as the compiler spells it in DWARF */
#define LONG "long"
#define DWZ_TAKES "dwarf4"	/* no .debug_addr, which clang uses in 5 */
#else
#define LONG "long int"
#define DWZ_TAKES "dwarf5"
#endif

static struct ubtf *open_image(const char *name)
{
	char path[64];
	struct ubtf *u = NULL;

	snprintf(path, sizeof(path), "images/%s", name);
	CHECK_EQ(ubtf_open(tap_file(path), &u), 0);
	if (!u)
		exit(1);
	return u;
}

/* As declared; "" if that is not known. The caller's to free. */
static char *decl_as(const struct ubtf *u, const struct ufunc *f, const char *name)
{
	char buf[256] = "";

	return strdup(f->decl ? btfdecl_format(u->btf, f->decl, name, buf, sizeof(buf)) : buf);
}

static char *decl(const struct ubtf *u, const struct ufunc *f)
{
	return decl_as(u, f, f->sym->name);
}

static void check_decl_as(const struct ubtf *u, const char *name, const char *as, const char *want, bool typed)
{
	const struct ufunc *f = ubtf_find(u, name);
	char *text;

	if (!f) {
		tap_fail(__FILE__, __LINE__, "no function '%s'", name);
		return;
	}
	text = decl_as(u, f, as);
	CHECK_STR(text, want);
	free(text);
	if (!f->untyped != typed)
		tap_fail(__FILE__, __LINE__, "'%s': untyped: %s", name, f->untyped ?: "no");
	CHECK_EQ(btf__find_by_name_kind(u->btf, name, BTF_KIND_FUNC), f->btf_id);
	CHECK(ubtf_from_id(u, f->btf_id) == f);
	CHECK(f->sym->size > 0);
	if (typed)
		CHECK_EQ(btf__type_by_id(u->btf, f->btf_id)->type, f->decl);
}

static void check_decl(const struct ubtf *u, const char *name, const char *want, bool typed)
{
	check_decl_as(u, name, name, want, typed);
}

static void check_decls(const struct ubtf *u)
{
	check_decl(u, "plain", "int plain(int a, unsigned char b, const char *c)", true);
	check_decl(u, "other_name", "int other_name(int a, unsigned char b, const char *c)", true);
	check_decl(u, "by_item", "word by_item(struct item *it, volatile word *p, enum color color, enum wide w)",
		   true);
	check_decl(u, "nothing", "void nothing(void)", true);
	check_decl(u, "by_pair", LONG " by_pair(struct pair p, char *restrict to)", true);
	check_decl(u, "by_double", "double by_double(double d, int i)", false);
	check_decl(u, "by_mixed", "int by_mixed(struct mixed m)", false);
	check_decl(u, "by_vector", "int by_vector(v4si v)", false);
	check_decl(u, "returns_big", "struct big returns_big(" LONG " n)", false);
	check_decl(u, "variadic", "int variadic(const char *fmt, ...)", false);
	check_decl(u, "by_array", "_Bool by_array(int *a, void (*fn)(int), struct unknown *u)", true);
	CHECK_STR(u->source, "DWARF");
}

static const struct btf_member *member(const struct btf *btf, const char *type, int kind, const char *name)
{
	int id = btf__find_by_name_kind(btf, type, kind);
	const struct btf_type *t = btf__type_by_id(btf, id < 0 ? 0 : id);

	for (int i = 0; id > 0 && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), name))
			return &btf_members(t)[i];
	tap_fail(__FILE__, __LINE__, "%s has no member '%s'", type, name);
	exit(1);
}

static void check_bits(const struct btf *btf, const char *name, int off, int bits)
{
	const struct btf_member *m = member(btf, "flags", BTF_KIND_STRUCT, name);

	CHECK_EQ(BTF_MEMBER_BIT_OFFSET(m->offset), off);
	CHECK_EQ(BTF_MEMBER_BITFIELD_SIZE(m->offset), bits);
}

/* By the ABI's rules for structs */
static void check_layout(const struct btf *btf)
{
	const struct btf_type *t;
	const struct btf_array *a;

	t = btf__type_by_id(btf, btf__find_by_name_kind(btf, "item", BTF_KIND_STRUCT));
	CHECK_EQ(t->size, 112);
	CHECK_EQ(member(btf, "item", BTF_KIND_STRUCT, "name")->offset, 16 * 8);
	CHECK_EQ(member(btf, "item", BTF_KIND_STRUCT, "color")->offset, 48 * 8);
	CHECK_EQ(member(btf, "item", BTF_KIND_STRUCT, "grid")->offset, 52 * 8);
	CHECK_EQ(member(btf, "item", BTF_KIND_STRUCT, "compare")->offset, 88 * 8);
	a = btf_array(btf__type_by_id(btf, member(btf, "item", BTF_KIND_STRUCT, "grid")->type));
	CHECK_EQ(a->nelems, 3);
	CHECK_EQ(btf_array(btf__type_by_id(btf, a->type))->nelems, 5);
	check_bits(btf, "a", 0, 3);
	check_bits(btf, "b", 3, 13);
	check_bits(btf, "c", 32, 5);
	check_bits(btf, "d", 64, 40);
	t = btf__type_by_id(btf, btf__find_by_name_kind(btf, "color", BTF_KIND_ENUM));
	CHECK_EQ(btf_enum(t)[2].val, -2);
	t = btf__type_by_id(btf, btf__find_by_name_kind(btf, "wide", BTF_KIND_ENUM64));
	CHECK_EQ(btf_enum64(t)[1].val_hi32, 0x7f);
	CHECK(btf__find_by_name_kind(btf, "unknown", BTF_KIND_FWD) > 0);
}

TEST(ubtf_dwarf5)
{
	struct ubtf *u = open_image("dwarf5");

	check_decls(u);
	check_layout(u->btf);
	ubtf_free(u);
	CHECK_NO_LEAKS();
}

TEST(ubtf_dwarf4)
{
	struct ubtf *u = open_image("dwarf4");

	check_decls(u);
	check_layout(u->btf);
	ubtf_free(u);
}

TEST(ubtf_packed)
{
	struct ubtf *u = open_image("packed");

	CHECK(uelf_section(u->elf, ".debug_info"));
	check_decls(u);
	check_layout(u->btf);
	ubtf_free(u);
	CHECK_NO_LEAKS();
}

TEST(ubtf_split)
{
	struct ubtf *u;

	if (access(tap_file("images/types.dwo"), F_OK))
		tap_skip("types.dwo is not here");
	u = open_image("split");
	check_decls(u);
	check_layout(u->btf);
	ubtf_free(u);
	CHECK_NO_LEAKS();
}

TEST(ubtf_cxx)
{
	const struct ufunc *f;
	struct ubtf *u;

	if (access(tap_file("images/cxx"), F_OK))
		tap_skip("there is no C++ compiler");
	u = open_image("cxx");
	check_decl_as(u, "_ZN4shop8by_valueENS_5pointE", "f", "int f(struct point p)", true);
	check_decl_as(u, "_ZN4shop10overloadedEONS_5pointE", "f", "int f(struct point *p)", true);
	check_decl_as(u, "_ZN4shop10overloadedEi", "f", "int f(int a)", true);
	check_decl_as(u, "_ZN4shop4makeEi", "f", "struct counted f(int n)", false);
	check_decl_as(u, "_ZN4shop7by_nullEDni", "f", "int f(void *, int b)", true);
	check_decl_as(u, "_ZN12_GLOBAL__N_16hiddenEb", "f", "int f(bool b)", true);
	/* gcc does not say that it goes by reference, clang does */
	f = ubtf_find(u, "_ZN4shop9by_objectENS_7countedEi");
	check_decl_as(u, f->sym->name, "f", f->untyped ? "int f(struct counted c, int add)" :
		      "int f(struct counted *c, int add)", !f->untyped);
	CHECK_EQ(member(u->btf, "item", BTF_KIND_STRUCT, "")->offset, 0);	/* its base */
	CHECK_EQ(member(u->btf, "base", BTF_KIND_STRUCT, "id")->offset, 8 * 8);
	ubtf_free(u);
}

/* bits counted from the other end; a static libc's thousands of functions beside ours */
TEST(ubtf_strict_dwarf_static)
{
	struct ubtf *u = open_image("strict");

	check_decls(u);
	check_bits(u->btf, "b", 3, 13);
	check_bits(u->btf, "d", 64, 40);
	CHECK(ubtf_find(u, "malloc") && ubtf_find(u, "malloc")->untyped);
	ubtf_free(u);
}

TEST(ubtf_twins_are_told_apart)
{
	struct ubtf *u = open_image("dwarf5");
	const struct usym *first;
	char *texts[2] = {};
	uint32_t nr;

	CHECK(!ubtf_find(u, "twin"));
	CHECK_EQ(btf__find_by_name_kind(u->btf, "twin", BTF_KIND_FUNC), -ENOENT);
	first = usyms_find_ambiguous(u->syms, "twin", &nr);
	CHECK_EQ(nr, 2);
	if (nr != 2)
		return;
	texts[0] = decl(u, ubtf_find(u, first->name));
	for (uint32_t i = 0; i < u->syms->nr; i++)
		if (u->syms->v[i].flags & USYM_AMBIGUOUS && &u->syms->v[i] != first &&
		    !strncmp(u->syms->v[i].name, "twin@", 5))
			texts[1] = decl(u, &u->funcs[i]);
	CHECK(!strncmp(texts[0], "int twin@0x", 11) && strstr(texts[0], "(" LONG " a)"));
	CHECK(texts[1] && !strncmp(texts[1], "char *twin@0x", 13) && strstr(texts[1], "(char *p, int n)"));
	free(texts[0]);
	free(texts[1]);
	ubtf_free(u);
}

TEST(ubtf_without_types)
{
	struct ubtf *u = open_image("plain");
	const struct ufunc *f = ubtf_find(u, "plain"), *other = ubtf_find(u, "other_name");
	const struct btf_type *proto;

	CHECK(f && f->untyped && !f->decl && !u->source);
	proto = btf__type_by_id(u->btf, btf__type_by_id(u->btf, f->btf_id)->type);
	CHECK_EQ(btf_vlen(proto), 6);
	CHECK_EQ(btf__resolve_size(u->btf, proto->type), 8);
	CHECK_EQ(btf__resolve_size(u->btf, btf_params(proto)[5].type), 8);
	CHECK(other && other != f && other->sym->addr == f->sym->addr);
	CHECK(usyms_at(u->syms, f->sym->addr + 1) == f->sym || usyms_at(u->syms, f->sym->addr + 1) == other->sym);
	ubtf_free(u);
	CHECK_NO_LEAKS();
}

/* -- Stripped --- */

/* Runs shell commands in a folder of its own, with $image; what they leave there as "image" is opened. */
static struct ubtf *open_made(const char *image, const char *commands, bool nameless)
{
	char dir[] = "/tmp/fsession.XXXXXX", cmd[1024], path[64];
	struct ubtf_opts o = { .root = dir, .nameless = nameless };
	struct ubtf *u = NULL;
	int fd;

	if (system("command -v objcopy xz >/dev/null"))
		tap_skip("binutils or xz are not installed");
	snprintf(path, sizeof(path), "images/%s", image);
	CHECK(mkdtemp(dir));
	snprintf(cmd, sizeof(cmd), "set -e; image=$(readlink -f '%s'); cd %s; %s", tap_file(path), dir, commands);
	CHECK_EQ(system(cmd), 0);
	snprintf(cmd, sizeof(cmd), "%s/image", dir);
	fd = open(cmd, O_RDONLY);
	CHECK_EQ(ubtf_open_opts(fd, "/image", &o, &u), 0);
	close(fd);
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	CHECK_EQ(system(cmd), 0);
	if (!u)
		exit(1);
	return u;
}

static void check_stripped(struct ubtf *u, struct ubtf *whole)
{
	CHECK_EQ(u->nr, whole->nr);
	check_decls(u);
	ubtf_free(u);
	CHECK_NO_LEAKS();
}

TEST(ubtf_debug_file)
{
	struct ubtf *whole = open_image("dwarf5");

	check_stripped(open_made("dwarf5", "id=$(readelf -n $image | sed -n 's/.*Build ID: //p');"
		"dir=usr/lib/debug/.build-id/$(echo $id | cut -c1-2); mkdir -p $dir;"
		"objcopy --only-keep-debug $image $dir/$(echo $id | cut -c3-).debug; strip -o image $image", false), whole);
	check_stripped(open_made("dwarf5", "objcopy --only-keep-debug $image x.debug;"
		"strip -o image --remove-section=.comment $image; objcopy --add-gnu-debuglink=x.debug image", false), whole);
	ubtf_free(whole);
}

/* of another build: not used */
TEST(ubtf_wrong_debug_file)
{
	struct ubtf *u = open_made("dwarf5", "objcopy --only-keep-debug ${image%5}4 x.debug;"
		"strip -o image $image; objcopy --add-gnu-debuglink=x.debug image", false);

	CHECK(!u->source && !u->elf->debug);
	CHECK(!ubtf_find(u, "plain"));
	ubtf_free(u);
}

/* dwz moves what is in both files into a third; each refers to it. */
TEST(ubtf_shared_types)
{
	struct ubtf *u;

	if (system("command -v dwz >/dev/null"))
		tap_skip("dwz is not installed");
	u = open_made(DWZ_TAKES, "cp $image image; cp $image other; dwz -m common image other;"
		"readelf -S image | grep -q debugaltlink", false);
	check_decls(u);
	check_layout(u->btf);
	ubtf_free(u);
}

TEST(ubtf_packed_symbols)
{
	struct ubtf *u, *whole = open_image("plain");

	u = open_made("plain", "objcopy --strip-debug $image mini; xz mini; strip -o image $image;"
		"objcopy --add-section=.gnu_debugdata=mini.xz image", false);
	CHECK(u->elf->mini);
	CHECK_EQ(u->nr, whole->nr);
	CHECK(ubtf_find(u, "by_item") && ubtf_find(u, "by_item")->sym->size);
	ubtf_free(u);
	u = open_made("plain", "strip -o image $image; head -c 300 /dev/urandom >x;"
		"objcopy --add-section=.gnu_debugdata=x image", false);
	CHECK(!u->elf->mini && !ubtf_find(u, "by_item"));
	ubtf_free(u);
	ubtf_free(whole);
	CHECK_NO_LEAKS();
}

/* Everything that is called or stored somewhere, and has bounds in .eh_frame, as the symbols have it. */
TEST(ubtf_without_symbols)
{
	struct ubtf *u = open_made("plain", "strip -o image $image", true), *whole = open_image("plain");
	static const char *const used[] = { "main", "by_item", "by_pair", "by_double", "plain", "other_twin",
					    "nothing" };

	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
		const struct usym *want = ubtf_find(whole, used[i])->sym, *got = usyms_at(u->syms, want->addr);

		CHECK(got && got->addr == want->addr && got->size == want->size);
		CHECK(got && got->flags & USYM_NAMELESS && !strncmp(got->name, "@0x", 3));
	}
	for (uint32_t i = 0; i < u->nr; i++) {
		const struct usym *sym = u->funcs[i].sym, *whose = usyms_at(whole->syms, sym->addr);

		/* nothing that is none, such as a part of one */
		CHECK(whose && whose->addr == sym->addr && !(whose->flags & USYM_PART));
	}
	ubtf_free(u);
	ubtf_free(whole);
	CHECK_NO_LEAKS();
}

/* -- Less, and from elsewhere --- */

static struct ubtf *open_with(const char *image, const struct ubtf_opts *o)
{
	struct ubtf *u = NULL;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "images/%s", image);
	fd = open(tap_file(path), O_RDONLY);
	CHECK_EQ(ubtf_open_opts(fd, image, o, &u), 0);
	close(fd);
	if (!u)
		exit(1);
	return u;
}

TEST(ubtf_types_of_some)
{
	struct ubtf *all = open_image("dwarf4");
	struct ubtf *u = open_with("dwarf4", &(struct ubtf_opts){ .typed = "by_item,nothing,nope*" });

	CHECK_EQ(u->nr, all->nr);
	check_decl(u, "by_item", "word by_item(struct item *it, volatile word *p, enum color color, enum wide w)",
		   true);
	check_decl(u, "nothing", "void nothing(void)", true);
	check_decl(u, "plain", "", false);
	CHECK(btf__find_by_name_kind(u->btf, "item", BTF_KIND_STRUCT) > 0);
	CHECK(btf__find_by_name_kind(u->btf, "pair", BTF_KIND_STRUCT) < 0);
	CHECK(btf__type_cnt(u->btf) < btf__type_cnt(all->btf));
	ubtf_free(u);
	u = open_with("dwarf4", &(struct ubtf_opts){ .typed = "" });
	CHECK(!u->source);
	ubtf_free(u);
	ubtf_free(all);
	CHECK_NO_LEAKS();
}

/* Written from one file, read for its stripped copy. */
TEST(ubtf_types_from_a_file)
{
	struct ubtf *whole = open_image("dwarf5"), *u;
	char path[] = "/tmp/fsession.XXXXXX";
	int fd = mkstemp(path);
	const void *raw;
	uint32_t size;

	raw = btf__raw_data(whole->btf, &size);
	CHECK(write(fd, raw, size) == (ssize_t)size);
	u = open_with("plain", &(struct ubtf_opts){ .btf_file = path });
	check_decl(u, "plain", "int plain(int a, unsigned char b, const char *c)", true);
	check_decl(u, "by_pair", LONG " by_pair(struct pair p, char *restrict to)", true);
	check_layout(u->btf);
	CHECK_STR(u->source, "BTF file");
	ubtf_free(u);
	ubtf_free(whole);

	/* damaged, none, not there: said, and not passed over in silence */
	CHECK(!ftruncate(fd, size / 2));
	u = NULL;
	CHECK_EQ(ubtf_open_opts(fd, "x", &(struct ubtf_opts){}, &u), -EINVAL);
	close(fd);
	fd = open(tap_file("images/plain"), O_RDONLY);
	CHECK_EQ(ubtf_open_opts(fd, "plain", &(struct ubtf_opts){ .btf_file = path }, &u), -EINVAL);
	CHECK_EQ(ubtf_open_opts(fd, "plain", &(struct ubtf_opts){ .btf_file = "/nonexistent" }, &u), -ENOENT);
	CHECK_EQ(ubtf_open_opts(fd, "plain", &(struct ubtf_opts){ .btf_file = tap_file("images/plain") }, &u),
		 -ENODATA);
	CHECK(!u);
	close(fd);
	unlink(path);
	CHECK_NO_LEAKS();
}

/* -- Attachable? --- */

static void check_site(struct ubtf *u, struct usites *sites, const char *name, const char *want)
{
	const struct ufunc *f = ubtf_find(u, name);
	char buf[128];
	const char *why = f ? usites_refusal(sites, f->sym, buf) : "does not exist";

	if (want)
		CHECK_STR(why, want);
	else if (why)
		tap_fail(__FILE__, __LINE__, "'%s': %s", name, why);
}

TEST(usite_other_entries)
{
	struct usites *sites;
	struct ubtf *u;

	if (access(tap_file("images/entries"), F_OK))
		tap_skip("only on x86_64");
	u = open_image("entries");
	CHECK_EQ(usites_new(u->elf, u->syms, &sites), 0);
	check_site(u, sites, "entered", "a branch from elsewhere leads to +1");
	check_site(u, sites, "entered.cold", "is a part of a function");
	check_site(u, sites, "by_table", "is a part of a function");
	check_site(u, sites, "entered_late", NULL);
	check_site(u, sites, "tail_called", NULL);
	check_site(u, sites, "by_padding", NULL);
	check_site(u, sites, "fallen_into", "a branch from elsewhere leads to +3");
	check_site(u, sites, "given_rbp", "it takes an argument in rbp");
	check_site(u, sites, "loses_rbp", "it does not keep rbp");
	check_site(u, sites, "keeps_rbp", NULL);
	check_site(u, sites, "works_above", "it takes arguments as C does not, and works on its caller's stack");
	check_site(u, sites, "works_below", NULL);
	check_site(u, sites, "seventh_argument", NULL);
	check_site(u, sites, "main", NULL);
	check_site(u, sites, "_start", "is not left the way it is entered");
	usites_free(sites);
	ubtf_free(u);

	/* stripped, the part is found out to be none; who is only jumped to is left out too */
	u = open_made("entries", "strip -o image $image", true);
	CHECK_EQ(usites_new(u->elf, u->syms, &sites), 0);
	for (uint32_t i = 0; i < u->nr; i++)
		if (u->syms->v[i].addr == u->elf->entry)
			check_site(u, sites, u->syms->v[i].name, "is not left the way it is entered");
	CHECK_EQ(u->nr, 7);	/* main, _start, and five that main calls */
	usites_free(sites);
	ubtf_free(u);
	CHECK_NO_LEAKS();
}

/* Whatever of these a libc has: also without their names. */
TEST(usite_returns_twice)
{
	struct ubtf *whole = open_image("strict"), *u = open_made("strict", "strip -o image $image", true);
	static const char *const names[] = { "setjmp", "_setjmp", "__sigsetjmp", "vfork", "getcontext" };
	struct usites *sites;
	char buf[128];
	int nr = 0;

	if (u->elf->machine != EM_X86_64)
		tap_skip("only on x86_64");
	CHECK_EQ(usites_new(u->elf, u->syms, &sites), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct ufunc *f = ubtf_find(whole, names[i]);
		struct usym code;

		if (!f)
			continue;
		code = *f->sym;
		code.name = "";
		code.base_len = 0;
		if (!usites_refusal(sites, &code, buf))
			tap_fail(__FILE__, __LINE__, "'%s' can be traced", names[i]);
		nr++;
	}
	CHECK(nr > 1);
	usites_free(sites);
	ubtf_free(u);
	ubtf_free(whole);
}

TEST(usite_go)
{
	struct usites *sites;
	struct ubtf *u;

	u = open_made("plain", "objcopy --redefine-sym plain=main.plain --add-section .gopclntab=$image $image image",
		      false);
	CHECK_EQ(usites_new(u->elf, u->syms, &sites), 0);
	check_site(u, sites, "main.plain", "is Go code, whose stacks move");
	check_site(u, sites, "by_item", NULL);
	usites_free(sites);
	ubtf_free(u);
}

/* -- Beside pahole, which writes a .BTF section --- */

static struct ubtf *open_by_pahole(const char *image)
{
	struct ubtf *u;

	if (system("command -v pahole >/dev/null"))
		tap_skip("pahole is not installed");
	u = open_made(image, "cp $image image; pahole -J image", false);
	CHECK_STR(u->source, ".BTF");
	return u;
}

static void compare_members(const struct btf *a, const struct btf_type *x, const struct btf *b,
			    const struct btf_type *y, const char *name)
{
	const struct btf_member *m = btf_members(x), *n = btf_members(y);

	if (x->size != y->size || x->info != y->info)
		tap_fail(__FILE__, __LINE__, "'%s': size %u, %u members, not %u, %u", name, x->size,
			 btf_vlen(x), y->size, btf_vlen(y));
	for (int i = 0; x->info == y->info && i < btf_vlen(x); i++) {
		CHECK_STR(btf__name_by_offset(a, m[i].name_off), btf__name_by_offset(b, n[i].name_off));
		CHECK_EQ(m[i].offset, n[i].offset);
	}
}

TEST(ubtf_as_pahole_has_it)
{
	struct ubtf *u = open_image("dwarf5"), *p = open_by_pahole("dwarf5");
	int funcs = 0, types = 0;

	for (uint32_t i = 0; i < p->nr; i++) {
		char *text = p->funcs[i].decl ? decl(p, &p->funcs[i]) : NULL;

		if (text)
			check_decl(u, p->funcs[i].sym->name, text, !p->funcs[i].untyped);
		funcs += !!text;
		free(text);
	}
	for (uint32_t id = 1; id < btf__type_cnt(u->btf); id++) {
		const struct btf_type *t = btf__type_by_id(u->btf, id);
		const char *name = btf__name_by_offset(u->btf, t->name_off);
		int theirs = *name && btf_is_composite(t) ?
			btf__find_by_name_kind(p->btf, name, btf_kind(t)) : 0;

		if (theirs > 0)
			compare_members(u->btf, t, p->btf, btf__type_by_id(p->btf, theirs), name);
		types += theirs > 0;
	}
	CHECK(funcs >= 12);
	CHECK(types >= 7);
	ubtf_free(u);
	ubtf_free(p);
}

TEST(ubtf_of_what_is_none)
{
	struct ubtf *u = NULL;

	CHECK_EQ(ubtf_open("/dev/null", &u), -EINVAL);
	CHECK_EQ(ubtf_open("/nonexistent", &u), -ENOENT);
	CHECK_EQ(ubtf_open(tap_file("progs/plain.bpf.o"), &u), -EINVAL);
	CHECK(!u);
	CHECK_NO_LEAKS();
}
