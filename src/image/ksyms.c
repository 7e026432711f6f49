/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/ksyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/kbtf.h"
#include "image/tracefs.h"
#include "util/slurp.h"
#include "util/strhash.h"

#define KALLSYMS "/proc/kallsyms"
#define TRACEABLE "available_filter_functions"
#define MAX_TEXT (256u << 20)

/* Reads one line, NUL-terminated; @no_module is an offset of "". */
typedef int (*read_line_fn)(struct ksyms *k, char *line, char *end, uint32_t no_module,
			    uint32_t *cap);

const char *ksyms_name(const struct ksyms *k, const struct ksym *s)
{
	return k->text + s->name;
}

const char *ksyms_module(const struct ksyms *k, const struct ksym *s)
{
	return k->text + s->module;
}

void ksyms_free(struct ksyms *k)
{
	if (!k)
		return;
	free(k->syms);
	free(k->hash);
	free(k->text);
	free(k);
}

static uint64_t hex(const char **p)
{
	uint64_t v = 0;

	for (;; (*p)++) {
		unsigned char c = **p, lower = c | 0x20;

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (lower >= 'a' && lower <= 'f')
			v = v << 4 | (lower - 'a' + 10);
		else
			return v;
	}
}

/* Code of the kernel's own? What is in "bpf" and the like was generated. */
static bool wanted(char type, const char *module)
{
	return strchr("tTwW", type) && strcmp(module, "bpf") &&
	       strncmp(module, "__builtin__", strlen("__builtin__"));
}

static int append(struct ksyms *k, uint32_t *cap, const struct ksym *s)
{
	if (k->nr == *cap) {
		uint32_t more = *cap ? *cap * 2 : 1 << 16;
		struct ksym *p = reallocarray(k->syms, more, sizeof(*p));

		if (!p)
			return -ENOMEM;
		k->syms = p;
		*cap = more;
	}
	k->syms[k->nr++] = *s;
	return 0;
}

static void note_init_text(struct ksyms *k, const char *name, uint64_t addr)
{
	if (name[0] != '_')
		return;
	if (!strcmp(name, "_sinittext"))
		k->init_start = addr;
	else if (!strcmp(name, "_einittext"))
		k->init_end = addr;
}

/* Cuts "[MODULE]" at @p out of the line and returns its offset. */
static uint32_t cut_module(const struct ksyms *k, char *p, char *end, uint32_t no_module)
{
	if (end - p < 3 || p[0] != '[' || end[-1] != ']')
		return no_module;
	end[-1] = '\0';
	return p + 1 - k->text;
}

/* "ADDR TYPE NAME[\t[MODULE]]"; lines of another form are passed over. */
static int kallsyms_line(struct ksyms *k, char *line, char *end, uint32_t no_module, uint32_t *cap)
{
	const char *p = line;
	struct ksym s = { .module = no_module };
	char *name, *tab;
	char type;

	s.addr = hex(&p);
	if (p == line || end - p < 4 || p[0] != ' ' || p[2] != ' ')
		return 0;
	type = p[1];
	name = line + (p + 3 - line);
	s.name = name - k->text;
	tab = memchr(name, '\t', end - name);
	if (tab) {
		*tab = '\0';
		s.module = cut_module(k, tab + 1, end, no_module);
	}
	note_init_text(k, name, s.addr);
	if (!wanted(type, k->text + s.module))
		return 0;
	if (s.addr)
		k->hidden = false;
	return append(k, cap, &s);
}

/* "NAME[ [MODULE]]" */
static int traceable_line(struct ksyms *k, char *line, char *end, uint32_t no_module, uint32_t *cap)
{
	struct ksym s = { .name = line - k->text, .module = no_module };
	char *blank = memchr(line, ' ', end - line);

	if (blank) {
		*blank = '\0';
		s.module = cut_module(k, blank + 1, end, no_module);
	}
	return *line ? append(k, cap, &s) : 0;
}

static int index_names(struct ksyms *k)
{
	uint32_t size = 64;

	while (size < 2 * k->nr)
		size *= 2;
	k->hash = calloc(size, sizeof(*k->hash));
	if (!k->hash)
		return -ENOMEM;
	k->hash_mask = size - 1;
	/* in the file's order, so that the first of equal names is met first */
	for (uint32_t i = 0; i < k->nr; i++) {
		uint32_t h = strhash(ksyms_name(k, &k->syms[i])) & k->hash_mask;

		while (k->hash[h])
			h = (h + 1) & k->hash_mask;
		k->hash[h] = i + 1;
	}
	return 0;
}

