/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void json_init(struct json *j, FILE *f)
{
	*j = (struct json){ .f = f };
}

static void begin_value(struct json *j)
{
	if (j->comma)
		fputc(',', j->f);
	j->comma = true;
}

void json_open(struct json *j, char bracket)
{
	begin_value(j);
	fputc(bracket, j->f);
	j->comma = false;
	j->depth++;
}

void json_close(struct json *j, char bracket)
{
	fputc(bracket, j->f);
	j->comma = true;
	if (--j->depth)
		return;
	fputc('\n', j->f);
	j->comma = false;
}

/* Length of the UTF-8 sequence at @s, of at most @len bytes; 0 if it is not one. */
static size_t utf8_len(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char lo, hi, lo2, hi2;	/* first and second byte */
		size_t n;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s[0] < forms[i].lo || s[0] > forms[i].hi)
			continue;
		if (len < forms[i].n || s[1] < forms[i].lo2 || s[1] > forms[i].hi2)
			return 0;
		for (size_t k = 2; k < forms[i].n; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].n;
	}
	return 0;
}

static void put_string(FILE *f, const char *str, size_t len)
{
	const unsigned char *s = (const void *)str;

	fputc('"', f);
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		n = utf8_len(s + i, len - i);
		if (!n)
			fputs("\\ufffd", f);
		else if (s[i] == '"' || s[i] == '\\')
			fprintf(f, "\\%c", s[i]);
		else if (s[i] < 0x20 || s[i] == 0x7f)
			fprintf(f, "\\u%04x", s[i]);
		else
			fwrite(s + i, 1, n, f);
	}
	fputc('"', f);
}

void json_key(struct json *j, const char *key)
{
	begin_value(j);
	put_string(j->f, key, strlen(key));
	fputc(':', j->f);
	j->comma = false;
}

void json_strn(struct json *j, const char *s, size_t len)
{
	begin_value(j);
	put_string(j->f, s, len);
}

void json_str(struct json *j, const char *s)
{
	json_strn(j, s, strlen(s));
}

void json_u64(struct json *j, uint64_t v)
{
	begin_value(j);
	fprintf(j->f, "%" PRIu64, v);
}

void json_s64(struct json *j, int64_t v)
{
	begin_value(j);
	fprintf(j->f, "%" PRId64, v);
}

void json_bool(struct json *j, bool v)
{
	begin_value(j);
	fputs(v ? "true" : "false", j->f);
}

void json_double(struct json *j, double v)
{
	begin_value(j);
	if (isfinite(v))
		fprintf(j->f, "%.17g", v);
	else
		fputs("null", j->f);
}

void json_null(struct json *j)
{
	begin_value(j);
	fputs("null", j->f);
}

void json_record(struct json *j, const char *type)
{
	json_open(j, '{');
	json_key_str(j, "type", type);
}

void json_key_str(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	if (s)
		json_str(j, s);
	else
		json_null(j);
}

void json_key_u64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}
