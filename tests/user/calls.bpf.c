// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Helpers and kfuncs with good and bad arguments; calls.c prints what they said. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "calls.h"
#include "../bpf_newer.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct calls_data d;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[64]);
} memory SEC(".maps");

static const char abc[] = "abcABC", upper[] = "ABCABC", empty[] = "", bc[] = "BCabcABC";

/* As a number that the verifier knows nothing of. */
static __attribute__((noinline)) int say(__s64 v)
{
	if (d.nr < CALLS_MAX)
		d.got[d.nr++ & (CALLS_MAX - 1)] = v;
	return 0;
}

/* int results have 32 bits that say something, bool ones (declared as numbers, see 1 & below) one */
#define SAY(call) say((__s64)(call))
#define SAY_INT(call) say((__s32)(call))

struct bpf_res_spin_lock {
	__u32 val;
};

extern void bpf_local_irq_save(unsigned long *flags) __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym;
extern int bpf_res_spin_lock(struct bpf_res_spin_lock *lock) __ksym;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock) __ksym;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, unsigned long *flags) __ksym;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock, unsigned long *flags) __ksym;
extern int bpf_strcmp(const char *a, const char *b) __ksym;
extern int bpf_strcasecmp(const char *a, const char *b) __ksym;
extern int bpf_strncasecmp(const char *a, const char *b, unsigned long len) __ksym;
extern int bpf_strchr(const char *s, char c) __ksym;
extern int bpf_strchrnul(const char *s, char c) __ksym;
extern int bpf_strnchr(const char *s, unsigned long n, char c) __ksym;
extern int bpf_strrchr(const char *s, int c) __ksym;
extern int bpf_strlen(const char *s) __ksym;
extern int bpf_strnlen(const char *s, unsigned long n) __ksym;
extern int bpf_strspn(const char *s, const char *set) __ksym;
extern int bpf_strcspn(const char *s, const char *set) __ksym;
extern int bpf_strstr(const char *s, const char *what) __ksym;
extern int bpf_strcasestr(const char *s, const char *what) __ksym;
extern int bpf_strnstr(const char *s, const char *what, unsigned long n) __ksym;
extern int bpf_strncasestr(const char *s, const char *what, unsigned long n) __ksym;

#define BAD ((const char *)0xffff800000000000)

SEC("syscall")
int compare(struct calls_ctx *ctx)
{
	SAY_INT(bpf_strcmp(abc, abc));
	SAY_INT(bpf_strcmp(abc, upper));
	SAY_INT(bpf_strcmp(upper, abc));
	SAY_INT(bpf_strcmp(abc, empty));
	SAY_INT(bpf_strcmp(empty, abc));
	SAY_INT(bpf_strcmp(NULL, abc));
	SAY_INT(bpf_strcmp(abc, NULL));
	SAY_INT(bpf_strcmp(abc, BAD));
	SAY_INT(bpf_strcasecmp(abc, upper));
	SAY_INT(bpf_strcasecmp(abc, bc));
	SAY_INT(bpf_strncasecmp(abc, upper, 6));
	SAY_INT(bpf_strncasecmp(abc, bc, 0));
	SAY_INT(bpf_strncasecmp(abc, bc, 1));
	SAY_INT(bpf_strncasecmp(bc, bc + 5, 2));
	SAY_INT(bpf_strncasecmp(NULL, bc, 0));
	return 0;
}

SEC("syscall")
int search_char(struct calls_ctx *ctx)
{
	SAY_INT(bpf_strchr(abc, 'a'));
	SAY_INT(bpf_strchr(abc, 'C'));
	SAY_INT(bpf_strchr(abc, 'x'));
	SAY_INT(bpf_strchr(abc, 0));
	SAY_INT(bpf_strchr(NULL, 'a'));
	SAY_INT(bpf_strchr(BAD, 'a'));
	SAY_INT(bpf_strchrnul(abc, 'B'));
	SAY_INT(bpf_strchrnul(abc, 'x'));
	SAY_INT(bpf_strchrnul(abc, 0));
	SAY_INT(bpf_strnchr(abc, 2, 'c'));
	SAY_INT(bpf_strnchr(abc, 3, 'c'));
	SAY_INT(bpf_strnchr(abc, 0, 'a'));
	SAY_INT(bpf_strnchr(abc, 100, 0));
	SAY_INT(bpf_strnchr(abc, 100, 'x'));
	SAY_INT(bpf_strrchr(bc, 'C'));
	SAY_INT(bpf_strrchr(bc, 0));
	SAY_INT(bpf_strrchr(bc, 'x'));
	SAY_INT(bpf_strlen(abc));
	SAY_INT(bpf_strlen(empty));
	SAY_INT(bpf_strlen(NULL));
	SAY_INT(bpf_strnlen(abc, 3));
	SAY_INT(bpf_strnlen(abc, 100));
	SAY_INT(bpf_strnlen(abc, 0));
	return 0;
}

