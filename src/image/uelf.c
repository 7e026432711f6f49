/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/uelf.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/log.h"

#define SEGS_MAX 1024
#define CODE_MAX INT32_MAX	/* bytes of a segment */

static int refuse(const struct uelf *e, const char *why)
{
	return fail(-EINVAL, "'%s': %s", e->path, why);
}

static int read_segs(struct uelf *e)
{
	GElf_Phdr ph;
	size_t nr;

	if (elf_getphdrnum(e->elf, &nr) || !nr || nr > SEGS_MAX)
		return refuse(e, "damaged: program headers");
	e->segs = calloc(nr, sizeof(*e->segs));
	if (!e->segs)
		return fail(-ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++) {
		if (!gelf_getphdr(e->elf, i, &ph))
			return refuse(e, "damaged: program headers");
		if (ph.p_type != PT_LOAD || ph.p_vaddr + ph.p_memsz < ph.p_vaddr)
			continue;
		e->segs[e->nr_segs++] = (struct uelf_seg){
			.vaddr = ph.p_vaddr, .offset = ph.p_offset, .filesz = ph.p_filesz,
			.memsz = ph.p_memsz, .flags = ph.p_flags,
		};
	}
	return 0;
}

/* Notes follow each other: {name size, descriptor size, type}, "GNU", the id */
static void find_build_id(struct uelf *e, Elf_Data *notes)
{
	size_t off = 0, name_at, desc_at;
	GElf_Nhdr n;

	while ((off = gelf_getnote(notes, off, &n, &name_at, &desc_at)) > 0) {
		const char *p = notes->d_buf;

		if (n.n_type != NT_GNU_BUILD_ID || n.n_namesz != 4 || memcmp(p + name_at, "GNU", 4) ||
		    n.n_descsz > sizeof(e->build_id))
			continue;
		memcpy(e->build_id, p + desc_at, n.n_descsz);
		e->build_id_len = n.n_descsz;
		return;
	}
}

static int read_headers(struct uelf *e)
{
	const char *id = elf_getident(e->elf, NULL);
	Elf_Data *notes;
	GElf_Ehdr eh;
	int err;

	if (elf_kind(e->elf) != ELF_K_ELF || !id)
		return refuse(e, "not an ELF file");
	if (id[EI_CLASS] != ELFCLASS64 || id[EI_DATA] != ELFDATA2LSB)
		return refuse(e, "not a 64-bit little-endian program");
	if (!gelf_getehdr(e->elf, &eh))
		return refuse(e, "damaged: header");
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return refuse(e, "neither an executable nor a shared object");
	e->machine = eh.e_machine;
	e->is_pie = eh.e_type == ET_DYN;
	e->entry = eh.e_entry;
	err = read_segs(e);
	if (err)
		return err;
	notes = uelf_data(e, ".note.gnu.build-id");
	if (notes)
		find_build_id(e, notes);
	return 0;
}

int uelf_open_fd(int fd, const char *name, struct uelf **ret)
{
	struct uelf *e = calloc(1, sizeof(*e));
	int err = -ENOMEM;

	if (!e)
		return fail(err, "out of memory");
	e->fd = fd_keep(fcntl(fd, F_DUPFD_CLOEXEC, 3));
	e->path = strdup(name);
	if (e->fd < 0 || !e->path) {
		err = fail(e->fd < 0 ? -errno : -ENOMEM, "cannot open '%s': %s", name, log_errstr(errno));
		goto out;
	}
	elf_version(EV_CURRENT);
	/* not mapped: a file that is truncated meanwhile is then an error and no SIGBUS */
	e->elf = elf_begin(e->fd, ELF_C_READ, NULL);
	if (!e->elf) {
		err = fail(-EINVAL, "'%s': %s", name, elf_errmsg(-1));
		goto out;
	}
	err = read_headers(e);
	if (err)
		goto out;
	*ret = e;
	return 0;
out:
	uelf_close(e);
	return err;
}

int uelf_open(const char *path, struct uelf **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return fail(-errno, "cannot open '%s': %s", path, log_errstr(errno));
	err = uelf_open_fd(fd, path, ret);
	close(fd);
	return err;
}

void uelf_close(struct uelf *e)
{
	if (!e)
		return;
	uelf_close(e->debug);
	uelf_close(e->mini);
	elf_end(e->elf);
	free(e->mini_bytes);
	if (e->fd >= 0)
		fd_close(e->fd);
	for (uint32_t i = 0; i < e->nr_segs; i++)
		free(e->segs[i].code);
	free(e->segs);
	free(e->path);
	free(e);
}

Elf_Scn *uelf_section(const struct uelf *e, const char *name)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	size_t strs;

	if (elf_getshdrstrndx(e->elf, &strs))
		return NULL;
	while ((scn = elf_nextscn(e->elf, scn))) {
		const char *s = gelf_getshdr(scn, &sh) ? elf_strptr(e->elf, strs, sh.sh_name) : NULL;

		if (s && !strcmp(s, name))
			return scn;
	}
	return NULL;
}

Elf_Data *uelf_data(const struct uelf *e, const char *name)
{
	Elf_Scn *scn = uelf_section(e, name);
	Elf_Data *data;
	GElf_Shdr sh;

	if (!scn || !gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
		return NULL;
	if (sh.sh_flags & SHF_COMPRESSED && elf_compress(scn, 0, 0) < 0)
		return NULL;
	data = elf_getdata(scn, NULL);
	return data && data->d_buf && data->d_size ? data : NULL;
}

static const struct uelf_seg *seg_of(const struct uelf *e, uint64_t vaddr)
{
	for (uint32_t i = 0; i < e->nr_segs; i++)
		if (vaddr - e->segs[i].vaddr < e->segs[i].filesz)
			return &e->segs[i];
	return NULL;
}

static int load_code(struct uelf *e, struct uelf_seg *seg)
{
	uint8_t *code;
	int got;

	if (seg->filesz > CODE_MAX)
		return -EFBIG;
	code = malloc(seg->filesz + 1);
	if (!code)
		return -ENOMEM;
	got = uelf_read(e, seg->vaddr, code, seg->filesz);
	if (got < 0) {
		free(code);
		return got;
	}
	seg->code = code;
	seg->code_len = got;
	return 0;
}

int uelf_load_code(struct uelf *e)
{
	int err = 0;

	for (uint32_t i = 0; i < e->nr_segs && !err; i++)
		if (e->segs[i].flags & PF_X && e->segs[i].filesz && !e->segs[i].code)
			err = load_code(e, &e->segs[i]);
	return err;
}

bool uelf_is_text(const struct uelf *e, uint64_t vaddr)
{
	const struct uelf_seg *s = seg_of(e, vaddr);

	return s && s->flags & PF_X;
}

int uelf_read(const struct uelf *e, uint64_t vaddr, void *buf, uint32_t len)
{
	const struct uelf_seg *s = seg_of(e, vaddr);
	uint64_t left;
	ssize_t n;

	if (!s)
		return 0;
	left = s->vaddr + s->filesz - vaddr;
	n = pread(e->fd, buf, left < len ? left : len, s->offset + (vaddr - s->vaddr));
	return n < 0 ? -errno : n;
}
