// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Long programs: what is unrolled, inlined, or has a case for everything. */
#include "corpus.h"

#define UNROLL _Pragma("unroll")
#define ROL(x, n) ((x) << (n) | (x) >> (32 - (n)))

__u32 words[64];
__u8 bytes[256], out[256];
__u64 counts[64];

/* -- Digests --- */

#define MD5_STEP(f, a, b, c, d, k, m, s)                                                                               \
	do {                                                                                                           \
		a += (f) + (m) + (k);                                                                                  \
		a = ROL(a, s) + (b);                                                                                   \
	} while (0)
#define MD5_F(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define MD5_H(x, y, z) ((x) ^ (y) ^ (z))
#define MD5_ROUND4(F, i, k)                                                                                            \
	MD5_STEP(F(b, c, d), a, b, c, d, (k) + 1, m[(i) & 15], 7);                                                     \
	MD5_STEP(F(a, b, c), d, a, b, c, (k) + 2, m[((i) + 1) & 15], 12);                                              \
	MD5_STEP(F(d, a, b), c, d, a, b, (k) + 3, m[((i) + 2) & 15], 17);                                              \
	MD5_STEP(F(c, d, a), b, c, d, a, (k) + 4, m[((i) + 3) & 15], 22)

/* The shape of MD5, with other constants */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(digest, int n)
{
	__u32 a = 0x67452301, b = 0xefcdab89, c = 0x98badcfe, d = 0x10325476, m[16];

	UNROLL
	for (int i = 0; i < 16; i++)
		m[i] = words[i] + n;
	UNROLL
	for (int i = 0; i < 16; i += 4) {
		MD5_ROUND4(MD5_F, i, 0xd76aa478 + i * 0x1234567);
	}
	UNROLL
	for (int i = 0; i < 16; i += 4) {
		MD5_ROUND4(MD5_H, 5 * i + 1, 0xf61e2562 + i * 0x7654321);
	}
	UNROLL
	for (int i = 0; i < 16; i += 4) {
		MD5_ROUND4(MD5_H, 3 * i + 5, 0xfffa3942 + i * 0x1357);
	}
	words[16] += a;
	words[17] += b;
	words[18] += c;
	words[19] += d;
	return 0;
}

#define QUARTER(a, b, c, d)                                                                                            \
	do {                                                                                                           \
		s[a] += s[b];                                                                                          \
		s[d] = ROL(s[d] ^ s[a], 16);                                                                           \
		s[c] += s[d];                                                                                          \
		s[b] = ROL(s[b] ^ s[c], 12);                                                                           \
		s[a] += s[b];                                                                                          \
		s[d] = ROL(s[d] ^ s[a], 8);                                                                            \
		s[c] += s[d];                                                                                          \
		s[b] = ROL(s[b] ^ s[c], 7);                                                                            \
	} while (0)

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(stream_cipher, int n)
{
	__u32 s[16];

	UNROLL
	for (int i = 0; i < 16; i++)
		s[i] = words[i];
	s[12] += n;
	NO_UNROLL
	for (int i = 0; i < 10; i++) {
		QUARTER(0, 4, 8, 12);
		QUARTER(1, 5, 9, 13);
		QUARTER(2, 6, 10, 14);
		QUARTER(3, 7, 11, 15);
		QUARTER(0, 5, 10, 15);
		QUARTER(1, 6, 11, 12);
		QUARTER(2, 7, 8, 13);
		QUARTER(3, 4, 9, 14);
	}
	UNROLL
	for (int i = 0; i < 16; i++)
		words[16 + i] = s[i] + words[i];
	return 0;
}

/* -- Text --- */

