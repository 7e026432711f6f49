/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/dump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "cli/json.h"
#include "cli/symbols.h"
#include "cli/value.h"
#include "util/log.h"

#define INDENT 2

struct dump {
	struct value v;
	struct json *json;	/* NULL = text */
};

struct entry {
	char *name;
	unsigned char *values;
};

/* One map being shown. */
struct shown {
	const struct dump *d;
	const struct bpf_map *map;
	uint32_t key_type;		/* 0 = not known */
	uint32_t value_type;
	bool is_array;
	int nr_cpus;			/* 0 = not a per-CPU map */
	bool sum;			/* per CPU, as text: one value, the sum */
	size_t stride_bytes;		/* per CPU: from one CPU's value to the next one's */
	unsigned char *key, *next_key;
	unsigned char *value;		/* of all CPUs */
	unsigned char *total;
	struct entry *entries;		/* text: all of them */
	size_t nr_entries;
};

static const struct {
	enum bpf_map_type type;
	bool is_array, per_cpu;
} kinds[] = {
	{ BPF_MAP_TYPE_HASH, false, false },
	{ BPF_MAP_TYPE_LRU_HASH, false, false },
	{ BPF_MAP_TYPE_LPM_TRIE, false, false },
	{ BPF_MAP_TYPE_ARRAY, true, false },
	{ BPF_MAP_TYPE_PERCPU_HASH, false, true },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, false, true },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, true, true },
};

static int kind_of(const struct bpf_map *map)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == bpf_map__type(map))
			return i;
	return -1;
}

/* The type's number if it is as large as the map says, else 0. */
static uint32_t checked_type(const struct btf *btf, uint32_t type, size_t size)
{
	int64_t have = btf && type ? btf__resolve_size(btf, type) : -1;

	return have >= 0 && (size_t)have == size ? type : 0;
}

static void shown_done(struct shown *s)
{
	free(s->key);
	free(s->next_key);
	free(s->value);
	free(s->total);
	for (size_t i = 0; i < s->nr_entries; i++) {
		free(s->entries[i].name);
		free(s->entries[i].values);
	}
	free(s->entries);
}

static int shown_init(struct shown *s, const struct dump *d, const struct bpf_map *map)
{
	int kind = kind_of(map);
	size_t key_size = bpf_map__key_size(map), value_size = bpf_map__value_size(map);

	*s = (struct shown){ .d = d, .map = map, .is_array = kinds[kind].is_array };
	s->key_type = checked_type(d->v.btf, bpf_map__btf_key_type_id(map), key_size);
	s->value_type = checked_type(d->v.btf, bpf_map__btf_value_type_id(map), value_size);
	s->nr_cpus = kinds[kind].per_cpu ? libbpf_num_possible_cpus() : 0;
	if (s->nr_cpus < 0)
		return s->nr_cpus;
	s->sum = s->nr_cpus && !d->json && value_can_add(&d->v, s->value_type);
	s->stride_bytes = s->nr_cpus ? (value_size + 7) / 8 * 8 : value_size;
	s->key = calloc(1, key_size);
	s->next_key = calloc(1, key_size);
	s->value = calloc(s->nr_cpus ? s->nr_cpus : 1, s->stride_bytes);
	s->total = calloc(1, value_size);
	return s->key && s->next_key && s->value && s->total ? 0 : -ENOMEM;
}

static struct bytes value_of(const struct shown *s, int cpu)
{
	return (struct bytes){ s->value + cpu * s->stride_bytes, bpf_map__value_size(s->map) };
}

static struct bytes key_of(const struct shown *s)
{
	return (struct bytes){ s->key, bpf_map__key_size(s->map) };
}

static void print_key(const struct shown *s, struct json *j)
{
	json_key(j, "key");
	if (s->is_array)	/* whatever its type is called, it is an index */
		json_u64(j, *(uint32_t *)s->key);
	else
		value_print_json(&s->d->v, s->key_type, key_of(s), j);
}

