/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF ELF objects that others compiled: a copy in which the two session kfuncs are no longer
 * externs of the kernel but calls to the marker helpers of <fsession/bpf_fsession.h>, which every
 * libbpf passes through. Nothing in the input is trusted.
 *
 * What is patched: uses of the kfuncs in sections whose name begins with "fsession" (or
 * "?fsession") and in ".text", whose subprograms they may call. What is not: uses in other
 * sections. A kprobe.session or uprobe.session program has the same kfuncs, but in meanings of its
 * own, which the kernel must resolve: then the extern stays as it is. A subprogram in ".text" that
 * uses the kfuncs is a session's from now on; an object where both kinds call it cannot be helped.
 */
#ifndef FS_IMAGE_BPFOBJ_H
#define FS_IMAGE_BPFOBJ_H

#include <stddef.h>
#include <stdint.h>

/* <fsession/bpf_fsession.h>: imm of a call with src_reg 0 */
enum {
	FS_MARKER_IS_RETURN = 0x46530001,
	FS_MARKER_COOKIE = 0x46530002,
};

/* off of such a call: compiled from the prototype without parameter that vmlinux.h of Linux
 * 6.10 to 6.19 has. R1 does not hold ctx and may hold nothing at all. */
#define FS_MARKER_OFF_NO_CTX 1

#define BPFOBJ_MAX_SIZE (64u << 20)

/**
 * bpfobj_patch() - redirect the session kfuncs of an object to the markers
 * @data: the ELF file; unchanged
 * @size: in bytes
 * @name: for messages
 * @ret:  out: malloc()ed copy of the same size, or NULL when there was nothing to change. An
 *        extern that nothing uses is defused too: then there is a copy though 0 is returned.
 *
 * Return: number of relocations patched, or -EINVAL (not a little-endian 64-bit BPF object, or
 * damaged: the message says where), -EFBIG, -ENOMEM. Messages are printed.
 */
int bpfobj_patch(const void *data, size_t size, const char *name, void **ret);

/* Contents of the "license" section, NUL-terminated, into @buf. -ENOENT, -EINVAL; not printed. */
int bpfobj_license(const void *data, size_t size, char *buf, size_t buf_size);

#endif
