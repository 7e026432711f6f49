/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding what was stripped from a program. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libgen.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/uelf.h"
#include "util/log.h"

#define MINI_MAX (256 << 20)	/* bytes, unpacked */
#define XZ_MEMORY_MAX (512 << 20)

static bool is_same_build(const struct uelf *a, const struct uelf *b)
{
	return a->build_id_len && a->build_id_len == b->build_id_len &&
	       !memcmp(a->build_id, b->build_id, a->build_id_len);
}

/* Whatever is wrong with it, it is as if it were not there. */
static void try_debug(struct uelf *e, const char *path)
{
	struct uelf *debug = NULL;
	struct log_capture quiet;
	char buf[256];

	if (e->debug || access(path, R_OK))
		return;
	log_capture_start(&quiet, buf, sizeof(buf));
	if (!uelf_open(path, &debug) && is_same_build(e, debug)) {
		e->debug = debug;
		debug = NULL;
	}
	log_capture_stop(&quiet);
	uelf_close(debug);
}

static void try_build_id(struct uelf *e, const char *root)
{
	char hex[2 * sizeof(e->build_id) + 1] = "", path[4300];

	for (uint32_t i = 0; i < e->build_id_len; i++)
		sprintf(hex + 2 * i, "%02x", e->build_id[i]);
	if (e->build_id_len < 2)
		return;
	snprintf(path, sizeof(path), "%s/usr/lib/debug/.build-id/%.2s/%s.debug", root, hex, hex + 2);
	try_debug(e, path);
}

/* A file name, beside the program or in a tree of its own. */
static void try_debuglink(struct uelf *e, const char *root)
{
	Elf_Data *link = uelf_data(e, ".gnu_debuglink");
	char *copy = strdup(e->path), path[8500];
	const char *dir;

	if (copy && link && memchr(link->d_buf, '\0', link->d_size) && !strchr(link->d_buf, '/')) {
		dir = dirname(copy);
		snprintf(path, sizeof(path), "%s%s/%s", root, dir, (char *)link->d_buf);
		if (strcmp(path, e->path))
			try_debug(e, path);
		snprintf(path, sizeof(path), "%s%s/.debug/%s", root, dir, (char *)link->d_buf);
		try_debug(e, path);
		snprintf(path, sizeof(path), "%s/usr/lib/debug%s/%s", root, dir, (char *)link->d_buf);
		try_debug(e, path);
	}
	free(copy);
}

/* malloc()ed; NULL: damaged, too large, no memory */
static void *unxz(const void *data, size_t size, size_t *ret)
{
	size_t max = 4 * size + 65536, in, out;
	uint64_t memory = XZ_MEMORY_MAX;
	void *buf = NULL, *more;
	lzma_ret err;

	do {
		more = realloc(buf, max);
		if (!more)
			break;
		buf = more;
		in = out = 0;
		err = lzma_stream_buffer_decode(&memory, 0, NULL, data, &in, size, buf, &out, max);
		if (err == LZMA_OK) {
			*ret = out;
			return buf;
		}
		max *= 4;
	} while (err == LZMA_BUF_ERROR && max <= MINI_MAX);
	free(buf);
	return NULL;
}

static int open_mini(struct uelf *e)
{
	Elf_Data *packed = uelf_data(e, ".gnu_debugdata");
	struct uelf *mini;
	size_t size;

	if (!packed)
		return 0;
	e->mini_bytes = unxz(packed->d_buf, packed->d_size, &size);
	if (!e->mini_bytes)
		return 0;
	mini = calloc(1, sizeof(*mini));
	if (!mini)
		return -ENOMEM;
	mini->fd = -1;
	mini->elf = elf_memory(e->mini_bytes, size);
	if (mini->elf && elf_kind(mini->elf) == ELF_K_ELF && gelf_getclass(mini->elf) == ELFCLASS64)
		e->mini = mini;
	else
		uelf_close(mini);
	return 0;
}

int uelf_open_debug(struct uelf *e, const char *root)
{
	try_build_id(e, root);
	try_debuglink(e, root);
	return open_mini(e);
}
