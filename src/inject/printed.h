/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs in another process print: through a ring buffer to where lines of this one go. */
#ifndef FS_INJECT_PRINTED_H
#define FS_INJECT_PRINTED_H

#include "rt/map.h"

struct printed;

/* -ENOMEM, errors of memfd_create(2), pthread_create(3) */
int printed_open(struct printed **ret);
/* What was printed until now has been passed on when this returns. NULL: nothing */
void printed_close(struct printed *p);

/* The ring, to be mapped there as rt_trace_ring. */
const struct rt_map *printed_ring(const struct printed *p);
int printed_memfd(const struct printed *p);

#endif
