/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/demangle.h"

#include <stdlib.h>

#include "tap.h"

static void check(const char *name, bool with_params, const char *want)
{
	char *got = demangle(name, with_params);

	if (want)
		CHECK_STR(got, want);
	else
		CHECK(!got);
	free(got);
}

TEST(demangle_cxx)
{
	check("_ZNK4shop4item5priceERKNS_5pointENS_5stateE", false, "shop::item::price");
	check("_ZNK4shop4item5priceERKNS_5pointENS_5stateE", true,
	      "shop::item::price(shop::point const&, shop::state) const");
	check("_ZN4shop3sumIJilcEEEiDpT_", false, "shop::sum<int, long, char>");
	check("_ZN4shop7countedC2Ei", false, "shop::counted::counted");
	check("_ZN1aC1Ev@0x1234", true, "a::a()@0x1234");
	check("main", true, NULL);
	check("_start", true, NULL);
	check("_Z", true, NULL);
	check("", true, NULL);
}

TEST(demangle_rust)
{
	/* legacy, with a hash at its end; v0, from its specification */
	check("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", false, "core::fmt::Formatter::pad");
	check("_RNvC6_123foo3bar", false, "123foo::bar");
	check("_RNvMsr_NtCs3ssYzQotkvD_3std4pathNtB5_7PathBuf3new", false, "<std::path::PathBuf>::new");
}

/* Each template argument is the one before, twice. */
TEST(demangle_without_end)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char name[512] = "_Z1fI1AIiE1BIS1_S1_E";
	int len = strlen(name);

	for (int i = 3; i < 36; i += 2)
		len += sprintf(name + len, "1BIS%c_S%c_E", digits[i], digits[i]);
	strcpy(name + len, "Evv");
	CHECK(!demangle(name, true));
	/* not so often */
	check("_Z1fI1AIiE1BIS1_S1_E1BIS3_S3_EEvv", true,
	      "void f<A<int>, B<A<int>, A<int> >, B<B<A<int>, A<int> >, B<A<int>, A<int> > > >()");
}