static void print_entry_json(const struct shown *s, struct json *j)
{
	json_open(j, '{');
	print_key(s, j);
	json_key(j, s->nr_cpus ? "values" : "value");
	if (s->nr_cpus)
		json_open(j, '[');
	for (int cpu = 0; cpu < (s->nr_cpus ? s->nr_cpus : 1); cpu++)
		value_print_json(&s->d->v, s->value_type, value_of(s, cpu), j);
	if (s->nr_cpus)
		json_close(j, ']');
	json_close(j, '}');
}

static bool is_zero(const struct shown *s)
{
	size_t n = s->stride_bytes * (s->nr_cpus ? s->nr_cpus : 1);

	return !s->value[0] && !memcmp(s->value, s->value + 1, n - 1);
}

static char *key_text(const struct shown *s)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	if (!s->key_type && s->is_array)
		fprintf(f, "%u", *(uint32_t *)s->key);
	else
		value_print_key(&s->d->v, s->key_type, key_of(s), f);
	fclose(f);
	return text;
}

/* @name is the key, @values what shown.value held. */
static void print_entry_text(const struct shown *s, const char *name, const unsigned char *values)
{
	const struct value *v = &s->d->v;
	size_t size = bpf_map__value_size(s->map);
	char cpu_name[32];

	if (s->sum) {
		memset(s->total, 0, size);
		for (int cpu = 0; cpu < s->nr_cpus; cpu++)
			value_add(v, s->value_type, s->total,
				  (struct bytes){ values + cpu * s->stride_bytes, size });
		values = s->total;
	}
	if (s->sum || !s->nr_cpus) {
		value_print(v, name, s->value_type, (struct bytes){ values, size }, INDENT, stdout);
		return;
	}
	printf("%*s%s\n", INDENT, "", name);
	for (int cpu = 0; cpu < s->nr_cpus; cpu++) {
		snprintf(cpu_name, sizeof(cpu_name), "cpu %d", cpu);
		value_print(v, cpu_name, s->value_type,
			    (struct bytes){ values + cpu * s->stride_bytes, size }, 2 * INDENT,
			    stdout);
	}
}

/* Calls @fn for each entry that is still there when it is read. */
static int for_each_entry(struct shown *s, int (*fn)(struct shown *s))
{
	int fd = bpf_map__fd(s->map), err;
	const void *from = NULL;

	/* A key that vanishes meanwhile makes the kernel begin anew: never more than fit. */
	for (uint32_t n = 0; n < bpf_map__max_entries(s->map); n++) {
		if (bpf_map_get_next_key(fd, from, s->next_key))
			return errno == ENOENT ? 0 : -errno;
		memcpy(s->key, s->next_key, bpf_map__key_size(s->map));
		from = s->key;
		err = bpf_map_lookup_elem(fd, s->key, s->value);
		if (!err)
			err = fn(s);
		if (err && err != -ENOENT)
			return err;
	}
	return 0;
}

static int take_entry_json(struct shown *s)
{
	print_entry_json(s, s->d->json);
	return 0;
}

