/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What helpers and kfuncs say, a line for each call in calls.bpf.c and helpers.bpf.c. The same program asks the engine
 * (test_answers) and a real kernel:
 *
 *	tools/vm -k 7.2 -- build/tests/user/calls --kernel > tests/user/calls.expected
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "calls.h"
#include "inject/selftarget.h"
#include "syscall/wrap.h"
#include "util/types.h"

static struct calls_ctx ctx;

static void make_memory(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *m = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* unmapped, it would be given to whoever maps something next */
	mprotect(m + page, page, PROT_NONE);
	mprotect(m + 3 * page, page, PROT_NONE);
	memcpy(m, "some text", 10);
	memcpy(m + page - 4, "end", 4);
	memcpy(m + 3 * page - 4, "open", 4);
	ctx = (struct calls_ctx){ (u64)m, (u64)m + page - 4, (u64)m + 3 * page - 4, (u64)m + page };
}

static int run(struct bpf_object *obj, struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	int bss = bpf_map__fd(bpf_object__find_map_by_name(obj, ".bss")), err;
	struct calls_data d = {};
	static char packet[64];
	u32 zero = 0;

	if (bpf_program__type(prog) == BPF_PROG_TYPE_XDP) {
		opts.ctx_in = NULL;
		opts.ctx_size_in = 0;
		opts.data_in = packet;
		opts.data_size_in = sizeof(packet);
	}
	bpf_map_update_elem(bss, &zero, &d, 0);
	err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	bpf_map_lookup_elem(bss, &zero, &d);
	if (err || opts.retval)
		printf("%s: error %d, returned %u\n", bpf_program__name(prog), err, opts.retval);
	for (u32 i = 0; i < d.nr; i++)
		printf("%s %u: %lld\n", bpf_program__name(prog), i, (long long)d.got[i]);
	return err;
}

/* Good, discarded and short records, and one that is not finished. */
static void fill_user_ring(struct bpf_object *obj)
{
	struct user_ring_buffer *rb = user_ring_buffer__new(bpf_object__find_map_fd_by_name(obj, "user_ring"), NULL);
	u64 *r;

	for (u64 i = 1; rb && i <= 5; i++) {
		r = user_ring_buffer__reserve(rb, i == 4 ? 4 : 16);
		*(u32 *)r = i;
		if (i != 4)
			r[0] = i;
		if (i == 2)
			user_ring_buffer__discard(rb, r);
		else
			user_ring_buffer__submit(rb, r);
	}
	printf("reserve too much: %d\n", rb && !user_ring_buffer__reserve(rb, 4096) ? errno : 0);
	if (rb && user_ring_buffer__reserve(rb, 8))
		printf("reserved\n");
	user_ring_buffer__free(rb);
}

/* What is written to a lock is left out, what is read of it is zero. */
static void use_locked(struct bpf_object *obj, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(obj, name);
	u32 key = 1, v[4] = { 1, 0xffffffff, 3, 0 }, got[4];
	static const u64 flags[] = { 0, BPF_F_LOCK, BPF_F_LOCK | BPF_NOEXIST, BPF_F_LOCK | BPF_EXIST,
				     BPF_F_LOCK | BPF_NOEXIST | BPF_EXIST };

	for (u32 i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		v[0]++;
		printf("%s update %llu: %d", name, (unsigned long long)flags[i],
		       bpf_map_update_elem(fd, &key, v, flags[i]));
		memset(got, 0xff, sizeof(got));
		printf(" lookup: %d", bpf_map_lookup_elem(fd, &key, got));
		printf(" locked: %d", bpf_map_lookup_elem_flags(fd, &key, got, BPF_F_LOCK));
		printf(" got %u %u %u\n", got[0], got[1], got[2]);
	}
}

static struct bpf_object *load(const char *folder, const char *name)
{
	struct bpf_object *obj;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	obj = bpf_object__open_file(path, NULL);
	if (obj && !bpf_object__load(obj))
		return obj;
	fprintf(stderr, "calls: cannot load %s: %s\n", name, strerror(errno));
	exit(1);
}

static int run_all(struct bpf_object *obj)
{
	struct bpf_program *prog;
	int bad = 0;

	bpf_object__for_each_program(prog, obj)
		bad |= run(obj, prog);
	bpf_object__close(obj);
	return bad;
}

int main(int argc, char **argv)
{
	bool kernel = argc > 1 && !strcmp(argv[1], "--kernel");
	const char *folder = dirname(argv[0]);
	struct bpf_object *obj;
	int bad;

	wrap_set(!kernel);
	if (!kernel)
		selftarget_use(NULL);
	make_memory();
	obj = load(folder, "calls.bpf.o");
	fill_user_ring(obj);
	use_locked(obj, "locked_array");
	use_locked(obj, "locked_hash");
	printf("no lock: %d\n", bpf_map_lookup_elem_flags(bpf_object__find_map_fd_by_name(obj, "inner"), &(u32){ 0 },
							   &(u64){ 0 }, BPF_F_LOCK));
	bad = run_all(obj);
	bad |= run_all(load(folder, "helpers.bpf.o"));
	return !!bad;
}
