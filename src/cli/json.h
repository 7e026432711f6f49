/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes JSON, one document per line. */
#ifndef FS_CLI_JSON_H
#define FS_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *f;
	int depth;
	bool comma;	/* the next value or key needs one before it */
};

void json_init(struct json *j, FILE *f);

/* '{' or '['; the outermost json_close() ends the line. */
void json_open(struct json *j, char bracket);
void json_close(struct json *j, char bracket);
void json_key(struct json *j, const char *key);

void json_str(struct json *j, const char *s);
/* Bytes that are not valid UTF-8 become U+FFFD. */
void json_strn(struct json *j, const char *s, size_t len);
void json_u64(struct json *j, uint64_t v);
void json_s64(struct json *j, int64_t v);
void json_bool(struct json *j, bool v);
void json_double(struct json *j, double v);	/* null if not finite */
void json_null(struct json *j);

/* Begins a line: {"type":@type */
void json_record(struct json *j, const char *type);
void json_key_str(struct json *j, const char *key, const char *s);	/* null if @s is NULL */
void json_key_u64(struct json *j, const char *key, uint64_t v);

#endif
