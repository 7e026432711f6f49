/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose program is it that code at some addresses belongs to? Programs that were loaded between
 * whose_begin() and whose_end() are ours, all others are not: the only rule that includes halves and
 * copies the library loads. Needs CAP_SYS_ADMIN and visible addresses; where they are missing, it
 * does not know.
 */
#ifndef FS_CLI_WHOSE_H
#define FS_CLI_WHOSE_H

#include <stddef.h>
#include <stdint.h>

/* Code, by the functions it is made of. */
struct whose_code {
	struct whose_span {
		uint64_t from, to;
	} *spans;
	size_t nr, max;
};

struct whose {
	uint32_t seen_id;	/* programs up to this id are in one of the two */
	struct whose_code ours;	/* sorted: all of them stay loaded, so none overlap */
	struct whose_code others;	/* those that are gone may overlap any */
};

enum whose_is { WHOSE_UNKNOWN, WHOSE_OURS, WHOSE_OTHERS };

void whose_begin(struct whose *w);
void whose_end(struct whose *w);
void whose_done(struct whose *w);

/* Of a call chain, innermost first: whose is the first program in it? */
enum whose_is whose_is(struct whose *w, const uint64_t *ips, size_t nr);

#endif
