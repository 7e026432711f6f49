/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/opt.h"

#include <errno.h>
#include <stdlib.h>

#include "tap.h"
#include "util/log.h"

struct values {
	bool flag;
	int count;
	struct opt_list list;
	int choice;
	uint64_t ns;
};

static const struct opt opts[] = {
	{ "flag", 'f', OPT_FLAG, offsetof(struct values, flag), NULL, "" },
	{ "count", 'c', OPT_COUNT, offsetof(struct values, count), NULL, "" },
	{ "list", 'l', OPT_LIST, offsetof(struct values, list), "WORD", "" },
	{ "choice", 0, OPT_CHOICE, offsetof(struct values, choice), "one|two|three", "" },
	{ "time", 't', OPT_TIME, offsetof(struct values, ns), "TIME", "" },
	{ NULL },
};

static char text[1024];
static struct log_capture capture;
static struct values v;
static struct opt_rest rest;

/* Splits @line at blanks and parses it; messages go to text. */
static int parse(const char *line)
{
	static char copy[1024];
	static char *argv[64];
	int n = 0, err;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[n++] = word;
	argv[n] = NULL;
	opt_done(opts, &v);
	v = (struct values){ .choice = -1 };
	log_capture_start(&capture, text, sizeof(text));
	err = opt_parse(opts, argv, &v, &rest);
	log_capture_stop(&capture);
	return err;
}

TEST(opt_nothing)
{
	CHECK_EQ(parse(""), 0);
	CHECK_EQ(rest.nr_args, 0);
	CHECK(!rest.args[0] && !rest.cmd);
	CHECK(!v.flag && v.choice == -1);
}

TEST(opt_long)
{
	CHECK_EQ(parse("--flag --count --count --list=a --list b --choice three --time=2s"), 0);
	CHECK(v.flag);
	CHECK_EQ(v.count, 2);
	CHECK_EQ(v.list.n, 2);
	CHECK_STR(v.list.v[0], "a");
	CHECK_STR(v.list.v[1], "b");
	CHECK_EQ(v.choice, 2);
	CHECK_EQ(v.ns, 2000000000);
}

TEST(opt_letters)
{
	CHECK_EQ(parse("-fcc -la -l b -ct5s"), 0);
	CHECK(v.flag);
	CHECK_EQ(v.count, 3);
	CHECK_EQ(v.list.n, 2);
	CHECK_STR(v.list.v[1], "b");
	CHECK_EQ(v.ns, 5000000000);
}

TEST(opt_operands)
{
	CHECK_EQ(parse("a --flag b - -- --flag c"), 0);
	CHECK_EQ(rest.nr_args, 3);
	CHECK_STR(rest.args[0], "a");
	CHECK_STR(rest.args[1], "b");
	CHECK_STR(rest.args[2], "-");
	CHECK(!rest.args[3]);
	CHECK_STR(rest.cmd[0], "--flag");
	CHECK_STR(rest.cmd[1], "c");
	CHECK_EQ(parse("a b c --"), 0);
	CHECK_EQ(rest.nr_args, 3);
	CHECK(rest.cmd && !rest.cmd[0]);
}

TEST(opt_unknown)
{
	CHECK_EQ(parse("--flog"), -EINVAL);
	CHECK_STR(text, "unknown option '--flog'\nhint: did you mean '--flag'?");
	CHECK_EQ(parse("--xyzzy=1"), -EINVAL);
	CHECK_STR(text, "unknown option '--xyzzy'");
	CHECK_EQ(parse("-fx"), -EINVAL);
	CHECK_STR(text, "unknown option '-x'");
	CHECK_EQ(parse("--="), -EINVAL);
}

TEST(opt_values)
{
	CHECK_EQ(parse("--flag=1"), -EINVAL);
	CHECK_EQ(parse("--list"), -EINVAL);
	CHECK_EQ(parse("-l"), -EINVAL);
	CHECK_EQ(parse("--list="), -EINVAL);
	CHECK_EQ(parse("--choice tw"), -EINVAL);
	CHECK_STR(text, "--choice: 'tw' is none of one|two|three");
	CHECK_EQ(parse("--choice one|two"), -EINVAL);
	CHECK_EQ(parse("--choice="), -EINVAL);
	CHECK_EQ(parse("--time 1w"), -EINVAL);
}

TEST(opt_time)
{
	static const struct {
		const char *s;
		uint64_t ns;
	} good[] = {
		{ "500ms", 500000000 }, { "5s", 5000000000 }, { "5", 5000000000 },
		{ "2m", 120000000000 }, { "1h", 3600000000000 }, { "0.25s", 250000000 },
		{ "10us", 10000 }, { "1ns", 1 }, { ".5s", 500000000 },
	};
	static const char *const bad[] = { "", "s", "-1s", "+1s", " 1s", "1 s", "0", "0.1ns", "1e3s",
					   "0x10", "inf", "nan", "1ss", "1.2.3s", ".", "1d",
					   "99999999999999999999h" };
	uint64_t ns = 7;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK_EQ(opt_time(good[i].s, &ns), 0);
		CHECK_EQ(ns, good[i].ns);
	}
	ns = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (opt_time(bad[i], &ns) != -EINVAL)
			tap_fail(__FILE__, __LINE__, "'%s' is a time", bad[i]);
	CHECK_EQ(ns, 7);
}
