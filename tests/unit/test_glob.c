/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/glob.h"

#include "tap.h"

TEST(glob_literal)
{
	CHECK(glob_matches("icmp_rcv", "icmp_rcv"));
	CHECK(!glob_matches("icmp_rcv", "icmp_rcv2"));
	CHECK(!glob_matches("icmp_rcv2", "icmp_rcv"));
	CHECK(glob_matches("", ""));
	CHECK(!glob_matches("", "a"));
}

TEST(glob_wild)
{
	CHECK(glob_matches("*", ""));
	CHECK(glob_matches("tcp_*", "tcp_"));
	CHECK(glob_matches("*_rcv", "icmp_rcv"));
	CHECK(glob_matches("a*b*c", "a_b_b_c"));
	CHECK(!glob_matches("a*b*c", "a_b_b_"));
	CHECK(glob_matches("t?p", "tcp"));
	CHECK(!glob_matches("t?p", "tp"));
	CHECK(glob_matches("**a", "bba"));
	CHECK(!glob_matches("[ab]", "a"));
}

TEST(glob_alternatives)
{
	CHECK(glob_matches("icmp_rcv,tcp_*", "icmp_rcv"));
	CHECK(glob_matches("icmp_rcv,tcp_*", "tcp_v4_rcv"));
	CHECK(!glob_matches("icmp_rcv,tcp_*", "icmp_rcv,tcp_"));
	CHECK(!glob_matches("a*,b", "ba"));
	CHECK(glob_matches("a,b,c", "c"));
	CHECK(!glob_matches("a,b,c", "d"));
	CHECK(!glob_matches("a,", "b"));
	CHECK(glob_is_pattern("a,b"));
	CHECK(!glob_is_pattern("mod:a"));
}

TEST(glob_no_blowup)
{
	char name[4096];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK(!glob_matches("*a*a*a*a*a*a*a*a*a*a*a*b", name));
}
