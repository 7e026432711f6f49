/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/bpfobj.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fakebpf.h"
#include "image/elf64.h"
#include "tap.h"
#include "util/log.h"
#include "util/slurp.h"

#define ATTACH_KPROBE_SESSION 56
#define ATTACH_FSESSION 58

struct obj {
	char *data;
	size_t size;
	void *copy;
	int ret;
};

/* An object of progs/, and what patching it returns. Memory goes with the test's process. */
static struct obj patched(const char *name)
{
	char path[64];
	struct obj o = {};
	int err;

	snprintf(path, sizeof(path), "progs/%s.bpf.o", name);
	err = slurp(tap_file(path), BPFOBJ_MAX_SIZE, &o.data, &o.size);
	if (err)
		tap_skip("%s: %s", path, log_errstr(err));
	o.ret = bpfobj_patch(o.data, o.size, name, &o.copy);
	return o;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN) {
		printf("# ");
		vprintf(fmt, ap);
	}
	return 0;
}

/* Through the whole of libbpf; the "kernel" takes everything. */
static int load(const void *data, size_t size)
{
	struct bpf_program *prog;
	struct bpf_object *obj;

	libbpf_set_print(quiet);
	libbpf_register_prog_handler("fsession+", BPF_PROG_TYPE_TRACING, ATTACH_FSESSION, NULL);
	libbpf_register_prog_handler("fsession.s+", BPF_PROG_TYPE_TRACING, ATTACH_FSESSION, NULL);
	libbpf_register_prog_handler("kprobe.session+", BPF_PROG_TYPE_KPROBE, ATTACH_KPROBE_SESSION,
				     NULL);
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		tap_skip("the machine's kernel has no readable BTF: libbpf cannot look up externs");
	obj = bpf_object__open_mem(data, size, NULL);
	if (!obj)
		return -errno;
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, true);
	return bpf_object__load(obj);
}

static int markers(const struct fakebpf_prog *p)
{
	return 10 * fakebpf_count_calls(p, 0, FS_MARKER_IS_RETURN) +
	       fakebpf_count_calls(p, 0, FS_MARKER_COOKIE);
}

TEST(bpfobj_strong_extern)
{
	struct obj o = patched("strong");
	const struct fakebpf_prog *p;

	CHECK_EQ(o.ret, 2);
	CHECK_EQ(load(o.copy, o.size), 0);
	p = fakebpf_find("session");
	CHECK_EQ(markers(p), 11);
	for (size_t i = 0; p && i < p->cnt; i++)
		CHECK(p->insns[i].code != (BPF_JMP | BPF_CALL) || !p->insns[i].off);
}

TEST(bpfobj_weak_extern_and_address_test)
{
	struct obj o = patched("weak");
	const struct fakebpf_prog *p;
	int constants = 0;

	CHECK_EQ(o.ret, 4);
	CHECK_EQ(load(o.copy, o.size), 0);
	p = fakebpf_find("weak_session");
	CHECK_EQ(markers(p), 11);
	for (size_t i = 0; p && i + 1 < p->cnt; i++)
		constants += p->insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
			     !p->insns[i].src_reg && p->insns[i].imm == 1 && !p->insns[i + 1].imm;
	CHECK_EQ(constants, 2);
}

/* The call is told apart, for R1 is not what the kfunc of today needs. */
TEST(bpfobj_prototype_without_parameter)
{
	struct obj o = patched("noarg");
	const struct fakebpf_prog *p;
	int marked = 0;

	CHECK_EQ(o.ret, 2);
	CHECK_EQ(load(o.copy, o.size), 0);
	p = fakebpf_find("noarg_session");
	CHECK_EQ(markers(p), 11);
	for (size_t i = 0; p && i < p->cnt; i++)
		marked += p->insns[i].code == (BPF_JMP | BPF_CALL) &&
			  p->insns[i].off == FS_MARKER_OFF_NO_CTX;
	CHECK_EQ(marked, 2);
}

