/* SPDX-License-Identifier: BSD-2-Clause */
/* The verifier between PROG_LOAD and the code generator. */
#ifndef FS_SYSCALL_VERIFY_H
#define FS_SYSCALL_VERIFY_H

#include "syscall/log.h"

struct prog;

/*
 * Proves @p, whose maps are resolved and whose target is known. What no path reaches becomes exits in p->xlated,
 * so that calls there need not exist; p->insn_flags are for the code generator.
 * Return: as verify()
 */
int prog_verify(struct prog *p, struct blog *log);

#endif
