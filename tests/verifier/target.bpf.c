// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What test programs are attached to, for its types alone. The first functions are called and declared as
 * those the kernel keeps for such tests, so that the same objects load there.
 */
#include <linux/types.h>

struct bpf_fentry_test_t {
	struct bpf_fentry_test_t *a;
};

struct inner {
	int x;
	struct node *up;
};

struct node {
	struct node *next;
	const char *name;
	__u8 flag : 3, rest : 5;
	__u16 half;
	__u32 word;
	__u64 wide;
	struct inner in;
	struct inner many[4];
	char text[16];
	void *opaque;
	int tail[];
};

struct pair {
	__u64 a, b;
};

struct small {
	__u32 a, b;
};

enum mode { MODE_A, MODE_B };

#define FN(ret, name, ...) __attribute__((noinline)) ret name(__VA_ARGS__)

FN(int, bpf_fentry_test1, int a) { return a + 1; }
FN(int, bpf_fentry_test2, int a, __u64 b) { return a + b; }
FN(int, bpf_fentry_test3, char a, int b, __u64 c) { return a + b + c; }
FN(int, bpf_fentry_test4, void *a, char b, int c, __u64 d) { return (long)a + b + c + d; }
FN(int, bpf_fentry_test5, __u64 a, void *b, short c, int d, __u64 e) { return a + (long)b + c + d + e; }
FN(int, bpf_fentry_test7, struct bpf_fentry_test_t *arg) { return (long)arg; }
FN(int, bpf_fentry_test8, struct bpf_fentry_test_t *arg) { return (long)arg->a; }

FN(void, target_void, int a, struct node *n) { n->word = a; }
FN(struct node *, target_node, struct node *n, int mode) { return mode ? n : n->next; }
FN(__u64, target_pair, struct pair p, struct small s, int c) { return p.a + p.b + s.a + s.b + c; }
FN(enum mode, target_enum, enum mode m, _Bool b, const char *s) { return b ? m : s[0]; }
FN(__u64, target_none, void) { return 7; }

/* Functions that the kernel has, and some programs must not be attached to. */
FN(void, do_exit, long code) { (void)code; }
FN(void, __rcu_read_lock, void) {}
FN(void, migrate_disable, void) {}
FN(void, preempt_count_add, int val) { (void)val; }

/* What the examples look at. */
struct sk_buff;
struct file;
FN(int, icmp_rcv, struct sk_buff *skb) { return (long)skb; }
FN(long, vfs_read, struct file *file, char *buf, unsigned long count, long long *pos)
{
	return (long)file + (long)buf + count + (long)pos;
}
