// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Arguments of global functions beyond what their types say: tags, dynptrs; what is not called is not looked at. */
#include "rules.h"

/* Of which the compiler knows little where it is called; with UNSEEN nothing */
#define GLOBAL __attribute__((noinline, weak))
#define ARG(tag) __attribute__((btf_decl_tag("arg:" tag)))

struct task_struct {
	int pid;
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

struct task_struct___mine {
	int tgid;
} __attribute__((preserve_access_index));

int sink;

struct nobody_has_this {
	int n;
};

struct sock;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} storage SEC(".maps");

extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;

static __always_inline struct task_struct *current(void)
{
	return (void *)bpf_get_current_task_btf();
}

#define PROG(name) int name(__u64 *ctx)

/* -- Trusted pointers --- */

GLOBAL int trusted_pid(struct task_struct *t ARG("trusted"))
{
	return t->pid;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(trusted_current)
{
	sink = trusted_pid(current());
	return 0;
}

SEC("tp_btf/sched_switch") __success
PROG(trusted_argument_of_a_tracepoint)
{
	sink = trusted_pid((void *)ctx[1]);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar, expected a pointer to struct task_struct")
PROG(trusted_is_a_number)
{
	sink = trusted_pid((void *)bpf_get_current_task());
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar, expected a pointer to struct task_struct")
PROG(trusted_is_null)
{
	sink = trusted_pid(NULL);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is fp, expected a pointer to struct task_struct")
PROG(trusted_is_on_the_stack)
{
	struct task_struct t = {};

	sink = trusted_pid(&t);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is ctx, expected a pointer to struct task_struct")
PROG(trusted_is_ctx)
{
	sink = trusted_pid((void *)ctx);
	return 0;
}

SEC("fentry/wake_up_new_task") __success
PROG(trusted_is_an_argument)
{
	sink = trusted_pid((void *)ctx[0]);
	return 0;
}

SEC("fentry/wake_up_new_task") __success
PROG(trusted_is_reached_from_an_argument)
{
	sink = trusted_pid(((struct task_struct *)ctx[0])->real_parent);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is ptr_, expected a pointer to struct task_struct")
PROG(trusted_within_the_object)
{
	sink = trusted_pid((void *)current() + 8);
	return 0;
}

GLOBAL int trusted_gives_storage(struct task_struct *t ARG("trusted"))
{
	__u64 *v = bpf_task_storage_get(&storage, (void *)t, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	return v ? *v : 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(trusted_for_a_helper)
{
	sink = trusted_gives_storage(current());
	return 0;
}

GLOBAL int trusted_writes(struct task_struct *t ARG("trusted"))
{
	t->pid = 1;
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("a struct task_struct may only be read")
PROG(trusted_is_read_only)
{
	sink = trusted_writes(current());
	return 0;
}

GLOBAL int flavored(struct task_struct___mine *t ARG("trusted"))
{
	return t->tgid;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(trusted_of_another_flavor)
{
	sink = flavored((void *)current());
	return 0;
}

GLOBAL int trusted_passes_on(struct task_struct *t ARG("trusted"))
{
	return trusted_pid(t);
}

SEC("fsession/bpf_fentry_test2") __success
PROG(trusted_is_passed_on)
{
	sink = trusted_passes_on(current());
	return 0;
}

GLOBAL int unknown_type(struct nobody_has_this *t ARG("trusted"))
{
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the prototype of 'unknown_type' cannot be checked")
PROG(trusted_of_an_unknown_type)
{
	sink = unknown_type((void *)current());
	return 0;
}

GLOBAL int trusted_int(int *p ARG("trusted"))
{
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the prototype of 'trusted_int' cannot be checked")
PROG(trusted_pointer_to_a_number)
{
	sink = trusted_int(NULL);
	return 0;
}

/* -- Or NULL --- */

GLOBAL int maybe_pid(struct task_struct *t ARG("trusted") ARG("nullable"))
{
	return t ? t->pid : 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(nullable_current)
{
	sink = maybe_pid(current());
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(nullable_is_null)
{
	sink = maybe_pid(NULL);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1 is scalar, expected a pointer to struct task_struct")
PROG(nullable_is_one)
{
	sink = maybe_pid((void *)1);
	return 0;
}

GLOBAL int maybe_unchecked(struct task_struct *t ARG("trusted") ARG("nullable"))
{
	return t->pid;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("it may be NULL") __msg("compare it with NULL first")
PROG(nullable_without_check)
{
	sink = maybe_unchecked(current());
	return 0;
}

GLOBAL int maybe_passed_on(struct task_struct *t ARG("trusted") ARG("nullable"))
{
	return trusted_pid(t);
}

SEC("fsession/bpf_fentry_test2") __failure __msg("it may be NULL") __msg("compare it with NULL first")
PROG(nullable_passed_on_unchecked)
{
	sink = maybe_passed_on(current());
	return 0;
}

GLOBAL int maybe_passed_on_checked(struct task_struct *t ARG("trusted") ARG("nullable"))
{
	return t ? trusted_pid(t) : 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(nullable_passed_on_checked)
{
	sink = maybe_passed_on_checked(NULL);
	return 0;
}

GLOBAL int maybe_to_maybe(struct task_struct *t ARG("trusted") ARG("nullable"))
{
	return maybe_pid(t);
}

SEC("fsession/bpf_fentry_test2") __success
PROG(nullable_passed_on_as_nullable)
{
	sink = maybe_to_maybe(NULL);
	return 0;
}

GLOBAL int nullable_memory(int *p ARG("nullable"))
{
	UNSEEN(p);
	return p ? *p : 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the prototype of 'nullable_memory' cannot be checked")
PROG(nullable_without_trust)
{
	sink = nullable_memory(NULL);
	return 0;
}

GLOBAL int both_ways(struct task_struct *t ARG("trusted") ARG("nonnull"))
{
	return t->pid;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the prototype of 'both_ways' cannot be checked")
PROG(trusted_and_nonnull)
{
	sink = both_ways(current());
	return 0;
}

GLOBAL int tagged_number(int n ARG("nonnull"))
{
	return n;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the prototype of 'tagged_number' cannot be checked")
PROG(number_with_a_tag)
{
	sink = tagged_number(1);
	return 0;
}

GLOBAL int misspelt(int *p ARG("nonull"))
{
	return p ? *p : 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the prototype of 'misspelt' cannot be checked")
PROG(unknown_tag)
{
	int n = 0;

	sink = misspelt(&n);
	return 0;
}

GLOBAL int ctx_and_more(void *c ARG("ctx") ARG("nonnull"))
{
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("the prototype of 'ctx_and_more' cannot be checked")
PROG(ctx_with_another_tag)
{
	sink = ctx_and_more(ctx);
	return 0;
}

/* -- Anything at all --- */

GLOBAL int untrusted_pid(struct task_struct *t ARG("untrusted"))
{
	return t->pid;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(untrusted_current)
{
	sink = untrusted_pid(current());
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(untrusted_number)
{
	sink = untrusted_pid((void *)bpf_get_current_task());
	return 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(untrusted_null)
{
	sink = untrusted_pid(NULL);
	return 0;
}

GLOBAL int untrusted_passed_on(struct task_struct *t ARG("untrusted"))
{
	return trusted_pid(t);
}

SEC("fsession/bpf_fentry_test2") __failure __msg("nobody says that this struct task_struct is there still")
PROG(untrusted_for_trusted)
{
	sink = untrusted_passed_on(current());
	return 0;
}

/* -- Dynptrs --- */

GLOBAL int reads_dynptr(const struct bpf_dynptr *p)
{
	__u64 v = 0;

	bpf_dynptr_read(&v, sizeof(v), (void *)p, 0, 0);
	return v;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_passed)
{
	struct bpf_dynptr p;

	bpf_dynptr_from_mem(global, sizeof(global), 0, &p);
	sink = reads_dynptr(&p);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1: no initialized dynptr there")
PROG(dynptr_not_made)
{
	__u64 words[2] = {};

	sink = reads_dynptr((void *)words);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1")
PROG(dynptr_is_a_value)
{
	sink = reads_dynptr((void *)global);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1")
PROG(dynptr_is_null)
{
	sink = reads_dynptr(NULL);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1")
PROG(dynptr_in_its_middle)
{
	struct bpf_dynptr p;

	bpf_dynptr_from_mem(global, sizeof(global), 0, &p);
	sink = reads_dynptr((void *)&p + 8);
	return 0;
}

GLOBAL int writes_dynptr(struct bpf_dynptr *p)
{
	__u64 v = 1;

	return bpf_dynptr_write(p, 0, &v, sizeof(v), 0);
}

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_is_written_through)
{
	struct bpf_dynptr p;

	bpf_dynptr_from_mem(global, sizeof(global), 0, &p);
	sink = writes_dynptr(&p);
	return 0;
}

GLOBAL int data_of_dynptr(struct bpf_dynptr *p)
{
	__u64 *v = bpf_dynptr_data(p, 0, 8);

	return v ? *v : 0;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_has_data)
{
	struct bpf_dynptr p;

	bpf_dynptr_from_mem(global, sizeof(global), 0, &p);
	sink = data_of_dynptr(&p);
	return 0;
}

GLOBAL int submits_dynptr(struct bpf_dynptr *p)
{
	bpf_ringbuf_submit_dynptr(p, 0);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("R1")
PROG(dynptr_is_given_up_elsewhere)
{
	struct bpf_dynptr p;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	submits_dynptr(&p);
	bpf_ringbuf_discard_dynptr(&p, 0);
	return 0;
}

GLOBAL int loads_dynptr(struct bpf_dynptr *p)
{
	return *(volatile int *)p;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("memory cannot be accessed through it")
PROG(dynptr_is_loaded_from)
{
	struct bpf_dynptr p;

	bpf_dynptr_from_mem(global, sizeof(global), 0, &p);
	sink = loads_dynptr(&p);
	return 0;
}

GLOBAL int sizes_dynptr(const struct bpf_dynptr *p)
{
	return bpf_dynptr_size(p) + reads_dynptr(p);
}

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_is_passed_on)
{
	struct bpf_dynptr p;

	bpf_dynptr_from_mem(global, sizeof(global), 0, &p);
	sink = sizes_dynptr(&p);
	return 0;
}

GLOBAL int clones_dynptr(const struct bpf_dynptr *p)
{
	struct bpf_dynptr q;
	__u64 v = 0;

	bpf_dynptr_clone(p, &q);
	bpf_dynptr_read(&v, sizeof(v), &q, 0, 0);
	return v;
}

SEC("fsession/bpf_fentry_test2") __success
PROG(dynptr_is_cloned)
{
	struct bpf_dynptr p;

	bpf_dynptr_from_mem(global, sizeof(global), 0, &p);
	sink = clones_dynptr(&p);
	return 0;
}

/* -- What is called --- */

GLOBAL int wrong_if_called(int *p)
{
	UNSEEN(p);
	return p ? p[100] : 0;
}

const volatile int call_it = 0;

SEC("fsession/bpf_fentry_test2") __success
PROG(wrong_but_not_called)
{
	if (call_it)
		sink = wrong_if_called(NULL);
	return 0;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is outside its 4 bytes")
PROG(wrong_and_called)
{
	sink = wrong_if_called(NULL);
	return 0;
}

GLOBAL int calls_wrong(int n)
{
	UNSEEN(n);
	return wrong_if_called(NULL) + n;
}

SEC("fsession/bpf_fentry_test2") __failure __msg("is outside its 4 bytes")
PROG(wrong_and_called_by_another)
{
	sink = calls_wrong(1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