SEC("syscall")
int search_text(struct calls_ctx *ctx)
{
	SAY_INT(bpf_strspn(abc, "cba"));
	SAY_INT(bpf_strspn(abc, upper));
	SAY_INT(bpf_strspn(abc, empty));
	SAY_INT(bpf_strspn(empty, abc));
	SAY_INT(bpf_strspn(abc, "CBAabc"));
	SAY_INT(bpf_strspn(abc, NULL));
	SAY_INT(bpf_strspn(abc, BAD));
	SAY_INT(bpf_strcspn(abc, upper));
	SAY_INT(bpf_strcspn(abc, empty));
	SAY_INT(bpf_strcspn(empty, abc));
	SAY_INT(bpf_strcspn(abc, abc));
	SAY_INT(bpf_strstr(abc, "cA"));
	SAY_INT(bpf_strstr(abc, empty));
	SAY_INT(bpf_strstr(empty, abc));
	SAY_INT(bpf_strstr(empty, empty));
	SAY_INT(bpf_strstr(abc, bc));
	SAY_INT(bpf_strstr(abc, "ABC"));
	SAY_INT(bpf_strstr(abc, "ABCD"));
	SAY_INT(bpf_strstr(NULL, abc));
	SAY_INT(bpf_strstr(abc, NULL));
	SAY_INT(bpf_strstr(abc, BAD));
	SAY_INT(bpf_strcasestr(abc, "CA"));
	SAY_INT(bpf_strcasestr(abc, "xb"));
	SAY_INT(bpf_strnstr(abc, "ABC", 6));
	SAY_INT(bpf_strnstr(abc, "ABC", 5));
	SAY_INT(bpf_strnstr(abc, "ABC", 100));
	SAY_INT(bpf_strnstr(abc, empty, 0));
	SAY_INT(bpf_strnstr(abc, abc, 0));
	SAY_INT(bpf_strncasestr(abc, "BCA", 4));
	SAY_INT(bpf_strncasestr(abc, "BCA", 3));
	return 0;
}

/* -- Dynptrs --- */

extern int bpf_dynptr_adjust(struct bpf_dynptr *p, __u64 start, __u64 end) __ksym;
extern __u64 bpf_dynptr_is_null(const struct bpf_dynptr *p) __ksym;
extern __u64 bpf_dynptr_is_rdonly(const struct bpf_dynptr *p) __ksym;
extern __u64 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_copy(const struct bpf_dynptr *to, __u64 to_off, const struct bpf_dynptr *from,
			   __u64 from_off, __u64 size) __ksym;
extern int bpf_dynptr_memset(const struct bpf_dynptr *p, __u64 off, __u64 size, __u8 val) __ksym;
extern int bpf_probe_read_user_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size,
				      const void *from) __ksym;
extern int bpf_probe_read_user_str_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size,
					  const void *from) __ksym;
extern int bpf_copy_from_user_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size,
				     const void *from) __ksym;
extern int bpf_copy_from_user_str(void *dst, __u32 dst__sz, const void *from, __u64 flags) __ksym;

