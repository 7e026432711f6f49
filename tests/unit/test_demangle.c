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
