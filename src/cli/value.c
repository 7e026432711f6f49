/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "cli/json.h"
#include "cli/symbols.h"

#define DEPTH_MAX 32	/* types nested deeper are shown as "?" */
#define LINE_WIDTH 96
#define BAR_WIDTH 40
#define INDENT 2

static void print_ns(uint64_t ns, FILE *f)
{
	static const struct {
		uint64_t ns;
		const char *unit;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double x = (double)ns / units[i].ns;

		if (ns < units[i].ns)
			continue;
		fprintf(f, "%.*f%s", x < 9.995 ? 2 : x < 99.95 ? 1 : 0, x, units[i].unit);
		return;
	}
	fprintf(f, "%" PRIu64 "ns", ns);
}

static void print_hex(struct bytes data, FILE *f)
{
	for (size_t i = 0; i < data.size; i++)
		fprintf(f, "%02x", data.p[i]);
}

static void print_string(struct bytes data, int len, FILE *f)
{
	static const char from[] = "\t\n\r\"\\", to[] = "tnr\"\\";

	fputc('"', f);
	for (int i = 0; i < len; i++) {
		const char *special = strchr(from, data.p[i]);

		if (special)
			fprintf(f, "\\%c", to[special - from]);
		else
			fputc(data.p[i], f);
	}
	fputc('"', f);
}

static void print_scalar(const struct value *v, const struct scalar *s, FILE *f)
{
	switch (s->kind) {
	case SCALAR_MISSING:	fputs("?", f); break;
	case SCALAR_UNSIGNED:	fprintf(f, "%" PRIu64, s->x); break;
	case SCALAR_SIGNED:	fprintf(f, "%" PRId64, (int64_t)s->x); break;
	case SCALAR_BOOL:	fputs(s->x ? "true" : "false", f); break;
	case SCALAR_NAME:	fputs(s->name, f); break;
	case SCALAR_HEX:	fprintf(f, "0x%" PRIx64, s->x); break;
	case SCALAR_WIDE:	print_hex(s->data, f); break;
	case SCALAR_REAL:	fprintf(f, "%g", s->real); break;
	case SCALAR_KSYM:	symbols_print(v->symbols, s->x, f); break;
	case SCALAR_NS:		print_ns(s->x, f); break;
	}
}

static bool is_zero(struct bytes data)
{
	for (size_t i = 0; i < data.size; i++)
		if (data.p[i])
			return false;
	return true;
}

/* How many elements remain without the zeroes at the end. */
static uint32_t used_elements(const struct value *v, const struct shape *s, struct bytes data)
{
	uint32_t n = shape_nr_elements(s);

	while (n && is_zero(shape_element(v->btf, s, data, n - 1)))
		n--;
	return n;
}

static void print_inline(const struct value *v, uint32_t type, struct bytes data, FILE *f,
			 int depth);

static void print_member(const struct value *v, const struct member *m, FILE *f, int depth)
{
	struct shape s = shape_of(v->btf, m->type);
	struct scalar x;

	if (!m->bits) {
		print_inline(v, m->type, m->data, f, depth);
		return;
	}
	x = shape_scalar(v->btf, &s, m->data, m->bit_off, m->bits);
	print_scalar(v, &x, f);
}

static void print_struct(const struct value *v, const struct shape *s, struct bytes data, FILE *f,
			 int depth)
{
	fputc('{', f);
	for (uint32_t i = 0; i < shape_nr_members(s); i++) {
		struct member m = shape_member(v->btf, s, data, i);

		fputs(i ? ", " : "", f);
		if (m.name[0])
			fprintf(f, ".%s = ", m.name);
		print_member(v, &m, f, depth);
	}
	fputc('}', f);
}

static void print_array(const struct value *v, const struct shape *s, struct bytes data, FILE *f,
			int depth)
{
	uint32_t n = used_elements(v, s, data);

	fputc('[', f);
	for (uint32_t i = 0; i < n; i++) {
		fputs(i ? ", " : "", f);
		print_inline(v, shape_element_type(s), shape_element(v->btf, s, data, i), f, depth);
	}
	if (n < shape_nr_elements(s))
		fprintf(f, "%s%u x 0", n ? ", " : "", shape_nr_elements(s) - n);
	fputc(']', f);
}

