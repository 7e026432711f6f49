/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Can a function of a file be traced? The architecture decides it by the function's bytes; this gives it
 * the bytes, and what the rest of the file does to them.
 */
#ifndef FS_IMAGE_USITE_H
#define FS_IMAGE_USITE_H

#include <stdbool.h>
#include <stdint.h>

struct uelf;
struct usym;
struct usyms;
struct usites;

/* Looks at all branches of @e, if that was not done yet: about 0.1 s for 2 MB. @e and @s are borrowed. 0, or
 * -errno, printed. */
int usites_new(struct uelf *e, const struct usyms *s, struct usites **ret);
void usites_free(struct usites *s);

/*
 * Why no session can be attached to @sym: NULL if nothing speaks against it, else a few words, which may be
 * in @buf.
 */
const char *usites_refusal(struct usites *s, const struct usym *sym, char buf[128]);

/* Bit n: a branch from elsewhere leads to n bytes behind the start of @sym. */
uint64_t usites_entered(const struct usites *s, const struct usym *sym);

/*
 * Where a process keeps the address of the function that @sym, which is USYM_IFUNC, has chosen: the address in
 * the file of a word that holds an address of the process. 0: only those who call it know. *@lazy: until it
 * was called the word may lead to who finds it out.
 */
uint64_t usite_ifunc_slot(const struct uelf *e, const struct usym *sym, bool *lazy);

/* Is it called by jumps, left by none, or returned from twice, so that entry and exit make no pair? */
bool usite_is_odd(const struct uelf *e, const struct usym *sym);

#endif
