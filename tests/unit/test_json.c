/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/json.h"

#include <math.h>
#include <stdlib.h>

#include "json_check.h"
#include "tap.h"

static char *text;
static size_t size;
static struct json j;

static void begin(void)
{
	free(text);
	json_init(&j, open_memstream(&text, &size));
}

static const char *end(void)
{
	fclose(j.f);
	return text;
}

TEST(json_values)
{
	begin();
	json_record(&j, "t");
	json_key_u64(&j, "max", UINT64_MAX);
	json_key(&j, "list");
	json_open(&j, '[');
	json_s64(&j, INT64_MIN);
	json_bool(&j, true);
	json_null(&j);
	json_double(&j, 0.5);
	json_double(&j, INFINITY);
	json_open(&j, '{');
	json_close(&j, '}');
	json_close(&j, ']');
	json_key_str(&j, "none", NULL);
	json_close(&j, '}');
	json_record(&j, "u");
	json_close(&j, '}');
	CHECK_STR(end(), "{\"type\":\"t\",\"max\":18446744073709551615,\"list\":[-9223372036854775808,"
		  "true,null,0.5,null,{}],\"none\":null}\n{\"type\":\"u\"}\n");
	CHECK(json_check_lines(text));
}

static const char *quoted(const char *s, size_t len)
{
	begin();
	json_strn(&j, s, len);
	return end();
}

TEST(json_strings)
{
	CHECK_STR(quoted("a\"\\/b", 5), "\"a\\\"\\\\/b\"");
	CHECK_STR(quoted("\n\t\x01\x7f\0x", 6), "\"\\u000a\\u0009\\u0001\\u007f\\u0000x\"");
	CHECK_STR(quoted("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 12),
		  "\"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

TEST(json_bad_utf8)
{
	/* alone, overlong, a surrogate, beyond the last code point, cut off */
	CHECK_STR(quoted("\x80", 1), "\"\\ufffd\"");
	CHECK_STR(quoted("\xc0\xaf", 2), "\"\\ufffd\\ufffd\"");
	CHECK_STR(quoted("\xe0\x80\x80", 3), "\"\\ufffd\\ufffd\\ufffd\"");
	CHECK_STR(quoted("\xed\xa0\x80", 3), "\"\\ufffd\\ufffd\\ufffd\"");
	CHECK_STR(quoted("\xf4\x90\x80\x80", 4), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	CHECK_STR(quoted("\xe2\x82", 2), "\"\\ufffd\\ufffd\"");
	CHECK_STR(quoted("\xc3", 1), "\"\\ufffd\"");
}

TEST(json_any_bytes)
{
	char bytes[3];

	for (int a = 0; a < 256; a++)
		for (int b = 0; b < 256; b++) {
			bytes[0] = a;
			bytes[1] = b;
			bytes[2] = 'x';
			if (!json_check(quoted(bytes, 3)))
				tap_fail(__FILE__, __LINE__, "%02x %02x: %s", a, b, text);
		}
}

TEST(json_check_itself)
{
	static const char *const good[] = { "{}", " [1, -2.5e+3, \"\\u12aF\"] ", "0", "true",
					    "{\"a\":{\"b\":[]}}" };
	static const char *const bad[] = { "", "{", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", "\"\n\"",
					   "\"\\x\"", "nul", "1 2", "[1 2]", "\"\\u12g4\"", "-" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!json_check(good[i]))
			tap_fail(__FILE__, __LINE__, "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (json_check(bad[i]))
			tap_fail(__FILE__, __LINE__, "%s", bad[i]);
}
