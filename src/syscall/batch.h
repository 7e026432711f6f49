/* SPDX-License-Identifier: BSD-2-Clause */
/* Batches of elements: BPF_MAP_*_BATCH. @uattr: the caller's attribute, where the count goes. */
#ifndef FS_SYSCALL_BATCH_H
#define FS_SYSCALL_BATCH_H

#include "syscall/map.h"

int batch_lookup(const struct map_batch_attr *attr, u64 uattr);
int batch_take(const struct map_batch_attr *attr, u64 uattr);
int batch_update(const struct map_batch_attr *attr, u64 uattr);
int batch_delete(const struct map_batch_attr *attr, u64 uattr);

#endif