/* Both prototypes in one object, for libbpf to choose from: here none need be. */
TEST(bpfobj_flavours)
{
	struct obj o = patched("flavor");
	const struct fakebpf_prog *p;
	int marked = 0;

	CHECK_EQ(o.ret, 3);
	CHECK_EQ(load(o.copy, o.size), 0);
	p = fakebpf_find("flavor");
	CHECK_EQ(markers(p), 20);
	for (size_t i = 0; p && i < p->cnt; i++)
		marked += p->insns[i].code == (BPF_JMP | BPF_CALL) &&
			  p->insns[i].off == FS_MARKER_OFF_NO_CTX;
	CHECK_EQ(marked, 1);
}

TEST(bpfobj_subprograms_and_callbacks)
{
	struct obj o = patched("subprog");

	CHECK_EQ(o.ret, 3);
	CHECK_EQ(load(o.copy, o.size), 0);
	CHECK_EQ(markers(fakebpf_find("subprog_session")), 21);
}

/* Is there an undefined symbol of that name? */
static bool has_extern(const void *data, size_t size, const char *name)
{
	struct elf64 e;
	Elf64_Shdr sh;
	Elf64_Sym sym;

	if (elf64_init(&e, data, size, "test"))
		return false;
	for (uint32_t i = 1; i < e.nr_secs; i++) {
		elf64_sec(&e, i, &sh);
		if (sh.sh_type != SHT_SYMTAB)
			continue;
		for (uint64_t off = 0; off < sh.sh_size; off += sizeof(sym)) {
			const char *s;

			memcpy(&sym, e.data + sh.sh_offset + off, sizeof(sym));
			s = elf64_str(&e, sh.sh_link, sym.st_name);
			if (s && !strcmp(s, name) && sym.st_shndx == SHN_UNDEF)
				return true;
		}
	}
	return false;
}

TEST(bpfobj_leaves_other_sessions_alone)
{
	struct obj o = patched("kprobe");
	struct obj again = {};

	CHECK_EQ(o.ret, 2);
	CHECK(o.copy && has_extern(o.copy, o.size, "bpf_session_cookie"));
	CHECK(o.copy && !has_extern(o.copy, o.size, "bpf_session_is_return"));
	again.ret = bpfobj_patch(o.copy, o.size, "again", &again.copy);
	CHECK_EQ(again.ret, 0);
	CHECK(!again.copy);
}

TEST(bpfobj_leaves_unknown_sections_alone)
{
	struct obj o = patched("custom");

	CHECK_EQ(o.ret, 0);
	CHECK(!o.copy);
}

TEST(bpfobj_unused_externs)
{
	struct obj o = patched("unused");

	CHECK_EQ(o.ret, 0);
	CHECK(o.copy != NULL);
	CHECK(!has_extern(o.copy, o.size, "bpf_session_cookie"));
	CHECK(!has_extern(o.copy, o.size, "bpf_session_is_return___old"));
	CHECK_EQ(load(o.copy, o.size), 0);
	o = patched("plain");
	CHECK_EQ(o.ret, 0);
	CHECK(!o.copy);
}

TEST(bpfobj_twice_is_once)
{
	struct obj o = patched("strong");
	void *again = o.data;

	CHECK_EQ(bpfobj_patch(o.copy, o.size, "again", &again), 0);
	CHECK(!again);
}

static int link_objects(char *out, const char *const *names, int nr)
{
	struct bpf_linker *linker;
	char path[64];
	int err = 0;

	close(mkstemp(out));
	libbpf_set_print(quiet);
	linker = bpf_linker__new(out, NULL);
	if (!linker)
		return -errno;
	for (int i = 0; i < nr && !err; i++) {
		snprintf(path, sizeof(path), "progs/%s.bpf.o", names[i]);
		err = bpf_linker__add_file(linker, tap_file(path), NULL);
	}
	err = err ?: bpf_linker__finalize(linker);
	bpf_linker__free(linker);
	return err;
}

static struct obj patched_link(const char *const *names, int nr)
{
	char out[] = "/tmp/fs-linkXXXXXX";
	struct obj o = {};
	int err = link_objects(out, names, nr);

	if (!err)
		err = slurp(out, BPFOBJ_MAX_SIZE, &o.data, &o.size);
	unlink(out);
	if (err)
		tap_skip("this libbpf cannot link them: %s", log_errstr(err));
	o.ret = bpfobj_patch(o.data, o.size, "linked", &o.copy);
	return o;
}

