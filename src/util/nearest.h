/* SPDX-License-Identifier: BSD-2-Clause */
/* "Did you mean": of the names offered, those most like the one that was wanted. */
#ifndef FS_UTIL_NEAREST_H
#define FS_UTIL_NEAREST_H

#include <stddef.h>
#include <stdint.h>

#define NEAREST_MAX 4

struct nearest {
	char want[128];
	size_t want_len;
	uint64_t want_letters;
	int nr;
	struct {
		char name[192];
		int score;	/* 0 = the same but for case */
	} best[NEAREST_MAX];	/* ascending */
};

void nearest_init(struct nearest *n, const char *want);
/* @prefix is shown before the name, not compared; NULL or "" for none. */
void nearest_offer(struct nearest *n, const char *prefix, const char *name);
/* "'a', 'b'" into @buf; "" if nothing is near. Returns @buf. */
const char *nearest_format(const struct nearest *n, char *buf, size_t size);

#endif
