// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Formats of bpf_snprintf(), which are known when the program is loaded. */
#include "rules.h"

#define FORMAT(name, format, bytes)                                                                                    \
	int name(void *ctx)                                                                                            \
	{                                                                                                              \
		static const char text[] = format;                                                                     \
		__u64 data[4] = {};                                                                                    \
		char out[64];                                                                                          \
                                                                                                                       \
		bpf_snprintf(out, sizeof(out), text, data, bytes);                                                     \
		return 0;                                                                                              \
	}

SEC("tc") __success
FORMAT(format_of_every_kind, "%d %-5i %08llu %+lX", 32)

SEC("tc") __success
FORMAT(format_of_texts_and_pointers, "%s %c %p %pI4", 32)

SEC("tc") __success
FORMAT(format_without_specifiers, "100%%\n", 0)

SEC("tc") __success
FORMAT(format_of_less_than_there_is, "%d", 32)

SEC("tc") __failure __msg("R3: not a format for 1 words") __msg("%u %x")
FORMAT(format_alternate, "%#x", 8)

SEC("tc") __failure __msg("R3: not a format")
FORMAT(format_precision, "%.3d", 8)

SEC("tc") __failure __msg("R3: not a format")
FORMAT(format_octal, "%o", 8)

SEC("tc") __failure __msg("R3: not a format")
FORMAT(format_long_text, "%ls", 8)

SEC("tc") __failure __msg("R3: not a format")
FORMAT(format_unknown_pointer, "%pQ", 8)

SEC("tc") __failure __msg("R3: not a format")
FORMAT(format_that_ends_early, "5%", 8)

SEC("tc") __failure __msg("R3: not a format")
FORMAT(format_not_printable, "\x01", 8)

SEC("tc") __failure __msg("R3: not a format for 1 words")
FORMAT(format_of_more_than_there_is, "%d %d", 8)

SEC("tc") __failure __msg("R3: not a format for 0 words")
FORMAT(format_of_nothing, "%d", 0)

SEC("tc") __failure __msg("R5: 12 bytes are no array")
FORMAT(format_of_half_a_word, "%d", 12)

/* As many words as are known to be there: the rest is seen when it runs. */
SEC("tc") __failure __msg("R3: not a format for 0 words")
int format_of_some_words(struct __sk_buff *ctx)
{
	static const char text[] = "%d";
	__u64 data[4] = {};
	char out[64];

	bpf_snprintf(out, sizeof(out), text, data, ctx->mark & 24);
	return 0;
}

/* Those of the others are not. */
SEC("tc") __success
int format_of_a_line(void *ctx)
{
	static const char text[] = "%#x";

	bpf_trace_printk(text, sizeof(text), 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
