/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of a verb: a table says what there is, one parser reads it, and the help texts, the
 * manual pages and the completion are printed from it.
 */
#ifndef FS_CLI_OPT_H
#define FS_CLI_OPT_H

#include <stddef.h>
#include <stdint.h>

enum opt_type {
	OPT_FLAG,	/* bool */
	OPT_COUNT,	/* int: how often it was given */
	OPT_TEXT,	/* const char *: the last value given */
	OPT_LIST,	/* struct opt_list: every value given */
	OPT_CHOICE,	/* int: index of the value in @arg, which lists them: "a|b|c" */
	OPT_TIME,	/* uint64_t ns, > 0: "500ms", "5s", "2m" */
};

struct opt {
	const char *name;	/* without "--" */
	char letter;		/* 0 = has none */
	enum opt_type type;
	size_t off;		/* of the value in the verb's options struct */
	const char *arg;	/* what help calls the value; NULL for FLAG and COUNT */
	const char *help;	/* a sentence without its full stop; "\n" separates paragraphs */
};

struct opt_list {
	const char **v;	/* borrowed strings in an array of opt_parse()'s */
	size_t n;
};

/* What is not an option. */
struct opt_rest {
	char **args;	/* operands, NULL-terminated */
	size_t nr_args;
	char **cmd;	/* what follows "--", NULL-terminated; NULL if there was none */
};

/**
 * opt_parse() - read a command line
 * @opts: ends with a NULL name
 * @argv: NULL-terminated, without the verb; operands are moved to its front
 * @dst:  the struct which @opts' offsets are of; options that are not given stay untouched
 *
 * --name, --name=value, --name value, -n, -nvalue, -n value; "--" ends options.
 * Return: 0, or -EINVAL or -ENOMEM, with the message printed.
 */
int opt_parse(const struct opt *opts, char **argv, void *dst, struct opt_rest *rest);

/* Frees the arrays of OPT_LIST values. */
void opt_done(const struct opt *opts, void *dst);

/* "1.5s", "250ms", "10us", "2m", "1h"; a bare number is seconds. 0, or -EINVAL (not printed). */
int opt_time(const char *s, uint64_t *ret);

#endif
