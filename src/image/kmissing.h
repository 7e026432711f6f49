/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a function or a module cannot be found, in words, and what was perhaps meant. */
#ifndef FS_IMAGE_KMISSING_H
#define FS_IMAGE_KMISSING_H

struct kbtf;
struct kbtf_set;
struct ksyms;

struct kmissing {
	char text[512];
	char hint[1024];	/* "" = none */
};

void kmissing_set(struct kmissing *m, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Module @module, of which kbtf_module_find() knows nothing or which could not be read with @err.
 * Returns the errno to report: -ENOENT, or -EPERM when nothing may be listed. */
int kmissing_module(struct kmissing *m, struct kbtf_set *set, const char *spec, const char *module,
		    const char *func, int err);
/* Function @func, which is not in @k (NULL: nowhere). @syms may be NULL. */
void kmissing_func(struct kmissing *m, struct kbtf_set *set, const struct kbtf *k,
		   const struct ksyms *syms, const char *spec, const char *func);
/* Pattern @glob, which matches nothing in @k. */
void kmissing_glob(struct kmissing *m, struct kbtf_set *set, const struct kbtf *k, const char *spec,
		   const char *glob);

#endif
