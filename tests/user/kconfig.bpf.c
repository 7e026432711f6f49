// SPDX-License-Identifier: BSD-2-Clause
/* What libbpf answers for .kconfig: constants, by which the verifier leaves out what cannot be reached. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "kconfig.h"

extern unsigned int LINUX_KERNEL_VERSION __kconfig;
extern int LINUX_HAS_BPF_COOKIE __kconfig;
extern _Bool CONFIG_FSESSION_YES __kconfig;
extern enum libbpf_tristate CONFIG_FSESSION_MODULE __kconfig;
extern unsigned short CONFIG_FSESSION_NUMBER __kconfig;
extern char CONFIG_FSESSION_TEXT[8] __kconfig;
extern int CONFIG_FSESSION_NEGATIVE __kconfig;

static long (*no_such_helper)(void) = (void *)9999;

struct kconfig_data d;

SEC("xdp")
int read_all(struct xdp_md *ctx)
{
	(void)ctx;
	if (!CONFIG_FSESSION_YES)
		return no_such_helper();
	d.version = LINUX_KERNEL_VERSION;
	d.has_cookie = LINUX_HAS_BPF_COOKIE;
	d.module = CONFIG_FSESSION_MODULE;
	d.number = CONFIG_FSESSION_NUMBER;
	for (int i = 0; i < 8; i++)
		d.text[i] = CONFIG_FSESSION_TEXT[i];
	d.negative = CONFIG_FSESSION_NEGATIVE;
	return XDP_PASS;
}
