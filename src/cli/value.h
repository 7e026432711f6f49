/* SPDX-License-Identifier: BSD-2-Clause */
/* Values in memory, shown by their BTF type (cli/shape.h), as text or as JSON. */
#ifndef FS_CLI_VALUE_H
#define FS_CLI_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/shape.h"

struct json;
struct symbols;

struct value {
	const struct btf *btf;
	struct symbols *symbols;
};

/* On one line, or, where that is too long or has a histogram, on several. @name goes before it. Each
 * line begins with @indent blanks and ends with a newline. @type 0: the bytes. */
void value_print(const struct value *v, const char *name, uint32_t type, struct bytes data,
		 int indent, FILE *f);
/* On one line without its end; a struct of one member is shown as that member. */
void value_print_key(const struct value *v, uint32_t type, struct bytes data, FILE *f);

/* A kernel symbol is a string, a time and a histogram are the numbers they are. */
void value_print_json(const struct value *v, uint32_t type, struct bytes data, struct json *j);

/* Does it make sense to add values of the type: is it integers only? */
bool value_can_add(const struct value *v, uint32_t type);
/* @sum += @data, integer by integer. @sum has the type's size. */
void value_add(const struct value *v, uint32_t type, unsigned char *sum, struct bytes data);

#endif
