/* SPDX-License-Identifier: BSD-2-Clause */
/* What bpf(2) tells about objects, and the ways to them other than an fd: ids and pins. */
#ifndef FS_SYSCALL_INFO_H
#define FS_SYSCALL_INFO_H

#include "syscall/attr.h"
#include "syscall/obj.h"

int info_by_fd(const struct info_attr *attr, u64 uattr);
int info_next_id(const struct id_attr *attr, u64 uattr, enum obj_kind kind);
int info_fd_by_id(const struct id_attr *attr, enum obj_kind kind);
int info_pin(const struct obj_attr *attr);
int info_get(const struct obj_attr *attr);

#endif