TEST(bpfobj_linked_object)
{
	static const char *const names[] = { "plain", "subprog" };
	struct obj o = patched_link(names, 2);

	CHECK_EQ(o.ret, 3);
	CHECK_EQ(load(o.copy, o.size), 0);
	CHECK_EQ(markers(fakebpf_find("subprog_session")), 21);
	CHECK(fakebpf_find("plain") != NULL);
}

/* libbpf 1.1 refuses to link two objects with one kfunc; later ones do not. */
TEST(bpfobj_linked_users)
{
	static const char *const names[] = { "strong", "subprog" };
	struct obj o = patched_link(names, 2);

	CHECK_EQ(o.ret, 5);
	CHECK_EQ(load(o.copy, o.size), 0);
	CHECK_EQ(markers(fakebpf_find("session")), 11);
	CHECK_EQ(markers(fakebpf_find("subprog_session")), 21);
}

TEST(bpfobj_license_section)
{
	struct obj o = patched("strong");
	char buf[32];

	CHECK_EQ(bpfobj_license(o.data, o.size, buf, sizeof(buf)), 0);
	CHECK_STR(buf, "Dual BSD/GPL");
	CHECK_EQ(bpfobj_license(o.data, o.size, buf, 12), -EINVAL);
	CHECK_EQ(bpfobj_license(o.data, o.size, buf, 13), 0);
	CHECK_EQ(bpfobj_license(o.data, o.size / 2, buf, sizeof(buf)), -EINVAL);
	o = patched("nolicense");
	CHECK_EQ(bpfobj_license(o.data, o.size, buf, sizeof(buf)), -ENOENT);
}

static int patch_refused(const void *data, size_t size, const char *part)
{
	struct log_capture cap;
	char text[512];
	void *copy = NULL;
	int ret;

	log_capture_start(&cap, text, sizeof(text));
	ret = bpfobj_patch(data, size, "some.bpf.o", &copy);
	log_capture_stop(&cap);
	CHECK(!copy);
	CHECK(strstr(text, "object 'some.bpf.o': ") == text);
	if (!strstr(text, part))
		tap_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", text, part);
	return ret;
}

TEST(bpfobj_refusals)
{
	struct obj o = patched("strong");
	char script[64], *big;

	CHECK_EQ(patch_refused("", 0, "too short"), -EINVAL);
	memset(script, ' ', sizeof(script));
	CHECK_EQ(patch_refused(script, sizeof(script), "not an ELF file"), -EINVAL);
	CHECK_EQ(patch_refused(o.data, o.size - 1, "truncated"), -EINVAL);
	o.data[EI_DATA] = ELFDATA2MSB;
	CHECK_EQ(patch_refused(o.data, o.size, "little-endian"), -EINVAL);
	o.data[EI_DATA] = ELFDATA2LSB;
	o.data[offsetof(Elf64_Ehdr, e_machine)] = EM_X86_64;
	CHECK_EQ(patch_refused(o.data, o.size, "not a BPF object"), -EINVAL);
	big = calloc(1, BPFOBJ_MAX_SIZE + 1);
	CHECK_EQ(patch_refused(big, BPFOBJ_MAX_SIZE + 1, "larger than 64 MiB"), -EFBIG);
}

/* In memory of exactly that size, so that a sanitizer sees one byte too far. */
static void patch_exact(const char *data, size_t size)
{
	char *exact = malloc(size ?: 1);
	struct log_capture cap;
	void *copy = NULL;
	char text[512];

	memcpy(exact, data, size);
	log_capture_start(&cap, text, sizeof(text));
	if (bpfobj_patch(exact, size, "mutant", &copy) < 0 && (copy || !text[0]))
		tap_fail(__FILE__, __LINE__, "refused without a word, or with a copy");
	log_capture_stop(&cap);
	bpfobj_license(exact, size, text, sizeof(text));
	free(copy);
	free(exact);
}

TEST(bpfobj_every_truncation)
{
	struct obj o = patched("weak");

	for (size_t size = 0; size < o.size; size++)
		patch_exact(o.data, size);
}

TEST(bpfobj_every_bit_flipped)
{
	struct obj o = patched("kprobe");

	for (size_t bit = 0; bit < 8 * o.size; bit++) {
		o.data[bit / 8] ^= 1 << bit % 8;
		patch_exact(o.data, o.size);
		o.data[bit / 8] ^= 1 << bit % 8;
	}
}
