/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same programs under both engines: what they saw, line by line. With --engine=user it is compared with
 * what native sessions of Linux 7.2 saw, seen.expected, which --engine=kernel --record=1 prints.
 */
#include "sem.h"

struct seen {
	struct sem_event log[SEM_EVENTS];
	__u32 nr;
};

static bool run_under(enum fsession_engine engine, const char *object, const char *programs,
		      struct seen *seen)
{
	struct bpf_link *links[16] = { NULL };
	char buf[256], *save, *w;
	struct sem s;
	int nr = 0;

	sem_register_engine(engine, 0);
	if (!sem_open(&s, object, programs))
		return false;
	CHECK_EQ(bpf_object__load(s.obj), 0);
	if (!sem_map_data(&s))
		return false;
	snprintf(buf, sizeof(buf), "%s", programs);
	for (w = strtok_r(buf, " ", &save); w; w = strtok_r(NULL, " ", &save), nr++) {
		struct fsession_prog_info info = { .sz = sizeof(info) };

		if (fsession_prog_info(sem_prog(&s, w), &info)) {	/* a plain program */
			links[nr] = bpf_program__attach(sem_prog(&s, w));
			continue;
		}
		CHECK_EQ(info.engine, engine);
		CHECK_EQ(sem_attach_cookie(&s, w, 0x9000 + nr, &links[nr]), 0);
	}
	sem_clear(&s);
	CHECK_EQ(sem_run_tests(), 0);
	CHECK(getpgid(getpid()) == getpgrp());
	memcpy(seen->log, s.d->log, sizeof(seen->log));
	seen->nr = s.d->nr_events;
	while (nr)
		bpf_link__destroy(links[--nr]);
	bpf_object__close(s.obj);
	return true;
}

static void find_rung(const struct fsession_rung *rung, void *arg)
{
	if (!strcmp(rung->name, "kernel"))
		*(bool *)arg = rung->works;
}

static const char *show(const struct sem_event *e)
{
	static char buf[2][512];
	static int turn;
	char *p = buf[turn ^= 1];

	snprintf(p, sizeof(buf[0]), "%u%c cookie %#llx attach %#llx ip %#llx args %lld %lld %lld "
		 "%lld %lld %lld ret %lld (%lld) cnt %llu", e->id, e->is_return ? '-' : '+',
		 e->cookie, e->attach_cookie, e->ip, e->args[0], e->args[1], e->args[2], e->args[3],
		 e->args[4], e->args[5], e->ret, e->ret_err, e->nr_args);
	return p;
}

/* Addresses are another kernel's. */
static const char *show_portably(const struct sem_event *seen)
{
	struct sem_event e = *seen;

	e.ip = e.ip != 0;
	return show(&e);
}

static void record(const struct seen *seen, const char *test)
{
	for (__u32 i = 0; i < seen->nr && i < SEM_EVENTS; i++)
		printf("# seen %s: %s\n", test, show_portably(&seen->log[i]));
}

/* The next line of @test's in @f, or NULL. */
static const char *next_line(FILE *f, const char *test)
{
	static char line[512];
	size_t len = strlen(test);

	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, test, len) && line[len] == ':')
			return line + len + 2;
	}
	return NULL;
}

static void compare_with_file(const struct seen *seen, const char *test)
{
	const char *path = getenv("SEEN"), *line;
	FILE *f = path ? fopen(path, "re") : NULL;
	__u32 nr = 0;

	CHECK(f);
	while (f && (line = next_line(f, test)) && nr < SEM_EVENTS)
		CHECK_STR(show_portably(&seen->log[nr++]), line);
	CHECK(nr > 0);
	CHECK_EQ(seen->nr, nr);
	if (f)
		fclose(f);
}

static void compare(const char *test, const char *object, const char *programs)
{
	static struct seen native, split;
	bool kernel = false;

	if (tap_option("record") || sem_engine() == FSESSION_ENGINE_USER) {
		if (!run_under(sem_engine(), object, programs, &native))
			return;
		if (tap_option("record"))
			record(&native, test);
		else
			compare_with_file(&native, test);
		return;
	}
	fsession_probe(find_rung, &kernel);
	if (!kernel)
		tap_skip("this kernel has no sessions of its own to compare with");
	sem_pin(0);
	if (!run_under(FSESSION_ENGINE_KERNEL, object, programs, &native) ||
	    !run_under(FSESSION_ENGINE_SPLIT, object, programs, &split))
		return;
	CHECK(native.nr > 0);
	CHECK_EQ(native.nr, split.nr);
	for (__u32 i = 0; i < native.nr && i < SEM_EVENTS; i++)
		CHECK_STR(show(&split.log[i]), show(&native.log[i]));
}

TEST(compare_order)
{
	compare("compare_order", "sem_order", "s0 fe s1 plain s2 fx blind s3");
}

TEST(compare_args)
{
	compare("compare_args", "sem_args", "args6 args3 hoisted dominated attach_cookie1");
}

TEST(compare_helpers)
{
	compare("compare_helpers", "sem_args", "helpers1 helpers2 helpers6 helpers_variable");
}

TEST(compare_shapes)
{
	compare("compare_shapes", "sem_shape",
		"subprog subprog_below subprog_returns subprog_global cookie_kept "
		"cookie_bytes full_stack full_registers many_exits");
}

TEST(compare_callbacks)
{
	compare("compare_callbacks", "sem_shape", "callback_loop callback_elem big");
}

TEST(compare_lsm_hook)
{
	compare("compare_lsm_hook", "sem_args", "modified modified_plain modified_fexit");
}

TEST(register_after_unregister)
{
	struct sem s;

	for (int i = 0; i < 3; i++) {
		if (!sem_load(&s, "sem_order", "s0 s1") || !sem_attach(&s, "s0 s1"))
			return;
		CHECK_EQ(sem_run_tests(), 0);
		CHECK_EQ(s.d->nr_events, 4);
		sem_close(&s);
		fsession_unregister();
	}
}
