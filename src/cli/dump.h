/* SPDX-License-Identifier: BSD-2-Clause */
/* --dump: the global variables and the maps of an object. */
#ifndef FS_CLI_DUMP_H
#define FS_CLI_DUMP_H

struct bpf_object;
struct json;
struct symbols;

/* Prints them to stdout, as text or, with @json, one record each. What cannot be read is told, and
 * the last such error returned. @symbols name its addresses. */
int dump_print(struct bpf_object *obj, struct symbols *symbols, struct json *json);

#endif
