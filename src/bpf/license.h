/* SPDX-License-Identifier: BSD-2-Clause */
/* Licenses whose programs may call what is reserved for GPL ones: as the kernel lists them for modules. */
#ifndef FS_BPF_LICENSE_H
#define FS_BPF_LICENSE_H

#include <stdbool.h>
#include <string.h>

static inline bool license_is_gpl(const char *license)
{
	static const char *const compatible[] = {
		"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL",
		"Dual MPL/GPL",
	};

	for (size_t i = 0; i < sizeof(compatible) / sizeof(*compatible); i++)
		if (!strcmp(license, compatible[i]))
			return true;
	return false;
}

#endif
