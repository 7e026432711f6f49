/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/report.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "util/log.h"

#define BAR_WIDTH 30
#define HINT "hint: "
#define LOG_BEGIN "-- BEGIN PROG LOAD LOG --"
#define LOG_END "-- END PROG LOAD LOG --"

/* Functions are attached from several threads, all of which may have something to say. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
	int verbose;
	unsigned int nr_errors;
	bool bar;		/* there is one on the line */
	char verifier[512];	/* the verifier's last word since the last reset */
	char hint[256];		/* and what it advises */
	char libbpf[512];	/* libbpf's first warning since then */
} state;

static void clear_bar(void)
{
	if (state.bar)
		fputs("\r\033[K", stderr);
	state.bar = false;
}

static void take_line(int level, const char *line)
{
	pthread_mutex_lock(&lock);
	if (level == LOG_ERROR && strncmp(line, HINT, strlen(HINT)))
		state.nr_errors++;
	clear_bar();
	fprintf(stderr, "%s\n", line);
	pthread_mutex_unlock(&lock);
}

static void log_sink(int level, const char *line, void *arg)
{
	(void)arg;
	take_line(level, line);
}

static void fsession_sink(enum fsession_log_level level, const char *line, void *arg)
{
	(void)arg;
	take_line(level, line);
}

/* The last line of a verifier log which is neither its statistics nor a comment; before it goes
 * what libbpf calls the program, "prog 'name': ". */
static void keep_verifier_line(const char *name, int name_len, const char *log, const char *end)
{
	const char *line, *eol;

	for (line = log; line < end; line = eol + 1) {
		eol = memchr(line, '\n', end - line);
		if (!eol)
			eol = end;
		if (!strncmp(line, HINT, strlen(HINT))) {
			snprintf(state.hint, sizeof(state.hint), "%.*s", (int)(eol - line - strlen(HINT)),
				 line + strlen(HINT));
			continue;
		}
		if (eol == line || *line == ';' || !strncmp(line, "processed ", 10) ||
		    !strncmp(line, "verification time ", 18) || !strncmp(line, "stack depth ", 12))
			continue;
		snprintf(state.verifier, sizeof(state.verifier), "%.*s%.*s", name_len, name,
			 (int)(eol - line), line);
	}
}

static void keep_libbpf(const char *text)
{
	const char *begin = strstr(text, LOG_BEGIN), *log, *end;

	text += strncmp(text, "libbpf: ", 8) ? 0 : 8;
	if (begin) {
		log = begin + strlen(LOG_BEGIN);
		end = strstr(log, LOG_END);
		keep_verifier_line(text, begin - text, log, end ? end : log + strlen(log));
	} else if (!state.libbpf[0]) {
		snprintf(state.libbpf, sizeof(state.libbpf), "%.*s", (int)strcspn(text, "\n"),
			 text);
	}
}

static int libbpf_sink(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *text;	/* libbpf prints a whole verifier log at once */
	int n = vasprintf(&text, fmt, ap);

	if (n < 0)
		return n;
	pthread_mutex_lock(&lock);
	if (level == LIBBPF_WARN)
		keep_libbpf(text);
	if (state.verbose > (int)level) {
		clear_bar();
		fputs(text, stderr);
	}
	pthread_mutex_unlock(&lock);
	free(text);
	return n;
}

void report_init(int verbose)
{
	state.verbose = verbose;
	log_set_sink(log_sink, NULL);
	fsession_set_print(fsession_sink, NULL);
	libbpf_set_print(libbpf_sink);
}

unsigned int report_nr_errors(void)
{
	return state.nr_errors;
}

int report_fsession_level(int verbose)
{
	return verbose > 1 ? FSESSION_LOG_DEBUG : verbose ? FSESSION_LOG_INFO : FSESSION_LOG_WARN;
}

void report_libbpf_reset(void)
{
	state.verifier[0] = '\0';
	state.hint[0] = '\0';
	state.libbpf[0] = '\0';
}

const char *report_libbpf_reason(void)
{
	return state.verifier[0] ? state.verifier : state.libbpf[0] ? state.libbpf : NULL;
}

const char *report_verifier_hint(void)
{
	return state.hint[0] ? state.hint : NULL;
}

bool report_verifier_spoke(void)
{
	return state.verifier[0];
}

void report_line(const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&lock);
	clear_bar();
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	pthread_mutex_unlock(&lock);
}

void report_progress(const char *what, size_t done, size_t total)
{
	size_t filled = total ? done * BAR_WIDTH / total : 0;

	if (!isatty(STDERR_FILENO) || !total)
		return;
	pthread_mutex_lock(&lock);
	clear_bar();
	if (done < total) {
		fprintf(stderr, "%s [", what);
		for (size_t i = 0; i < BAR_WIDTH; i++)
			fputc(i < filled ? '#' : '.', stderr);
		fprintf(stderr, "] %zu/%zu", done, total);
		fflush(stderr);
		state.bar = true;
	}
	pthread_mutex_unlock(&lock);
}