static void print_inline(const struct value *v, uint32_t type, struct bytes data, FILE *f,
			 int depth)
{
	struct shape s = shape_of(v->btf, type);
	struct scalar x;
	int len;

	if (s.kind == SHAPE_NONE || !data.p || depth > DEPTH_MAX) {
		fputs("?", f);
	} else if (s.kind == SHAPE_STRUCT) {
		print_struct(v, &s, data, f, depth + 1);
	} else if (s.kind == SHAPE_STRING && (len = shape_string_len(data)) >= 0) {
		print_string(data, len, f);
	} else if (s.kind != SHAPE_SCALAR) {
		print_array(v, &s, data, f, depth + 1);
	} else {
		x = shape_scalar(v->btf, &s, data, 0, 0);
		print_scalar(v, &x, f);
	}
}

void value_print_key(const struct value *v, uint32_t type, struct bytes data, FILE *f)
{
	struct shape s = shape_of(v->btf, type);
	struct member m;

	if (s.kind == SHAPE_STRUCT && shape_nr_members(&s) == 1) {
		m = shape_member(v->btf, &s, data, 0);
		print_member(v, &m, f, 0);
	} else if (type) {
		print_inline(v, type, data, f, 0);
	} else {
		print_hex(data, f);
	}
}

/* Is there a histogram in it, which takes lines of its own? */
static bool has_hist(const struct value *v, uint32_t type, int depth)
{
	struct shape s = shape_of(v->btf, type);
	struct bytes none = { NULL, 0 };

	if (s.kind == SHAPE_ARRAY && depth < DEPTH_MAX)
		return has_hist(v, shape_element_type(&s), depth + 1);
	if (s.kind != SHAPE_STRUCT || depth >= DEPTH_MAX)
		return s.kind == SHAPE_HIST;
	for (uint32_t i = 0; i < shape_nr_members(&s); i++)
		if (has_hist(v, shape_member(v->btf, &s, none, i).type, depth + 1))
			return true;
	return false;
}

/* One line, if it fits. */
static bool print_short(const struct value *v, const char *name, uint32_t type, struct bytes data,
			int indent, FILE *f)
{
	char *text = NULL;
	size_t size = 0;
	FILE *mem;
	bool fits;

	if (has_hist(v, type, 0))
		return false;
	mem = open_memstream(&text, &size);
	if (!mem)
		return false;
	if (type)
		print_inline(v, type, data, mem, 0);
	else
		print_hex(data, mem);
	fclose(mem);
	fits = indent + strlen(name) + size + 3 <= LINE_WIDTH ||
	       !type || shape_of(v->btf, type).kind == SHAPE_SCALAR;
	if (fits && text)
		fprintf(f, "%*s%s%s%s\n", indent, "", name, *name ? " = " : "", text);
	free(text);
	return fits;
}

static void print_bound(int log2, enum shape_unit unit, FILE *f)
{
	uint64_t x = log2 < 64 ? 1ull << log2 : UINT64_MAX;

	if (unit == UNIT_NS)
		print_ns(x, f);
	else
		fprintf(f, "%" PRIu64, x);
}

static int print_range(int i, enum shape_unit unit, FILE *f)
{
	char *text = NULL;
	size_t size = 0;
	FILE *mem = open_memstream(&text, &size);

	if (!mem)
		return 0;
	if (i)
		print_bound(i, unit, mem);
	else
		fputc('0', mem);
	fputs(" .. ", mem);
	print_bound(i + 1, unit, mem);
	fclose(mem);
	fprintf(f, "%22s", text);
	free(text);
	return size;
}

