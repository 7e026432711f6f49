/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/help.h"

#include <stdbool.h>
#include <string.h>

#include "cli/verbs.h"

#define WIDTH 80
#define COLUMN 27	/* where an option's help begins */

/* Prints @text wrapped; the cursor is at @col and text begins at COLUMN. */
static void print_wrapped(FILE *f, const char *text, int col)
{
	bool space = false;

	while (*text) {
		int len = strcspn(text, " \n");

		if (col + space + len > WIDTH && col > COLUMN) {
			fputc('\n', f);
			col = 0;
			space = false;
		}
		if (col < COLUMN)
			col += fprintf(f, "%*s", COLUMN - col, "");
		col += fprintf(f, "%s%.*s", space ? " " : "", len, text);
		text += len;
		space = *text == ' ';
		if (*text == '\n') {
			fputc('\n', f);
			col = 0;
		}
		text += *text ? 1 : 0;
	}
	fputc('\n', f);
}

static void print_opts(FILE *f, const struct opt *opts)
{
	int col;

	for (const struct opt *o = opts; o->name; o++) {
		if (o->letter)
			col = fprintf(f, "  -%c, --%s", o->letter, o->name);
		else
			col = fprintf(f, "      --%s", o->name);
		if (o->arg)
			col += fprintf(f, " %s", o->arg);
		if (col >= COLUMN - 1) {
			fputc('\n', f);
			col = 0;
		}
		print_wrapped(f, o->help, col);
	}
}

void help_print_all(FILE *f)
{
	fprintf(f, "Usage: fsession VERB [OPTION...]\n\n"
		   "Runs BPF programs at the entry and at the exit of functions, of the kernel (Linux\n"
		   "5.10 and newer) and of processes.\n\nVerbs:\n");
	for (const struct verb *v = verbs; v->name; v++)
		fprintf(f, "  %-10s%s\n", v->name, v->help);
	fprintf(f, "\nOptions:\n");
	print_opts(f, global_opts);
	fprintf(f, "\n'fsession VERB --help' prints the options of a verb, "
		   "'man fsession' has more.\n");
}

void help_print_verb(FILE *f, const struct verb *v)
{
	fprintf(f, "Usage: fsession %s %s\n\n%c%s.\n\nOptions:\n", v->name, v->usage,
		v->help[0] - 'a' + 'A', v->help + 1);
	print_opts(f, v->opts);
}
