/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/opt.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"
#include "util/nearest.h"

int opt_time(const char *s, uint64_t *ret)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
		      { "", 1e9 }, { "m", 60e9 }, { "h", 3600e9 } };
	const char *end = s + strspn(s, "0123456789.");	/* strtod() also takes signs, "inf", hex */
	char *parsed;
	double v = strtod(s, &parsed);

	if (end == s || parsed != end)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		v *= units[i].ns;
		if (!isfinite(v) || v < 1 || v > (double)INT64_MAX / 2)
			return -EINVAL;
		*ret = v;
		return 0;
	}
	return -EINVAL;
}

static int choice_index(const char *choices, const char *value)
{
	size_t len = strlen(value), n;

	for (int i = 0;; i++) {
		n = strcspn(choices, "|");
		if (n == len && !strncmp(choices, value, n))
			return i;
		if (!choices[n])
			return -1;
		choices += n + 1;
	}
}

static int list_add(struct opt_list *l, const char *value)
{
	const char **v = realloc(l->v, (l->n + 1) * sizeof(*v));

	if (!v)
		return fail(-ENOMEM, "out of memory");
	v[l->n++] = value;
	l->v = v;
	return 0;
}

static int store(const struct opt *o, const char *value, void *dst)
{
	void *p = (char *)dst + o->off;
	int i;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)p = 1;
		return 0;
	case OPT_COUNT:
		++*(int *)p;
		return 0;
	case OPT_TEXT:
		*(const char **)p = value;
		return *value ? 0 : fail(-EINVAL, "--%s: empty value", o->name);
	case OPT_LIST:
		return *value ? list_add(p, value) : fail(-EINVAL, "--%s: empty value", o->name);
	case OPT_CHOICE:
		i = choice_index(o->arg, value);
		if (i < 0)
			return fail(-EINVAL, "--%s: '%s' is none of %s", o->name, value, o->arg);
		*(int *)p = i;
		return 0;
	case OPT_TIME:
		if (!opt_time(value, p))
			return 0;
		return fail_hint(-EINVAL, "write 500ms, 5s or 2m", "--%s: '%s' is not a time",
				 o->name, value);
	}
	return -EINVAL;
}

static int fail_unknown(const struct opt *opts, const char *name)
{
	char hint[256] = "did you mean ";
	struct nearest near;

	nearest_init(&near, name);
	for (const struct opt *o = opts; o->name; o++)
		nearest_offer(&near, "--", o->name);
	nearest_format(&near, hint + strlen(hint), sizeof(hint) - strlen(hint) - 1);
	strcat(hint, "?");
	return fail_hint(-EINVAL, near.nr ? hint : NULL, "unknown option '--%s'", name);
}

/* argv[*i] is "--name" or "--name=value". */
static int parse_long(const struct opt *opts, char **argv, size_t *i, void *dst)
{
	char *name = argv[*i] + 2, *value = strchr(name, '=');
	const struct opt *o = opts;

	if (value)
		*value++ = '\0';
	while (o->name && strcmp(o->name, name))
		o++;
	if (!o->name)
		return fail_unknown(opts, name);
	if (!o->arg && value)
		return fail(-EINVAL, "--%s takes no value", name);
	if (o->arg && !value)
		value = argv[++*i];
	if (o->arg && !value)
		return fail(-EINVAL, "--%s needs a value: %s", name, o->arg);
	return store(o, value, dst);
}

/* argv[*i] is "-abc", or "-nvalue". */
static int parse_letters(const struct opt *opts, char **argv, size_t *i, void *dst)
{
	const struct opt *o;
	const char *value;
	int err = 0;

	for (char *s = argv[*i] + 1; *s && !err; s++) {
		for (o = opts; o->name && o->letter != *s; o++)
			;
		if (!o->name)
			return fail(-EINVAL, "unknown option '-%c'", *s);
		if (!o->arg) {
			err = store(o, NULL, dst);
			continue;
		}
		value = s[1] ? s + 1 : argv[++*i];
		if (!value)
			return fail(-EINVAL, "-%c needs a value: %s", *s, o->arg);
		return store(o, value, dst);
	}
	return err;
}

int opt_parse(const struct opt *opts, char **argv, void *dst, struct opt_rest *rest)
{
	int err = 0;

	rest->args = argv;
	rest->nr_args = 0;
	rest->cmd = NULL;
	for (size_t i = 0; argv[i] && !err; i++) {
		if (!strcmp(argv[i], "--")) {
			rest->cmd = &argv[i + 1];
			break;
		}
		if (!strncmp(argv[i], "--", 2))
			err = parse_long(opts, argv, &i, dst);
		else if (argv[i][0] == '-' && argv[i][1])
			err = parse_letters(opts, argv, &i, dst);
		else
			argv[rest->nr_args++] = argv[i];
		if (!argv[i])
			break;
	}
	if (!err)
		argv[rest->nr_args] = NULL;
	return err;
}

void opt_done(const struct opt *opts, void *dst)
{
	for (const struct opt *o = opts; o->name; o++) {
		struct opt_list *l = (void *)((char *)dst + o->off);

		if (o->type == OPT_LIST) {
			free(l->v);
			*l = (struct opt_list){ 0 };
		}
	}
}