static uint64_t hist_count(const struct value *v, const struct shape *s, struct bytes data,
			   uint32_t i)
{
	struct shape of = shape_of(v->btf, shape_element_type(s));

	return shape_scalar(v->btf, &of, shape_element(v->btf, s, data, i), 0, 0).x;
}

static void print_hist(const struct value *v, const struct shape *s, struct bytes data, int indent,
		       FILE *f)
{
	uint32_t end = used_elements(v, s, data), i = 0;
	uint64_t max = 1, n;

	for (uint32_t k = 0; k < end; k++) {
		n = hist_count(v, s, data, k);
		max = n > max ? n : max;
	}
	while (i < end && !hist_count(v, s, data, i))
		i++;
	for (; i < end; i++) {
		n = hist_count(v, s, data, i);
		fprintf(f, "%*s", indent, "");
		print_range(i, s->unit, f);
		fprintf(f, " %10" PRIu64 " |", n);
		for (int k = 0; k < BAR_WIDTH; k++)
			fputc(k < (double)n / max * BAR_WIDTH ? '#' : ' ', f);
		fputs("|\n", f);
	}
}

static void print_lines(const struct value *v, const struct shape *s, struct bytes data,
			int indent, FILE *f)
{
	char name[32];

	if (s->kind == SHAPE_HIST) {
		print_hist(v, s, data, indent, f);
		return;
	}
	if (s->kind == SHAPE_STRUCT) {
		for (uint32_t i = 0; i < shape_nr_members(s); i++) {
			struct member m = shape_member(v->btf, s, data, i);

			if (m.bits) {
				fprintf(f, "%*s%s = ", indent, "", m.name);
				print_member(v, &m, f, 0);
				fputc('\n', f);
			} else {
				value_print(v, m.name, m.type, m.data, indent, f);
			}
		}
		return;
	}
	for (uint32_t i = 0; i < used_elements(v, s, data); i++) {
		snprintf(name, sizeof(name), "[%u]", i);
		value_print(v, name, shape_element_type(s), shape_element(v->btf, s, data, i),
			    indent, f);
	}
}

void value_print(const struct value *v, const char *name, uint32_t type, struct bytes data,
		 int indent, FILE *f)
{
	struct shape s;

	if (print_short(v, name, type, data, indent, f))
		return;
	s = shape_of(v->btf, type);
	if (*name)
		fprintf(f, "%*s%s\n", indent, "", name);
	indent += *name ? INDENT : 0;
	if (s.kind != SHAPE_STRING) {
		print_lines(v, &s, data, indent, f);
		return;
	}
	fprintf(f, "%*s", indent, "");	/* one that is long, or no text */
	print_inline(v, type, data, f, 0);
	fputc('\n', f);
}

static void json_text(const struct value *v, const struct scalar *s, struct json *j)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (f) {
		print_scalar(v, s, f);
		fclose(f);
	}
	json_str(j, text ? text : "");
	free(text);
}

static void json_scalar(const struct value *v, const struct scalar *s, struct json *j)
{
	switch (s->kind) {
	case SCALAR_MISSING:	json_null(j); break;
	case SCALAR_NS:
	case SCALAR_UNSIGNED:	json_u64(j, s->x); break;
	case SCALAR_SIGNED:	json_s64(j, (int64_t)s->x); break;
	case SCALAR_BOOL:	json_bool(j, s->x); break;
	case SCALAR_REAL:	json_double(j, s->real); break;
	case SCALAR_NAME:
	case SCALAR_HEX:
	case SCALAR_WIDE:
	case SCALAR_KSYM:	json_text(v, s, j); break;
	}
}

static void json_value(const struct value *v, uint32_t type, struct bytes data, struct json *j,
		       int depth);

