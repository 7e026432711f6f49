/* SPDX-License-Identifier: BSD-2-Clause */
/* Help texts, printed from the tables of cli/verbs.h. */
#ifndef FS_CLI_HELP_H
#define FS_CLI_HELP_H

#include <stdio.h>

struct verb;

void help_print_all(FILE *f);
void help_print_verb(FILE *f, const struct verb *v);

#endif
