/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the user sees on stderr: messages of ours, of libfsession and of libbpf, and the progress
 * bar between them. Nothing else in cli/ writes to stderr while a verb works.
 */
#ifndef FS_CLI_REPORT_H
#define FS_CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <fsession/fsession.h>

/* Routes all messages here. @verbose: how often -v was given. */
void report_init(int verbose);

/* How many errors have been printed: callers of libfsession and libbpf add a message of their
 * own only where none was. */
unsigned int report_nr_errors(void);

/* For fsession_register(). */
int report_fsession_level(int verbose);

/* Forgets what libbpf said so far. */
void report_libbpf_reset(void);
/* The line of libbpf's messages since then that says why loading failed (the verifier's last
 * word, or libbpf's own), or NULL. Valid until the next reset. */
const char *report_libbpf_reason(void);
/* Is that the verifier's? What it advises then, or NULL; valid as long */
bool report_verifier_spoke(void);
const char *report_verifier_hint(void);

/* A line of information. */
void report_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A bar on a terminal, nothing elsewhere. @done == @total removes it. */
void report_progress(const char *what, size_t done, size_t total);

#endif