/* Text is sorted by key, so entries are kept until all are there. */
static int take_entry_text(struct shown *s)
{
	size_t bytes = s->stride_bytes * (s->nr_cpus ? s->nr_cpus : 1);
	struct entry *e;

	if (s->is_array && is_zero(s))
		return 0;
	if (!(s->nr_entries & (s->nr_entries - 1))) {	/* full at each power of two */
		e = realloc(s->entries, (s->nr_entries ? 2 * s->nr_entries : 1) * sizeof(*e));
		if (!e)
			return -ENOMEM;
		s->entries = e;
	}
	e = &s->entries[s->nr_entries];
	e->name = key_text(s);
	e->values = malloc(bytes + 1);
	s->nr_entries++;
	if (!e->name || !e->values)
		return -ENOMEM;
	memcpy(e->values, s->value, bytes);
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	return strverscmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int print_map_text(struct shown *s)
{
	int err = for_each_entry(s, take_entry_text);

	if (err)
		return err;
	printf("map %s (%s): %zu of %u entries%s", bpf_map__name(s->map),
	       libbpf_bpf_map_type_str(bpf_map__type(s->map)), s->nr_entries,
	       bpf_map__max_entries(s->map), s->is_array ? " are not zero" : "");
	if (s->sum)
		printf(", sums of %d CPUs", s->nr_cpus);
	putchar('\n');
	if (s->nr_entries)
		qsort(s->entries, s->nr_entries, sizeof(*s->entries), compare_entries);
	for (size_t i = 0; i < s->nr_entries; i++)
		print_entry_text(s, s->entries[i].name, s->entries[i].values);
	return 0;
}

static int print_map_json(struct shown *s, struct json *j)
{
	int err;

	json_record(j, "map");
	json_key_str(j, "name", bpf_map__name(s->map));
	json_key_str(j, "map_type", libbpf_bpf_map_type_str(bpf_map__type(s->map)));
	json_key_u64(j, "max_entries", bpf_map__max_entries(s->map));
	json_key(j, "entries");
	json_open(j, '[');
	err = for_each_entry(s, take_entry_json);
	json_close(j, ']');
	json_close(j, '}');
	return err;
}

static int print_map(const struct dump *d, const struct bpf_map *map)
{
	struct shown s;
	int err;

	if (kind_of(map) < 0) {
		if (!d->json)
			printf("map %s (%s): has no entries to show\n", bpf_map__name(map),
			       libbpf_bpf_map_type_str(bpf_map__type(map)));
		return 0;
	}
	err = shown_init(&s, d, map);
	if (!err)
		err = d->json ? print_map_json(&s, d->json) : print_map_text(&s);
	shown_done(&s);
	return err;
}

/* Format strings of bpf_printk() are variables too, by the letter. */
static bool is_format(const char *name)
{
	return strstr(name, "____fmt");
}

static void print_variable(const struct dump *d, const char *name, uint32_t type,
			   struct bytes data)
{
	if (is_format(name))
		return;
	if (d->json) {
		json_key(d->json, name);
		value_print_json(&d->v, type, data, d->json);
	} else {
		value_print(&d->v, name, type, data, INDENT, stdout);
	}
}

static void print_section(const struct dump *d, const struct btf_type *sec, struct bytes data)
{
	const struct btf_var_secinfo *var = btf_var_secinfos(sec);
	const struct btf *btf = d->v.btf;
	const char *name = btf__name_by_offset(btf, sec->name_off);
	bool first = true;

	if (d->json) {
		json_record(d->json, "globals");
		json_key_str(d->json, "section", name);
		json_key(d->json, "values");
		json_open(d->json, '{');
	}
	for (int i = 0; i < btf_vlen(sec); i++, var++) {
		const struct btf_type *t = btf__type_by_id(btf, var->type);
		const char *var_name = t ? btf__name_by_offset(btf, t->name_off) : "";

		if (!t || !btf_is_var(t) || is_format(var_name))
			continue;
		if (!d->json && first)
			printf("%s\n", name);
		first = false;
		print_variable(d, var_name, t->type, bytes_part(data, var->offset, var->size));
	}
	if (d->json) {
		json_close(d->json, '}');
		json_close(d->json, '}');
	}
}

/* .data, .bss, .rodata and the like: an array of one struct, whose type is the section. */
static int print_globals(const struct dump *d, const struct bpf_map *map)
{
	const struct btf_type *t = d->v.btf ?
		btf__type_by_id(d->v.btf, bpf_map__btf_value_type_id(map)) : NULL;
	struct bytes data = { NULL, bpf_map__value_size(map) };
	unsigned char *p;
	uint32_t zero = 0;
	int err;

	if (!t || !btf_is_datasec(t))
		return 0;	/* constants of no name */
	p = calloc(1, data.size);
	if (!p)
		return -ENOMEM;
	err = bpf_map_lookup_elem(bpf_map__fd(map), &zero, p);
	data.p = p;
	if (!err)
		print_section(d, t, data);
	free(p);
	return err;
}

int dump_print(struct bpf_object *obj, struct symbols *symbols, struct json *json)
{
	struct dump d = { { bpf_object__btf(obj), symbols }, json };
	struct bpf_map *map;
	int err, ret = 0;

	bpf_object__for_each_map(map, obj) {
		if (bpf_map__fd(map) < 0)
			continue;
		err = bpf_map__is_internal(map) ? print_globals(&d, map) : print_map(&d, map);
		if (err)
			ret = fail(err, "map '%s': cannot be read: %s", bpf_map__name(map),
				   log_errstr(err));
	}
	return ret;
}
