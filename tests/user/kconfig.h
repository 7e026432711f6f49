/* SPDX-License-Identifier: BSD-2-Clause */
/* What kconfig.bpf.c tells test_libbpf.c: its .bss. */
#ifndef FS_TESTS_USER_KCONFIG_H
#define FS_TESTS_USER_KCONFIG_H

struct kconfig_data {
	unsigned int version, has_cookie, module, number;
	int negative;
	char text[8];
};

#endif