static void json_members(const struct value *v, const struct shape *s, struct bytes data,
			 struct json *j, int depth)
{
	for (uint32_t i = 0; i < shape_nr_members(s); i++) {
		struct member m = shape_member(v->btf, s, data, i);
		struct shape ms = shape_of(v->btf, m.type);
		struct scalar x;

		if (!m.name[0] && ms.kind == SHAPE_STRUCT && depth < DEPTH_MAX) {
			json_members(v, &ms, m.data, j, depth + 1);	/* as C sees it */
			continue;
		}
		if (!m.name[0])
			continue;	/* padding */
		json_key(j, m.name);
		if (!m.bits) {
			json_value(v, m.type, m.data, j, depth + 1);
			continue;
		}
		x = shape_scalar(v->btf, &ms, m.data, m.bit_off, m.bits);
		json_scalar(v, &x, j);
	}
}

static void json_value(const struct value *v, uint32_t type, struct bytes data, struct json *j,
		       int depth)
{
	struct shape s = shape_of(v->btf, type);
	struct scalar x;
	int len;

	if (s.kind == SHAPE_NONE || !data.p || depth > DEPTH_MAX) {
		json_null(j);
	} else if (s.kind == SHAPE_STRUCT) {
		json_open(j, '{');
		json_members(v, &s, data, j, depth);
		json_close(j, '}');
	} else if (s.kind == SHAPE_STRING && (len = shape_string_len(data)) >= 0) {
		json_strn(j, (const char *)data.p, len);
	} else if (s.kind != SHAPE_SCALAR) {
		json_open(j, '[');
		for (uint32_t i = 0; i < shape_nr_elements(&s); i++)
			json_value(v, shape_element_type(&s), shape_element(v->btf, &s, data, i), j,
				   depth + 1);
		json_close(j, ']');
	} else {
		x = shape_scalar(v->btf, &s, data, 0, 0);
		json_scalar(v, &x, j);
	}
}

void value_print_json(const struct value *v, uint32_t type, struct bytes data, struct json *j)
{
	struct scalar bytes = { .kind = SCALAR_WIDE, .data = data };

	if (type)
		json_value(v, type, data, j, 0);
	else
		json_scalar(v, &bytes, j);
}

static bool can_add(const struct value *v, uint32_t type, int depth)
{
	struct shape s = shape_of(v->btf, type);
	struct bytes none = { NULL, 0 };

	if (depth > DEPTH_MAX)
		return false;
	if (s.kind == SHAPE_SCALAR)
		return s.unit != UNIT_KSYM && btf_is_int(s.t) && s.size <= 8 &&
		       !(btf_int_encoding(s.t) & BTF_INT_BOOL);
	if (s.kind == SHAPE_ARRAY || s.kind == SHAPE_HIST)
		return can_add(v, shape_element_type(&s), depth + 1);
	if (s.kind != SHAPE_STRUCT || btf_is_union(s.t))
		return false;
	for (uint32_t i = 0; i < shape_nr_members(&s); i++) {
		struct member m = shape_member(v->btf, &s, none, i);

		if (m.bits || !can_add(v, m.type, depth + 1))
			return false;
	}
	return true;
}

bool value_can_add(const struct value *v, uint32_t type)
{
	return type && can_add(v, type, 0);
}

void value_add(const struct value *v, uint32_t type, unsigned char *sum, struct bytes data)
{
	struct shape s = shape_of(v->btf, type);
	uint64_t x = 0, y = 0;

	if (!data.p || s.size > data.size)
		return;
	if (s.kind == SHAPE_SCALAR) {
		memcpy(&x, sum, s.size);
		memcpy(&y, data.p, s.size);
		x += y;
		memcpy(sum, &x, s.size);
	} else if (s.kind == SHAPE_STRUCT) {
		for (uint32_t i = 0; i < shape_nr_members(&s); i++) {
			struct member m = shape_member(v->btf, &s, data, i);

			if (m.data.p)
				value_add(v, m.type, sum + (m.data.p - data.p), m.data);
		}
	} else if (s.kind != SHAPE_NONE) {
		for (uint32_t i = 0; i < shape_nr_elements(&s); i++) {
			struct bytes e = shape_element(v->btf, &s, data, i);

			if (e.p)
				value_add(v, shape_element_type(&s), sum + (e.p - data.p), e);
		}
	}
}
