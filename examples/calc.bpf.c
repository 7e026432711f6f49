// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Shows how calc, an ordinary program, works: what its functions get, what they return, and how
 * long that took.
 *
 *	fsession run --engine user calc.bpf.o -- calc '2*(3+4)'
 *
 * The cookie carries the time from the entry to the exit of the same call, though the functions
 * call one another.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <fsession/bpf_fsession.h>

#define MAX_INDENT 20

static const char spaces[MAX_INDENT + 1] = "                    ";
static unsigned int depth;

static __always_inline const char *indent(unsigned int by)
{
	return by > MAX_INDENT / 2 ? spaces : &spaces[MAX_INDENT - 2 * by];
}

static __always_inline int watch(void *ctx, const char *function, const char **at, long value)
{
	__u64 *start = bpf_session_cookie(ctx);
	const char *text = NULL;
	char head[16];

	if (bpf_session_is_return(ctx)) {
		depth--;
		bpf_printk("%s} = %ld, %llu ns", indent(depth), value, bpf_ktime_get_ns() - *start);
		return 0;
	}
	bpf_probe_read_user(&text, sizeof(text), at);
	bpf_probe_read_user_str(head, sizeof(head), text);
	bpf_printk("%s%s(\"%s\") {", indent(depth), function, head);
	depth++;
	*start = bpf_ktime_get_ns();
	return 0;
}

SEC("fsession/sum")
int BPF_PROG(on_sum, const char **at, long value)
{
	return watch(ctx, "sum", at, value);
}

SEC("fsession/product")
int BPF_PROG(on_product, const char **at, long value)
{
	return watch(ctx, "product", at, value);
}

SEC("fsession/number")
int BPF_PROG(on_number, const char **at, long value)
{
	return watch(ctx, "number", at, value);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
