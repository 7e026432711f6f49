/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tail calls of split programs: a prog array holds entry halves, so the exit half gets a twin of
 * it, which holds the exit halves of the same programs.
 */
#ifndef FS_ENGINE_TWIN_H
#define FS_ENGINE_TWIN_H

struct session;
struct twin_array;

/* For struct split_params.twin_array; @arg is a struct twin_array **, the list. Return: fd of the twin,
 * 0 if @map_fd is no prog array, or -errno (printed). */
int twin_of(int map_fd, void *arg);
void twin_free(struct twin_array *list);

/* Fills the twins of @s with the exit halves of what the originals hold now. 0 or -errno (printed). */
int twin_sync(const struct session *s);

#endif