const char digits[64 + 1] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static __always_inline __u8 digit64(__u32 v)
{
	return digits[v & 63];
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(base64, int n)
{
	UNROLL
	for (int i = 0; i < 24; i++) {
		__u32 v = bytes[3 * i] << 16 | bytes[3 * i + 1] << 8 | bytes[3 * i + 2];

		out[4 * i] = digit64(v >> 18);
		out[4 * i + 1] = digit64(v >> 12);
		out[4 * i + 2] = digit64(v >> 6);
		out[4 * i + 3] = digit64(v);
	}
	return 0;
}

struct word {
	char at[16];
};

static __always_inline bool is_word(const struct word *w, const char *text, int len)
{
	UNROLL
	for (int i = 0; i < len; i++)
		if (w->at[i] != text[i])
			return false;
	return !w->at[len];
}

#define WORD(text) is_word(&w, text, sizeof(text) - 1)

SEC("fentry/wake_up_new_task")
int BPF_PROG(which_command, struct task_struct *p)
{
	struct word w = {};
	int nr = 0;

	bpf_get_current_comm(&w, sizeof(w));
	if (WORD("bash") || WORD("sh") || WORD("dash") || WORD("zsh"))
		nr = 1;
	else if (WORD("python3") || WORD("perl") || WORD("ruby") || WORD("node"))
		nr = 2;
	else if (WORD("sshd") || WORD("cron") || WORD("systemd") || WORD("dbus-daemon"))
		nr = 3;
	else if (WORD("make") || WORD("cc1") || WORD("ld") || WORD("as"))
		nr = 4;
	__sync_fetch_and_add(&counts[nr], 1);
	return 0;
}

/* Key=value pairs, quoted or not, of a line */
enum { BEFORE, KEY, EQUALS, VALUE, QUOTED, ESCAPED, BAD };

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(pairs, int n)
{
	__u32 keys = 0, values = 0, len = 0;
	int state = BEFORE;

	NO_UNROLL
	for (int i = 0; i < 96; i++) {
		__u8 c = bytes[i];

		if (!c || c == '\n')
			break;
		switch (state) {
		case BEFORE:
			if (c == ' ' || c == '\t')
				break;
			state = c >= 'a' && c <= 'z' ? KEY : BAD;
			keys++;
			break;
		case KEY:
			if (c == '=')
				state = EQUALS;
			else if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_')
				state = BAD;
			break;
		case EQUALS:
			state = c == '"' ? QUOTED : c == ' ' ? BEFORE : VALUE;
			break;
		case VALUE:
			len++;
			if (c == ' ') {
				values++;
				state = BEFORE;
			}
			break;
		case QUOTED:
			len++;
			if (c == '\\')
				state = ESCAPED;
			else if (c == '"') {
				values++;
				state = BEFORE;
			}
			break;
		case ESCAPED:
			state = QUOTED;
			break;
		default:
			counts[1]++;
			return 0;
		}
	}
	counts[2] += keys;
	counts[3] += values;
	counts[4] += len;
	return 0;
}

/* -- Arguments --- */

SEC("fsession/__clk_hw_register_composite")
int twelve_arguments(__u64 *ctx)
{
	__u64 v, sum = 0, widest = 0;

#define ARGUMENT(n)                                                                                                    \
	do {                                                                                                           \
		v = 0;                                                                                                 \
		bpf_get_func_arg(ctx, n, &v);                                                                          \
		sum = (sum << 7 | sum >> 57) ^ v;                                                                      \
		if (v > widest)                                                                                        \
			widest = v;                                                                                    \
		if (!v)                                                                                                \
			__sync_fetch_and_add(&counts[n], 1);                                                           \
		if ((v & 7) && v >> 47)                                                                                \
			__sync_fetch_and_add(&counts[16 + n], 1);                                                      \
	} while (0)
	if (bpf_session_is_return(ctx)) {
		__u64 *cookie = bpf_session_cookie(ctx);

		counts[32] += *cookie;
		counts[33] = bpf_ktime_get_ns() - *cookie;
		return 0;
	}
	ARGUMENT(0);
	ARGUMENT(1);
	ARGUMENT(2);
	ARGUMENT(3);
	ARGUMENT(4);
	ARGUMENT(5);
	ARGUMENT(6);
	ARGUMENT(7);
	ARGUMENT(8);
	ARGUMENT(9);
	ARGUMENT(10);
	ARGUMENT(11);
	counts[34] = sum;
	counts[35] = widest;
	*bpf_session_cookie(ctx) = bpf_ktime_get_ns();
	return 0;
}

/* -- Tables --- */

MAP_OF(seen, BPF_MAP_TYPE_HASH, __u64, __u64, 1024);

static __always_inline __u64 mix(__u64 h, __u64 v)
{
	h ^= v * 0x9e3779b97f4a7c15ULL;
	h = (h << 31 | h >> 33) * 0xbf58476d1ce4e5b9ULL;
	return h ^ h >> 29;
}

/* Eight hashes of a record choose bits of a filter; what is new is counted. */
SEC("fentry/vfs_read")
int BPF_PROG(bloom_filter, struct file *file, char *buf, __u64 count)
{
	__u64 h = bpf_get_current_pid_tgid(), fresh = 0, *n;

	UNROLL
	for (int i = 0; i < 8; i++) {
		__u32 bit;

		h = mix(h, count + i);
		bit = h >> 40 & 2047;
		OPAQUE(bit);
		if (!(out[bit >> 3 & 255] >> (bit & 7) & 1)) {
			out[bit >> 3 & 255] |= 1 << (bit & 7);
			fresh++;
		}
	}
	if (!fresh)
		return 0;
	n = bpf_map_lookup_elem(&seen, &h);
	if (n)
		__sync_fetch_and_add(n, fresh);
	else
		bpf_map_update_elem(&seen, &h, &fresh, BPF_NOEXIST);
	return 0;
}

#define CASES8(n, m)                                                                                                   \
	m((n)) m((n) + 1) m((n) + 2) m((n) + 3) m((n) + 4) m((n) + 5) m((n) + 6) m((n) + 7)
#define OPCODE(n)                                                                                                      \
	case (n):                                                                                                      \
		acc = (n) % 5 == 0 ? acc + (n) : (n) % 5 == 1 ? acc * ((n) | 1) : (n) % 5 == 2 ? acc ^ (n) << 3 :       \
		      (n) % 5 == 3 ? acc >> ((n) & 7) : ~acc;                                                          \
		counts[(n) & 63]++;                                                                                    \
		break;

/* A byte code with 48 operations */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(byte_code, int n)
{
	__u64 acc = n;

	NO_UNROLL
	for (int pc = 0; pc < 4; pc++) {
		switch (bytes[pc]) {
		CASES8(0, OPCODE)
		CASES8(8, OPCODE)
		CASES8(16, OPCODE)
		CASES8(24, OPCODE)
		CASES8(32, OPCODE)
		CASES8(40, OPCODE)
		default:
			pc = 4;
		}
	}
	counts[63] = acc;
	return 0;
}

/* Sorting networks for eight numbers */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(network, int n)
{
	__u32 a[8];

	UNROLL
	for (int i = 0; i < 8; i++)
		a[i] = words[i] ^ n;
	UNROLL
	for (int size = 2; size <= 8; size *= 2) {
		UNROLL
		for (int by = size / 2; by; by /= 2) {
			UNROLL
			for (int i = 0; i < 8; i++) {
				int k = i ^ by;
				__u32 x = a[i], y = a[k & 7], up = -(__u32)((__u64)((__u64)x - y) >> 63);

				OPAQUE(up);
				if (k <= i)
					continue;
				if (i & size)
					up = ~up;
				a[i] = (x & up) | (y & ~up);
				a[k & 7] = (y & up) | (x & ~up);
			}
		}
	}
	UNROLL
	for (int i = 0; i < 8; i++)
		words[32 + i] = a[i];
	return 0;
}
