/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/sys.h"

#include <errno.h>

#include "bpf/uapi.h"
#include "fakebpf.h"
#include "tap.h"

/* ENOTSUPP is no errno of user space: strerror() does not know it, and no documentation names it. */
TEST(sys_enotsupp_stays_inside)
{
	const uint32_t id = 1;

	fakebpf_link_errno = FS_ENOTSUPP;
	CHECK_EQ(sys_link_tracing(3, FS_BPF_TRACE_FSESSION, 0), -EOPNOTSUPP);
	CHECK_EQ(sys_link_multi(3, FS_BPF_TRACE_FSESSION_MULTI, &id, NULL, 1), -EOPNOTSUPP);
	fakebpf_link_errno = ENOENT;
	CHECK_EQ(sys_link_tracing(3, FS_BPF_TRACE_FSESSION, 0), -ENOENT);
}
