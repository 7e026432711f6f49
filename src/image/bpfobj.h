/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF ELF objects that others compiled: a copy in which the two session kfuncs are no longer
 * externs of the kernel but calls to the marker helpers of <fsession/bpf_fsession.h>, which every
 * libbpf passes through. Nothing in the input is trusted.
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

#define BPFOBJ_MAX_SIZE (64u << 20)

/**
 * bpfobj_patch() - redirect the session kfuncs of an object to the markers
 * @data: the ELF file; unchanged
 * @size: in bytes
 * @name: for messages
 * @ret:  out: malloc()ed copy, or NULL when there was nothing to patch
 *
 * Return: number of relocations patched, or -EINVAL (not a little-endian 64-bit BPF object, or
 * damaged: the message says where), -EFBIG, -ENOMEM. Messages are printed.
 */
int bpfobj_patch(const void *data, size_t size, const char *name, void **ret);

/* Contents of the "license" section (NUL-terminated copy into @buf), or -ENOENT, -EINVAL. */
int bpfobj_license(const void *data, size_t size, char *buf, size_t buf_size);

#endif
