/* SPDX-License-Identifier: BSD-2-Clause */
#include <linux/bpf.h>

#include "bpf/helpers.h"

#define NAME(x) [BPF_FUNC_##x] = "bpf_" #x
static const char *const names[] = { __BPF_FUNC_MAPPER(NAME) };

const char *helper_name(u32 nr)
{
	return nr && nr < sizeof(names) / sizeof(*names) ? names[nr] : NULL;
}