static int parse(char *text, read_line_fn line_fn, struct ksyms **ret)
{
	struct ksyms *k = calloc(1, sizeof(*k));
	size_t len = strlen(text);
	uint32_t cap = 0;
	int err = -ENOMEM;

	if (!k) {
		free(text);
		return err;
	}
	k->text = text;
	k->hidden = true;
	err = -EFBIG;
	if (len > MAX_TEXT)
		goto out;
	for (char *line = text, *end; *line; line = end) {
		char *eol = memchr(line, '\n', text + len - line);

		end = eol ? eol + 1 : text + len;
		if (!eol)
			eol = end;
		*eol = '\0';
		err = line_fn(k, line, eol, len, &cap);		/* text[len] is "" */
		if (err)
			goto out;
	}
	err = index_names(k);
	if (err)
		goto out;
	*ret = k;
	return 0;
out:
	ksyms_free(k);
	return err;
}

int ksyms_parse(char *text, struct ksyms **ret)
{
	return parse(text, kallsyms_line, ret);
}

int ksyms_parse_traceable(char *text, struct ksyms **ret)
{
	return parse(text, traceable_line, ret);
}

int ksyms_load(struct ksyms **ret)
{
	char *text;
	int err = slurp(KALLSYMS, MAX_TEXT, &text, NULL);

	return err ? err : ksyms_parse(text, ret);
}

/* "ADDR TYPE NAME", the line end cut off */
static bool is_line_of(const char *line, const char *name, uint64_t *addr)
{
	const char *p = line;
	uint64_t v = hex(&p);

	if (p == line || p[0] != ' ' || !p[1] || p[2] != ' ' || strcmp(p + 3, name) ||
	    !wanted(p[1], ""))
		return false;
	*addr = v;
	return true;
}

int ksyms_scan(const char *name, uint64_t *ret)
{
	FILE *f = fopen(KALLSYMS, "re");
	int err = f ? -ENOENT : -errno;
	size_t size = 0;
	char *line = NULL;
	ssize_t len;

	while (f && err && (len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (is_line_of(line, name, ret))
			err = 0;
	}
	free(line);
	if (f)
		fclose(f);
	return err;
}

int ksyms_load_traceable(struct ksyms **ret)
{
	/* where it is mounted, mostly; the user engine answers there, too */
	int fd = open("/sys/kernel/tracing/" TRACEABLE, O_RDONLY | O_CLOEXEC);
	char *text;
	int err;

	if (fd < 0)
		fd = tracefs_open(TRACEABLE, O_RDONLY);
	if (fd < 0)
		return fd;
	err = slurp_fd(fd, MAX_TEXT, &text, NULL);
	close(fd);
	return err ? err : ksyms_parse_traceable(text, ret);
}

static bool in_module(const struct ksyms *k, const struct ksym *s, const char *module)
{
	return !module || kbtf_module_name_eq(ksyms_module(k, s), module);
}

const struct ksym *ksyms_find(const struct ksyms *k, const char *module, const char *name)
{
	uint32_t h = strhash(name) & k->hash_mask;

	for (; k->hash[h]; h = (h + 1) & k->hash_mask) {
		const struct ksym *s = &k->syms[k->hash[h] - 1];

		if (!strcmp(ksyms_name(k, s), name) && in_module(k, s, module))
			return s;
	}
	return NULL;
}

uint32_t ksyms_count(const struct ksyms *k, const char *module, const char *name)
{
	uint32_t h = strhash(name) & k->hash_mask, n = 0;
	uint64_t first = 0;

	/* aliases at one address are one function; hidden addresses can't be told apart */
	for (; k->hash[h]; h = (h + 1) & k->hash_mask) {
		const struct ksym *s = &k->syms[k->hash[h] - 1];

		if (strcmp(ksyms_name(k, s), name) || !in_module(k, s, module))
			continue;
		if (!n)
			first = s->addr;
		else if (s->addr && s->addr == first)
			continue;
		n++;
	}
	return n;
}

const struct ksym *ksyms_variant(const struct ksyms *k, const char *module, const char *name)
{
	size_t len = strlen(name);
	const struct ksym *cold = NULL;

	for (uint32_t i = 0; i < k->nr; i++) {
		const char *n = ksyms_name(k, &k->syms[i]);

		if (strncmp(n, name, len) || n[len] != '.' || !in_module(k, &k->syms[i], module))
			continue;
		if (strcmp(n + len, ".cold"))
			return &k->syms[i];
		cold = &k->syms[i];
	}
	return cold;
}

bool ksyms_in_init(const struct ksyms *k, const struct ksym *s)
{
	return s->addr && s->addr >= k->init_start && s->addr < k->init_end;
}
