// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What may be attached to what: prototypes that no trampoline passes on, functions that must not be traced. */
#include "rules.h"

SEC("fsession/odd_variadic") __failure __msg("is variadic")
NAKED(target_variadic)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fentry/odd_variadic") __failure __msg("is variadic")
NAKED(target_variadic_fentry)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/odd_returns_struct") __failure __msg("returns a structure")
NAKED(target_returns_struct)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fentry/odd_returns_struct") __failure __msg("returns a structure")
NAKED(target_returns_struct_fentry)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/odd_returns_wide") __failure __msg("returns more than 8 bytes")
NAKED(target_returns_wide)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fexit/odd_returns_wide") __failure __msg("returns more than 8 bytes")
NAKED(target_returns_wide_fexit)
{
	ASM("r0 = 0;"
	    "exit;");
}

/* Nobody looks at the result. */
SEC("fentry/odd_returns_wide") __success
NAKED(target_returns_wide_fentry)
{
	ASM("r0 = *(u32 *)(r1 +0);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/odd_takes_large") __failure __msg("an argument of more than 16 bytes")
NAKED(target_takes_large)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/odd_takes_double") __failure __msg("floating-point")
NAKED(target_takes_double)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fentry/odd_returns_double") __failure __msg("floating-point")
NAKED(target_returns_double)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/odd_thirteen") __failure __msg("more than 12 arguments")
NAKED(target_thirteen)
{
	ASM("r0 = 0;"
	    "exit;");
}

/* The last argument's slot can be loaded, the result's, the 13th, cannot. */
SEC("fsession/odd_twelve") __success
NAKED(target_twelve)
{
	ASM("r0 = *(u32 *)(r1 +88);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/odd_twelve") __failure __msg("invalid ctx access")
NAKED(target_twelve_result)
{
	ASM("r0 = *(u32 *)(r1 +96);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/odd_twelve") __success
NAKED(target_twelve_result_by_helper)
{
	ASM_CALLS("r2 = r10;"
		  "r2 += -8;"
		  "call %[bpf_get_func_ret];"
		  "r0 = 0;"
		  "exit;",
		  HELPER(bpf_get_func_ret));
}

/* 16 bytes by value take two slots. */
SEC("fsession/odd_takes_wide") __success
NAKED(target_takes_wide)
{
	ASM("r2 = *(u64 *)(r1 +0);"
	    "r3 = *(u64 *)(r1 +8);"
	    "r4 = *(u32 *)(r1 +16);"
	    "r0 = *(u32 *)(r1 +24);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/odd_takes_wide") __failure __msg("no argument in slot 4")
NAKED(target_takes_wide_end)
{
	ASM("r0 = *(u32 *)(r1 +32);"
	    "r0 = 0;"
	    "exit;");
}

SEC("fsession/do_exit") __failure __msg("never returns")
NAKED(target_never_returns)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fexit/do_exit") __failure __msg("never returns")
NAKED(target_never_returns_fexit)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fentry/do_exit") __success
NAKED(target_never_returns_fentry)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fentry/__rcu_read_lock") __failure __msg("part of what runs BPF programs")
NAKED(target_machinery_fentry)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fsession/migrate_disable") __failure __msg("part of what runs BPF programs")
NAKED(target_machinery)
{
	ASM("r0 = 0;"
	    "exit;");
}

SEC("fexit/preempt_count_add") __failure __msg("part of what runs BPF programs")
NAKED(target_machinery_fexit)
{
	ASM("r0 = 0;"
	    "exit;");
}

char _license[] SEC("license") = "GPL";
