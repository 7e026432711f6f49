/* SPDX-License-Identifier: BSD-2-Clause */
/* What bpf(2) tells about objects, and the ways to them other than an fd: ids and pins. */
#ifndef FS_SYSCALL_INFO_H
#define FS_SYSCALL_INFO_H

#include <stdio.h>

#include "syscall/attr.h"
#include "syscall/obj.h"
#include "syscall/link.h"

#define INFO_PIN_ROOT "/sys/fs/bpf"	/* a bpffs to the application, whatever is mounted there */

int info_by_fd(const struct info_attr *attr, u64 uattr);
int info_next_id(const struct id_attr *attr, u64 uattr, enum obj_kind kind);
int info_fd_by_id(const struct id_attr *attr, enum obj_kind kind);
int info_pin(const struct obj_attr *attr);
int info_get(const struct obj_attr *attr);

/*
 * Fills in @info, which says where the caller has room and for how many.
 * Return: 0, -EINVAL (sizes of records), -EFAULT, -ENOMEM
 */
int proginfo_fill(const struct prog *p, struct bpf_prog_info *info);
/* Its counters alone. */
void proginfo_counts(const struct prog *p, struct bpf_prog_info *info);

void info_map_get(const struct map *map, struct bpf_map_info *ret);
void info_link_get(const struct link *link, struct link_info *ret);

/* What /proc/PID/fdinfo says of an fd of @o beyond what it says of all. */
void fdinfo_print(FILE *to, struct obj *o);

#endif