SEC("syscall")
int dynptr_memory(struct calls_ctx *ctx)
{
	struct bpf_dynptr p, q;
	__u32 zero = 0;
	char *m = bpf_map_lookup_elem(&memory, &zero), small[8] = "1234567", *at;

	if (!m)
		return 1;
	SAY(bpf_dynptr_from_mem(m, 64, 1, &q));
	SAY(1 & bpf_dynptr_is_null(&q));
	SAY(bpf_dynptr_size(&q));
	SAY(bpf_dynptr_read(small, 1, &q, 0, 0));
	SAY(bpf_dynptr_write(&q, 0, small, 1, 0));
	SAY_INT(bpf_dynptr_adjust(&q, 0, 0));
	SAY(bpf_dynptr_from_mem(m, 64, 0, &p));
	SAY(1 & bpf_dynptr_is_null(&p));
	SAY(1 & bpf_dynptr_is_rdonly(&p));
	SAY(bpf_dynptr_size(&p));
	SAY(bpf_dynptr_write(&p, 0, small, 8, 0));
	SAY(bpf_dynptr_write(&p, 57, small, 8, 0));
	SAY(bpf_dynptr_write(&p, 56, small, 8, 1));
	SAY(bpf_dynptr_write(&p, 60, small, 8, 1));
	SAY(bpf_dynptr_write(&p, 0xffffffff, small, 8, 0));
	SAY(bpf_dynptr_read(small, 4, &p, 2, 0));
	SAY(*(__u32 *)small);
	SAY(bpf_dynptr_read(small, 4, &p, 61, 0));
	SAY(bpf_dynptr_read(small, 4, &p, 0, 1));
	at = bpf_dynptr_data(&p, 1, 4);
	SAY(at ? at[0] : -1);
	SAY(!bpf_dynptr_data(&p, 61, 4));
	SAY_INT(bpf_dynptr_memset(&p, 10, 4, 'z'));
	SAY_INT(bpf_dynptr_memset(&p, 61, 4, 'z'));
	SAY(m[9] << 8 | m[13]);
	SAY_INT(bpf_dynptr_copy(&p, 1, &p, 0, 8));
	SAY(m[1] << 16 | m[2] << 8 | m[7]);
	SAY_INT(bpf_dynptr_copy(&p, 60, &p, 0, 8));
	SAY_INT(bpf_dynptr_copy(&p, 0, &p, 60, 8));
	SAY_INT(bpf_dynptr_copy(&p, 0, &q, 0, 8));
	SAY_INT(bpf_dynptr_copy(&q, 0, &p, 0, 8));
	SAY_INT(bpf_dynptr_adjust(&p, 8, 4));
	SAY_INT(bpf_dynptr_adjust(&p, 0, 65));
	SAY_INT(bpf_dynptr_adjust(&p, 10, 20));
	SAY(bpf_dynptr_size(&p));
	at = bpf_dynptr_data(&p, 0, 4);
	SAY(at ? at[0] : -1);
	SAY(!bpf_dynptr_data(&p, 7, 4));
	return 0;
}

extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *copy) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u64 off, void *buffer, __u64 size) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, __u64 off, void *buffer, __u64 size) __ksym;

SEC("syscall")
int dynptr_views(struct calls_ctx *ctx)
{
	struct bpf_dynptr p, q, none, copy;
	char buffer[8] = "buffer", *at;
	__u32 zero = 0;
	char *m = bpf_map_lookup_elem(&memory, &zero);

	if (!m)
		return 1;
	SAY(bpf_dynptr_from_mem(m, 64, 1, &none));
	SAY_INT(bpf_dynptr_clone(&none, &copy));
	SAY(1 & bpf_dynptr_is_null(&copy));
	SAY(!bpf_dynptr_slice(&none, 0, buffer, 8));
	SAY(bpf_dynptr_from_mem(m, 64, 0, &p));
	SAY_INT(bpf_dynptr_memset(&p, 0, 64, 'm'));
	SAY_INT(bpf_dynptr_clone(&p, &q));
	SAY_INT(bpf_dynptr_adjust(&q, 16, 32));
	SAY(bpf_dynptr_size(&p) << 8 | bpf_dynptr_size(&q));
	at = bpf_dynptr_slice(&q, 8, NULL, 8);
	m[31] = 's';
	SAY(at ? at[7] : 0);
	SAY(!bpf_dynptr_slice(&q, 9, NULL, 8));
	SAY(!bpf_dynptr_slice(&p, -1ULL, NULL, 8));
	at = bpf_dynptr_slice(&p, 31, buffer, 8);
	SAY(at ? at[0] << 8 | at[1] : 0);
	SAY(buffer[0]);
	return 0;
}

