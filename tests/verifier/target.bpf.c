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
#include "corpus/types.h"

/* Whole, not just declared. */
struct inode target_inode;
struct dentry target_dentry;
struct file target_file;
struct task_struct target_task;
struct sk_buff target_skb;

struct clk_hw;
struct clk_ops;
struct device;
struct vm_fault;

FN(int, icmp_rcv, struct sk_buff *skb) { return (long)skb; }
FN(long, vfs_read, struct file *file, char *buf, unsigned long count, long long *pos)
{
	return (long)file + (long)buf + count + (long)pos;
}
FN(long, vfs_write, struct file *file, const char *buf, unsigned long count, long long *pos)
{
	return (long)file + (long)buf + count + (long)pos;
}

/* And the corpus. */
FN(void, wake_up_new_task, struct task_struct *p) { p->prio = 0; }
FN(void, dput, struct dentry *dentry) { dentry->d_parent = 0; }
FN(int, vfs_open, const struct path *path, struct file *file) { return (long)path + (long)file; }

/* Of functions with more than five arguments there are declarations alone. */
int bpf_fentry_test6(__u64 a, void *b, short c, int d, void *e, __u64 f);
struct clk_hw *__clk_hw_register_composite(struct device *dev, const char *name, const char *const *parent_names,
					   const void *pdata, int num_parents, struct clk_hw *mux_hw,
					   const struct clk_ops *mux_ops, struct clk_hw *rate_hw,
					   const struct clk_ops *rate_ops, struct clk_hw *gate_hw,
					   const struct clk_ops *gate_ops, unsigned long flags);
long target_declared(void) { return (long)bpf_fentry_test6 + (long)__clk_hw_register_composite; }

/* What other kinds of programs are attached to. */
struct bpf_iter_meta;
struct linux_binprm;
typedef void (*btf_trace_sched_switch)(void *data, _Bool preempt, struct task_struct *prev,
				       struct task_struct *next, unsigned int prev_state);
btf_trace_sched_switch target_tracepoint;
FN(int, bpf_iter_task, struct bpf_iter_meta *meta, struct task_struct *task) { return (long)meta + (long)task; }
FN(int, bpf_lsm_file_open, struct file *file) { return (long)file; }
FN(void, bpf_lsm_bprm_committed_creds, const struct linux_binprm *bprm) { (void)bprm; }
