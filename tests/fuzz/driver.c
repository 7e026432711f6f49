/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a libFuzzer target without libFuzzer, for any compiler:
 *
 *	fuzz_NAME [-n RUNS] [-s SEED] [-i FIRST] FILE...
 *
 * Each run mutates one of the files. Every run is a function of seed and number alone: when number
 * 123 crashes, `-s SEED -i 123 -n 1` does it again. For guided fuzzing link the target with
 * clang -fsanitize=fuzzer,address instead of this file.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"
#include "util/slurp.h"

#define MAX_FILES 64
#define MAX_BYTES (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	char *data;
	size_t size;
} files[MAX_FILES];
static int nr_files;

static uint64_t rng;
static char doing[64];

/* splitmix64 */
static uint64_t rnd(uint64_t below)
{
	uint64_t z = rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % below;
}

static uint64_t odd_number(size_t size)
{
	static const uint64_t odd[] = {
		0, 1, 2, 7, 8, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, 1ull << 32, 1ull << 63,
		~0ull, ~0ull - 7, ~0ull - 15,
	};
	size_t n = sizeof(odd) / sizeof(odd[0]);
	uint64_t i = rnd(n + 2);

	return i < n ? odd[i] : i == n ? size : size - rnd(64);
}

static void mutate(uint8_t *d, size_t *size)
{
	size_t at = rnd(*size), width = 1 << rnd(4), from = rnd(*size);
	uint64_t v;

	switch (rnd(6)) {
	case 0:
		d[at] ^= 1 << rnd(8);
		break;
	case 1:
		d[at] = rnd(256);
		break;
	case 2:
		*size = rnd(8) ? *size : at + 1;
		break;
	case 3:		/* one field takes another's value */
		if (from + width <= *size && at + width <= *size)
			memmove(d + at, d + from, width);
		break;
	default:	/* fields are aligned, mostly */
		at -= at % width;
		v = rnd(2) ? odd_number(*size) : rnd(*size);
		if (at + width <= *size)
			memcpy(d + at, &v, width);
	}
}

static void run(uint64_t seed, uint64_t i)
{
	int file, rounds;
	size_t size;
	uint8_t *d;

	rng = seed * 0x9e3779b97f4a7c15 + i;
	snprintf(doing, sizeof(doing), "# -s %llu -i %llu -n 1\n", (unsigned long long)seed,
		 (unsigned long long)i);
	file = rnd(nr_files);
	size = files[file].size;
	d = malloc(size);
	memcpy(d, files[file].data, size);
	for (rounds = 1 + rnd(6); rounds; rounds--)
		mutate(d, &size);
	d = realloc(d, size);		/* exactly, so that a sanitizer sees one byte too far */
	LLVMFuzzerTestOneInput(d, size);
	free(d);
}

/* Whatever ends the process before its time: how to do it again. */
static void tell(void)
{
	if (write(STDOUT_FILENO, doing, strlen(doing)) < 0)
		_exit(1);
}

static void on_signal(int sig)
{
	tell();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Called by the address sanitizer, where there is one. */
void __asan_on_error(void);
__attribute__((visibility("default"))) void __asan_on_error(void)
{
	tell();
}

static void watch(void)
{
	static const int deaths[] = { SIGALRM, SIGABRT, SIGSEGV, SIGBUS, SIGFPE };
	struct sigaction old;

	for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++)
		/* a sanitizer's own handler says more */
		if (!sigaction(deaths[i], NULL, &old) && old.sa_handler == SIG_DFL)
			signal(deaths[i], on_signal);
}

static int add_file(const char *path)
{
	int err = slurp(path, MAX_BYTES, &files[nr_files].data, &files[nr_files].size);

	if (err)
		return fail(err, "fuzz: cannot read '%s': %s", path, log_errstr(err));
	if (files[nr_files].size && nr_files < MAX_FILES - 1)
		nr_files++;
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t runs = 10000, seed = 1, first = 0;
	int c;

	while ((c = getopt(argc, argv, "n:s:i:")) != -1) {
		if (c == 'n')
			runs = strtoull(optarg, NULL, 0);
		else if (c == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (c == 'i')
			first = strtoull(optarg, NULL, 0);
		else
			return 2;
	}
	for (; optind < argc; optind++)
		if (add_file(argv[optind]))
			return 1;
	if (!nr_files)
		return 2;
	watch();
	for (uint64_t i = first; i < first + runs; i++) {
		alarm(20);		/* nothing takes for ever */
		run(seed, i);
	}
	printf("ok 1 - %llu runs with seed %llu\n1..1\n", (unsigned long long)runs,
	       (unsigned long long)seed);
	return 0;
}
