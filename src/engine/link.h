/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One struct bpf_link for what the kernel holds as one, two or many links.
 *
 * libbpf has no public way to make a link of one's own, but the head of its struct has not changed
 * since 0.8 and its getters tell whether ours is understood: link_check_layout() asks them,
 * once, before the first link is handed out.
 */
#ifndef FS_ENGINE_LINK_H
#define FS_ENGINE_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_link;
struct session;

/* Kernel links of one function: the exit half is attached first and detached last. -1 = none. */
struct link_pair {
	int entry_fd;
	int exit_fd;
};

/**
 * link_new() - one link over @cnt pairs
 * @s:     the session, or NULL for what was opened from pins; a reference is taken
 * @pairs: copied; the fds become the link's
 *
 * Return: 0, or -ENOMEM, -EOPNOTSUPP (this libbpf lays its links out differently; printed). On error
 * the fds are the caller's still.
 */
int link_new(struct session *s, const struct link_pair *pairs, size_t cnt, struct bpf_link **ret);

int link_pin(struct bpf_link *link, const char *path);
int link_open(const char *path, struct bpf_link **ret);

/* Entry half first. */
void link_pair_close(struct link_pair *p);

#endif
