/* SPDX-License-Identifier: BSD-2-Clause */
/* An object loaded in this process: its functions, their types, where they are. */
#ifndef FS_INJECT_LOADED_H
#define FS_INJECT_LOADED_H

#include "util/types.h"

struct btf;
struct loaded;

/*
 * @path: the file; @name: as a module is called; @base: difference of addresses in memory and in the file.
 * Types come from .BTF; without, every function takes six and returns one 64-bit word.
 * Return: 0, -ENOENT (no functions), -ENOMEM, or errors of opening it; prints nothing
 */
int loaded_open(const char *path, const char *name, u64 base, struct loaded **ret);
void loaded_close(struct loaded *o);

const char *loaded_name(const struct loaded *o);
const struct btf *loaded_btf(const struct loaded *o);
/* The function of that name, with *@untyped if its prototype is a guess. -ENOENT */
int loaded_find(const struct loaded *o, const char *name, u64 *addr, u32 *size, bool *untyped);

#endif