/* What is given up by one dynptr is given up by all. */
SEC("syscall")
int dynptr_ring_views(struct calls_ctx *ctx)
{
	struct bpf_dynptr p, q;
	char *at;

	SAY(bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &p));
	SAY_INT(bpf_dynptr_clone(&p, &q));
	SAY(bpf_dynptr_write(&q, 0, "c", 1, 0));
	at = bpf_dynptr_data(&p, 0, 8);
	SAY(at ? at[0] : -1);
	bpf_ringbuf_discard_dynptr(&q, 0);
	return 0;
}

/* For programs that may write packets alone. */
SEC("xdp")
int dynptr_slices(struct xdp_md *ctx)
{
	struct bpf_dynptr p;
	char *at;
	__u32 zero = 0;
	char *m = bpf_map_lookup_elem(&memory, &zero);

	if (!m)
		return 1;
	SAY(bpf_dynptr_from_mem(m, 64, 0, &p));
	at = bpf_dynptr_slice_rdwr(&p, 8, NULL, 8);
	if (at)
		at[7] = 'w';
	SAY(m[15]);
	SAY(!bpf_dynptr_slice_rdwr(&p, 57, NULL, 8));
	return 0;
}

SEC("syscall")
int dynptr_ring(struct calls_ctx *ctx)
{
	struct bpf_dynptr p;
	char *at;

	SAY(bpf_ringbuf_reserve_dynptr(&ring, 16, 1, &p));
	SAY(1 & bpf_dynptr_is_null(&p));
	bpf_ringbuf_submit_dynptr(&p, 0);
	SAY(bpf_ringbuf_reserve_dynptr(&ring, 1 << 24, 0, &p));
	bpf_ringbuf_discard_dynptr(&p, 0);
	SAY(bpf_ringbuf_reserve_dynptr(&ring, 8192, 0, &p));
	bpf_ringbuf_discard_dynptr(&p, 0);
	SAY(bpf_ringbuf_reserve_dynptr(&ring, 20, 0, &p));
	SAY(bpf_dynptr_size(&p));
	at = bpf_dynptr_data(&p, 16, 4);
	SAY(!!at);
	if (at)
		*at = 'r';
	SAY_INT(bpf_dynptr_adjust(&p, 4, 20));
	bpf_ringbuf_submit_dynptr(&p, BPF_RB_NO_WAKEUP);
	SAY(bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA));
	SAY(bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p));
	bpf_ringbuf_discard_dynptr(&p, 0);
	SAY(bpf_ringbuf_query(&ring, BPF_RB_PROD_POS));
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} user_ring SEC(".maps");

static long on_sample(struct bpf_dynptr *p, void *ctx)
{
	__u64 word = 0, stop_at = *(__u64 *)ctx;

	SAY(bpf_dynptr_size(p));
	SAY(bpf_dynptr_read(&word, 8, p, 0, 0));
	SAY(word);
	return word == stop_at;
}

/* What calls.c has put there. */
SEC("syscall")
int drain_user_ring(struct calls_ctx *ctx)
{
	__u64 stop_at = 3;

	SAY(bpf_user_ringbuf_drain(&user_ring, on_sample, &stop_at, 4));
	SAY(bpf_user_ringbuf_drain(&user_ring, on_sample, &stop_at, 0));
	SAY(bpf_user_ringbuf_drain(&user_ring, on_sample, &stop_at, BPF_RB_FORCE_WAKEUP));
	SAY(bpf_user_ringbuf_drain(&user_ring, on_sample, &stop_at, BPF_RB_NO_WAKEUP));
	return 0;
}

/* -- Memory of the process --- */

