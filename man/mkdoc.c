/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fills templates from the tables of the command's verbs: mkdoc VERSION <TEMPLATE
 *
 *	@VERSION@		anywhere
 *	@OPTIONS VERB@		a line: the verb's options, as a manual page has them
 *	@VERBS@			a line: the verbs, as a manual page has them
 *	@COMPLETION VERB@	a line: what the completion script has of a verb
 *	@NAMES@			anywhere: the verbs' names
 */
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"

/* The tables name them; here nobody calls them. */
int run_verb(const struct verb *v, char **argv)
{
	(void)v;
	(void)argv;
	return 0;
}

int doctor_verb(const struct verb *v, char **argv)
{
	(void)v;
	(void)argv;
	return 0;
}

int verify_verb(const struct verb *v, char **argv)
{
	(void)v;
	(void)argv;
	return 0;
}

int list_verb(const struct verb *v, char **argv)
{
	(void)v;
	(void)argv;
	return 0;
}

int shim_verb(const struct verb *v, char **argv)
{
	(void)v;
	(void)argv;
	return 0;
}

static const struct opt *opts_of(const char *verb)
{
	for (const struct verb *v = verbs; v->name; v++)
		if (!strcmp(v->name, verb))
			return v->opts;
	return strcmp(verb, "fsession") ? NULL : global_opts;
}

/* Text of a paragraph: '-' is a minus, a line must not begin with a dot or a quote. */
static void put_roff(const char *s)
{
	for (; *s; s++) {
		if (*s == '-')
			fputs("\\-", stdout);
		else if (*s == '\\')
			fputs("\\e", stdout);
		else if (*s == '\'')
			fputs("\\(aq", stdout);
		else if (*s == '\n')
			fputs("\n.IP\n", stdout);
		else
			putchar(*s);
	}
}

static int put_options(const char *verb)
{
	const struct opt *o = opts_of(verb);

	for (; o && o->name; o++) {
		printf(".TP\n");
		if (o->letter)
			printf("\\fB\\-%c\\fR, ", o->letter);
		printf("\\fB\\-\\-");
		put_roff(o->name);
		printf("\\fR");
		if (o->arg && o->type == OPT_CHOICE)
			printf(" \\fB%s\\fR", o->arg);
		else if (o->arg)
			printf(" \\fI%s\\fR", o->arg);
		putchar('\n');
		put_roff(o->help);
		puts(".");
	}
	return o ? 0 : -1;
}

static void put_verbs(void)
{
	for (const struct verb *v = verbs; v->name; v++)
		printf(".TP\n\\fB%s\\fR\n%c%s; see\n.BR fsession\\-%s (1).\n", v->name,
		       v->help[0] - 'a' + 'A', v->help + 1, v->name);
}

/* options of the verb, those of them that take a value, and the values of choices */
static int put_completion(const char *verb)
{
	const struct opt *opts = opts_of(verb), *o;

	printf("\t\topts='");
	for (o = opts; o && o->name; o++)
		printf("%s--%s", o == opts ? "" : " ", o->name);
	printf("'\n\t\tcase $prev in\n");
	for (o = opts; o && o->name; o++) {
		if (o->type != OPT_CHOICE)
			continue;
		printf("\t\t--%s | -%c) values='", o->name, o->letter);
		for (const char *s = o->arg; *s; s++)
			putchar(*s == '|' ? ' ' : *s);
		printf("' ;;\n");
	}
	for (o = opts; o && o->name; o++)
		if (o->type == OPT_TIME)
			printf("\t\t--%s | -%c) return ;;\n", o->name, o->letter);
	printf("\t\tesac\n");
	return o ? 0 : -1;
}

static void put_names(void)
{
	for (const struct verb *v = verbs; v->name; v++)
		printf("%s%s", v == verbs ? "" : " ", v->name);
}

static void put_line(const char *line, const char *version)
{
	const char *at;

	for (; (at = strchr(line, '@')); line = at) {
		printf("%.*s", (int)(at - line), line);
		if (!strncmp(at, "@VERSION@", 9)) {
			fputs(version, stdout);
			at += 9;
		} else if (!strncmp(at, "@NAMES@", 7)) {
			put_names();
			at += 7;
		} else {
			putchar(*at++);
		}
	}
	fputs(line, stdout);
}

int main(int argc, char **argv)
{
	char line[4096], verb[64];
	int err = 0;

	if (argc != 2)
		return 2;
	while (!err && fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "@OPTIONS %63[a-z]@", verb) == 1)
			err = put_options(verb);
		else if (sscanf(line, "@COMPLETION %63[a-z]@", verb) == 1)
			err = put_completion(verb);
		else if (!strcmp(line, "@VERBS@\n"))
			put_verbs();
		else
			put_line(line, argv[1]);
	}
	if (err)
		fprintf(stderr, "mkdoc: no verb '%s'\n", verb);
	return err || fflush(stdout) ? 1 : 0;
}