SEC("syscall")
int user_memory(struct calls_ctx *ctx)
{
	const void *text = (void *)ctx->text, *end = (void *)ctx->end, *open = (void *)ctx->open,
		   *gone = (void *)ctx->gone;
	char to[16] = "###############";

	SAY(bpf_copy_from_user(to, 4, text));
	SAY(*(__u32 *)to);
	SAY(bpf_copy_from_user(to, 8, end));
	SAY(*(__u64 *)to);
	SAY(bpf_copy_from_user(to, 4, gone));
	SAY(bpf_copy_from_user(to, 4, NULL));
	SAY(bpf_probe_read_user(to, 4, end));
	SAY(*(__u32 *)to);
	SAY(bpf_probe_read_user(to, 5, end));
	SAY(*(__u32 *)to);
	SAY(bpf_probe_read_user(to, 4, NULL));
	SAY(bpf_probe_read_user(to, 4, BAD));
	SAY(bpf_probe_read_user_str(to, 16, text));
	SAY(*(__u64 *)to);
	SAY(bpf_probe_read_user_str(to, 5, text));
	SAY(*(__u32 *)to);
	SAY(to[4]);
	SAY(bpf_probe_read_user_str(to, 16, end));
	SAY(bpf_probe_read_user_str(to, 16, open));
	SAY(bpf_probe_read_user_str(to, 4, open));
	SAY(bpf_probe_read_user_str(to, 16, gone));
	SAY(bpf_probe_read_user_str(to, 0, text));
	SAY_INT(bpf_copy_from_user_str(to, 16, text, 0));
	SAY_INT(bpf_copy_from_user_str(to, 16, text, 1));
	SAY(*(__u64 *)(to + 8));
	SAY_INT(bpf_copy_from_user_str(to, 16, text, 2));
	SAY_INT(bpf_copy_from_user_str(to, 5, text, 0));
	SAY_INT(bpf_copy_from_user_str(to, 16, end, 0));
	SAY_INT(bpf_copy_from_user_str(to, 16, open, 0));
	SAY_INT(bpf_copy_from_user_str(to, 16, gone, 0));
	return 0;
}

SEC("syscall")
int user_dynptr(struct calls_ctx *ctx)
{
	const void *text = (void *)ctx->text, *end = (void *)ctx->end, *gone = (void *)ctx->gone;
	struct bpf_dynptr p;
	__u32 zero = 0;
	char *m = bpf_map_lookup_elem(&memory, &zero);

	if (!m)
		return 1;
	bpf_dynptr_from_mem(m, 64, 0, &p);
	SAY_INT(bpf_probe_read_user_dynptr(&p, 0, 4, text));
	SAY(*(__u32 *)m);
	SAY_INT(bpf_probe_read_user_dynptr(&p, 61, 4, text));
	SAY_INT(bpf_probe_read_user_dynptr(&p, 0, 4, gone));
	SAY_INT(bpf_probe_read_user_str_dynptr(&p, 4, 16, text));
	SAY_INT(bpf_probe_read_user_str_dynptr(&p, 4, 16, end));
	SAY(*(__u32 *)(m + 4));
	SAY_INT(bpf_probe_read_user_str_dynptr(&p, 60, 5, text));
	SAY_INT(bpf_probe_read_user_str_dynptr(&p, 0, 16, gone));
	SAY_INT(bpf_copy_from_user_dynptr(&p, 0, 8, text));
	SAY_INT(bpf_copy_from_user_dynptr(&p, 0, 8, gone));
	return 0;
}

/* -- Maps in maps --- */

struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [2] = &inner } };

static __attribute__((noinline)) int look_in(__u32 key)
{
	void *m = bpf_map_lookup_elem(&outer, &key);
	__u64 *v, value = key + 10;

	SAY(!!m);
	if (!m)
		return 0;
	SAY(!!bpf_map_lookup_elem(m, &key));
	SAY(bpf_map_update_elem(m, &key, &value, BPF_NOEXIST));
	v = bpf_map_lookup_elem(&inner, &key);
	SAY(v ? *v : 0);
	SAY(bpf_map_delete_elem(m, &key));
	return SAY(bpf_map_delete_elem(m, &key));
}

SEC("syscall")
int map_in_map(struct calls_ctx *ctx)
{
	look_in(0);
	look_in(2);
	look_in(7);
	return 0;
}

/* -- Values with a lock --- */

struct locked {
	__u32 before;
	struct bpf_spin_lock lock;
	__u64 after;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct locked);
} locked_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct locked);
} locked_hash SEC(".maps");

/* After calls.c has put values there. */
SEC("syscall")
int locks(struct calls_ctx *ctx)
{
	struct locked v = { .before = 7, .after = 8 };
	__u32 key = 1, none = 5;
	struct locked *p;

	p = bpf_map_lookup_elem(&locked_array, &key);
	if (p) {
		bpf_spin_lock(&p->lock);
		p->before += 10;
		bpf_spin_unlock(&p->lock);
		SAY(p->before);
	}
	SAY(bpf_map_update_elem(&locked_array, &key, &v, BPF_F_LOCK));
	SAY(bpf_map_update_elem(&locked_array, &key, &v, BPF_F_LOCK | BPF_NOEXIST));
	SAY(bpf_map_update_elem(&locked_array, &none, &v, BPF_F_LOCK));
	SAY(bpf_map_update_elem(&locked_array, &key, &v, BPF_F_LOCK | BPF_NOEXIST | BPF_EXIST));
	SAY(bpf_map_update_elem(&locked_hash, &key, &v, BPF_F_LOCK));
	SAY(bpf_map_update_elem(&locked_hash, &key, &v, BPF_F_LOCK | BPF_NOEXIST));
	SAY(bpf_map_update_elem(&locked_hash, &none, &v, BPF_F_LOCK | BPF_EXIST));
	SAY(bpf_map_update_elem(&locked_hash, &none, &v, BPF_F_LOCK));
	p = bpf_map_lookup_elem(&locked_hash, &none);
	SAY(p ? p->before + p->after : -1);
	return 0;
}

struct resilient {
	__u32 before;
	struct bpf_res_spin_lock lock;
	__u64 after;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct resilient);
} resilient SEC(".maps");

static __attribute__((noinline)) int lock_two(__u32 first, __u32 second)
{
	struct resilient *a = bpf_map_lookup_elem(&resilient, &first);
	struct resilient *b = bpf_map_lookup_elem(&resilient, &second);
	int err_a, err_b;

	if (!a || !b)
		return say(-1);
	err_a = bpf_res_spin_lock(&a->lock);
	if (err_a)
		return say(err_a);
	err_b = bpf_res_spin_lock(&b->lock);
	if (!err_b) {
		b->before += 100;
		bpf_res_spin_unlock(&b->lock);
	}
	a->before++;
	bpf_res_spin_unlock(&a->lock);
	return say(err_b) + say(a->before) + say(b->before);
}

static __attribute__((noinline)) int lock_quietly(__u32 key)
{
	struct resilient *p = bpf_map_lookup_elem(&resilient, &key);
	unsigned long flags, outer;
	int err;

	if (!p)
		return say(-1);
	bpf_local_irq_save(&outer);
	err = bpf_res_spin_lock_irqsave(&p->lock, &flags);
	if (!err) {
		p->after++;
		bpf_res_spin_unlock_irqrestore(&p->lock, &flags);
	}
	bpf_local_irq_restore(&outer);
	return say(err) + say(p->after);
}

SEC("syscall")
int resilient_locks(struct calls_ctx *ctx)
{
	struct resilient v = { .before = 7, .after = 8 };
	__u32 one = 1, two = 2;

	SAY(bpf_map_update_elem(&resilient, &one, &v, 0));
	SAY(bpf_map_update_elem(&resilient, &two, &v, 0));
	lock_two(one, two);
	lock_two(two, two);	/* which it holds already */
	lock_two(two, one);
	lock_quietly(one);
	lock_quietly(one);
	SAY(bpf_map_update_elem(&resilient, &one, &v, BPF_F_LOCK));
	SAY(bpf_map_update_elem(&resilient, &one, &v, BPF_EXIST));
	lock_two(one, one);
	return 0;
}

/* -- Loops --- */

static __attribute__((noinline)) int count(int start, int end)
{
	struct bpf_iter_num it;
	__s64 sum = 0;
	int *i;

	SAY_INT(bpf_iter_num_new(&it, start, end));
	while ((i = bpf_iter_num_next(&it)))
		sum += *i;
	bpf_iter_num_destroy(&it);
	return SAY(sum);
}

SEC("syscall")
int iterate(struct calls_ctx *ctx)
{
	count(0, 5);
	count(-3, 2);
	count(5, 5);
	count(5, 4);
	count(0, 1 << 23);
	count(0, (1 << 23) + 1);
	count(0x7ffffffe, 0x7fffffff);
	count(-0x7fffffff - 1, -0x7fffffff);
	return 0;
}
