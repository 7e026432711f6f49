/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/value.h"

#include <stdlib.h>

#include <bpf/btf.h>

#include "cli/json.h"
#include "cli/symbols.h"
#include "json_check.h"
#include "tap.h"

static struct btf *btf;
static int u8_id, u32_id, u64_id, int_id, char_id, bool_id, double_id, wide_id;
static struct value v;
static char *text;
static size_t size;

static void make_ints(void)
{
	btf = btf__new_empty();
	u8_id = btf__add_int(btf, "unsigned char", 1, 0);
	u32_id = btf__add_int(btf, "unsigned int", 4, 0);
	u64_id = btf__add_int(btf, "unsigned long long", 8, 0);
	int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	char_id = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	bool_id = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	double_id = btf__add_float(btf, "double", 8);
	wide_id = btf__add_int(btf, "__int128", 16, BTF_INT_SIGNED);
	v = (struct value){ btf, symbols_new() };
}

__attribute__((constructor)) static void set_up(void)
{
	tap_set_up(make_ints);
}

static const char *show(int type, const void *data, size_t bytes)
{
	FILE *f;

	free(text);
	f = open_memstream(&text, &size);
	value_print(&v, "x", type, (struct bytes){ data, bytes }, 0, f);
	fclose(f);
	return text;
}

static const char *json(int type, const void *data, size_t bytes)
{
	struct json j;
	FILE *f;

	free(text);
	f = open_memstream(&text, &size);
	json_init(&j, f);
	value_print_json(&v, type, (struct bytes){ data, bytes }, &j);
	fclose(f);
	CHECK(json_check(text));
	text[strcspn(text, "\n")] = '\0';
	return text;
}

#define SHOW(type, data) show(type, &(data), sizeof(data))
#define JSON(type, data) json(type, &(data), sizeof(data))

TEST(value_scalars)
{
	uint64_t u64 = UINT64_MAX;
	int minus = -5;
	unsigned char one = 1, many = 200;
	double half = 0.5;
	unsigned char wide[16] = { 1, 2 };

	CHECK_STR(SHOW(u64_id, u64), "x = 18446744073709551615\n");
	CHECK_STR(SHOW(int_id, minus), "x = -5\n");
	CHECK_STR(SHOW(u8_id, many), "x = 200\n");
	CHECK_STR(SHOW(char_id, many), "x = -56\n");
	CHECK_STR(SHOW(bool_id, one), "x = true\n");
	CHECK_STR(SHOW(double_id, half), "x = 0.5\n");
	CHECK_STR(SHOW(wide_id, wide), "x = 01020000000000000000000000000000\n");
	CHECK_STR(JSON(bool_id, one), "true");
	CHECK_STR(JSON(int_id, minus), "-5");
	CHECK_STR(JSON(double_id, half), "0.5");
	CHECK_STR(JSON(wide_id, wide), "\"01020000000000000000000000000000\"");
	CHECK_STR(JSON(btf__add_ptr(btf, 0), u64), "\"0xffffffffffffffff\"");
}

TEST(value_qualifiers)
{
	int t = btf__add_const(btf, btf__add_volatile(btf, btf__add_typedef(btf, "counter_t", u32_id)));
	uint32_t x = 7;

	CHECK_STR(SHOW(t, x), "x = 7\n");
}

TEST(value_enum)
{
	int t = btf__add_enum(btf, "e", 4);
	int x = 1, y = 9;

	btf__add_enum_value(btf, "ZERO", 0);
	btf__add_enum_value(btf, "ONE", 1);
	CHECK_STR(SHOW(t, x), "x = ONE\n");
	CHECK_STR(JSON(t, x), "\"ONE\"");
	CHECK_STR(SHOW(t, y), "x = 9\n");
	CHECK_STR(JSON(t, y), "9");
}

TEST(value_strings)
{
	int t = btf__add_array(btf, u32_id, char_id, 8);
	char word[8] = "a\"b\n", bytes[8] = { 1, 2 }, full[8] = "12345678", gap[8] = "a\0b";

	CHECK_STR(SHOW(t, word), "x = \"a\\\"b\\n\"\n");
	CHECK_STR(JSON(t, word), "\"a\\\"b\\u000a\"");
	CHECK_STR(SHOW(t, full), "x = \"12345678\"\n");
	CHECK_STR(SHOW(t, bytes), "x = [1, 2, 6 x 0]\n");
	CHECK_STR(JSON(t, bytes), "[1,2,0,0,0,0,0,0]");
	CHECK_STR(JSON(t, gap), "[97,0,98,0,0,0,0,0]");
}

TEST(value_arrays)
{
	int t = btf__add_array(btf, u32_id, u32_id, 2), tt = btf__add_array(btf, u32_id, t, 2);
	int none = btf__add_array(btf, u32_id, u32_id, 0);
	uint32_t a[4] = { 1, 2, 3, 0 }, zero[4] = { 0 };

	CHECK_STR(show(t, a, 8), "x = [1, 2]\n");
	CHECK_STR(SHOW(tt, a), "x = [[1, 2], [3, 1 x 0]]\n");
	CHECK_STR(JSON(tt, a), "[[1,2],[3,0]]");
	CHECK_STR(SHOW(tt, zero), "x = [2 x 0]\n");
	CHECK_STR(show(none, a, 0), "x = []\n");
	CHECK_STR(json(none, a, 0), "[]");
}

/* struct { int a; union { u32 b; u8 c; }; u32 d:3, :1, e:4; char name[4]; } */
static int make_struct(void)
{
	int name = btf__add_array(btf, u32_id, char_id, 4), u = btf__add_union(btf, NULL, 4), s;

	/* fields go to the type that was added last */
	btf__add_field(btf, "b", u32_id, 0, 0);
	btf__add_field(btf, "c", u8_id, 0, 0);
	s = btf__add_struct(btf, "s", 16);
	btf__add_field(btf, "a", int_id, 0, 0);
	btf__add_field(btf, NULL, u, 32, 0);
	btf__add_field(btf, "d", u32_id, 64, 3);
	btf__add_field(btf, NULL, u32_id, 67, 1);
	btf__add_field(btf, "e", int_id, 68, 4);
	btf__add_field(btf, "name", name, 96, 0);
	return s;
}

TEST(value_struct)
{
	struct {
		int a;
		uint32_t b;
		uint32_t bits;
		char name[4];
	} x = { -1, 0x102, 5 | 0xf << 4, "me" };
	int s = make_struct();

	CHECK_STR(SHOW(s, x), "x = {.a = -1, {.b = 258, .c = 2}, .d = 5, 0, .e = -1, .name = \"me\"}\n");
	CHECK_STR(JSON(s, x), "{\"a\":-1,\"b\":258,\"c\":2,\"d\":5,\"e\":-1,\"name\":\"me\"}");
}

TEST(value_wide_bit_field)
{
	int s = btf__add_struct(btf, "s", 16);
	unsigned char x[16];

	memset(x, 0xff, sizeof(x));
	btf__add_field(btf, "a", u64_id, 7, 64);
	CHECK_STR(SHOW(s, x), "x = {.a = 18446744073709551615}\n");
}

TEST(value_long_struct)
{
	int s = btf__add_struct(btf, "s", 16), a;
	uint64_t x[8] = { 10000000000000000000ull, 10000000000000000000ull, 3, 4 };

	btf__add_field(btf, "first_number", u64_id, 0, 0);
	btf__add_field(btf, "second_number", u64_id, 64, 0);
	a = btf__add_array(btf, u32_id, s, 4);
	CHECK_STR(SHOW(a, x), "x\n"
		  "  [0] = {.first_number = 10000000000000000000, .second_number = 10000000000000000000}\n"
		  "  [1] = {.first_number = 3, .second_number = 4}\n");
}

TEST(value_ns)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} t[] = {
		{ 0, "0ns" }, { 999, "999ns" }, { 1000, "1.00us" }, { 12345, "12.3us" },
		{ 999949, "1000us" }, { 123456789, "123ms" }, { 1500000000, "1.50s" },
	};
	int id = btf__add_typedef(btf, "ns_t", u64_id);
	uint32_t small = 12345;
	char want[64];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(want, sizeof(want), "x = %s\n", t[i].text);
		CHECK_STR(SHOW(id, t[i].ns), want);
	}
	CHECK_STR(JSON(id, t[3].ns), "12345");
	/* of another size it is a number */
	CHECK_STR(SHOW(btf__add_typedef(btf, "ns_t", u32_id), small), "x = 12345\n");
}

TEST(value_hist)
{
	int a = btf__add_array(btf, u32_id, u64_id, 64);
	int h = btf__add_typedef(btf, "hist_t", a), ns = btf__add_typedef(btf, "hist_ns_t", a);
	uint64_t x[64] = { [1] = 1, [3] = 40 }, last[64] = { [0] = 1, [63] = 1 }, none[64] = { 0 };

	CHECK_STR(SHOW(h, x), "x\n"
		  "                  2 .. 4          1 |#                                       |\n"
		  "                  4 .. 8          0 |                                        |\n"
		  "                 8 .. 16         40 |########################################|\n");
	CHECK_STR(SHOW(h, none), "x\n");
	CHECK(strstr(SHOW(h, last), "                  0 .. 2          1 |#####"));
	CHECK(strstr(text, "9223372036854775808 .. 18446744073709551615          1 |"));
	CHECK(strstr(SHOW(ns, x), "  2ns .. 4ns "));
	x[30] = 1;
	CHECK(strstr(SHOW(ns, x), "1.07s .. 2.15s "));
	CHECK(!strncmp(JSON(h, x), "[0,1,0,40,0,", 12));
}

TEST(value_ksym_hidden)
{
	int id = btf__add_typedef(btf, "ksym_t", u64_id);
	uint64_t none = 0x10;

	CHECK_STR(SHOW(id, none), "x = 0x10\n");
	CHECK_STR(JSON(id, none), "\"0x10\"");
}

TEST(value_no_type)
{
	unsigned char x[3] = { 1, 0xab, 0 };

	CHECK_STR(SHOW(0, x), "x = 01ab00\n");
	CHECK_STR(JSON(0, x), "\"01ab00\"");
	CHECK_STR(SHOW(9999, x), "x = ?\n");
	CHECK_STR(JSON(9999, x), "null");
}

/* A type may claim more than there is. */
TEST(value_outside)
{
	int a = btf__add_array(btf, u32_id, u64_id, 1000), s = btf__add_struct(btf, "s", 16), big;
	uint32_t x = 5;

	btf__add_field(btf, "in", u32_id, 0, 0);
	btf__add_field(btf, "out", u32_id, 64, 0);
	btf__add_field(btf, "bits", u32_id, 96, 3);
	CHECK_STR(SHOW(s, x), "x = {.in = 5, .out = ?, .bits = ?}\n");
	CHECK_STR(JSON(s, x), "{\"in\":5,\"out\":null,\"bits\":null}");
	CHECK_STR(SHOW(u64_id, x), "x = ?\n");
	big = btf__add_struct(btf, "big", 8000);
	btf__add_field(btf, "a", a, 0, 0);
	CHECK(SHOW(big, x));
	CHECK(JSON(big, x));
}

TEST(value_add)
{
	int s = btf__add_struct(btf, "s", 16), a, t;
	uint32_t x[4] = { 1, 2, 3, UINT32_MAX }, sum[4] = { 10, 20, 30, 1 };

	btf__add_field(btf, "a", u64_id, 0, 0);
	btf__add_field(btf, "b", u64_id, 64, 0);
	CHECK(value_can_add(&v, s));
	CHECK(!value_can_add(&v, bool_id));
	CHECK(!value_can_add(&v, btf__add_ptr(btf, 0)));
	CHECK(!value_can_add(&v, btf__add_typedef(btf, "ksym_t", u64_id)));
	CHECK(!value_can_add(&v, wide_id));
	CHECK(!value_can_add(&v, 0));
	a = btf__add_array(btf, u32_id, u32_id, 4);
	CHECK(value_can_add(&v, a));
	value_add(&v, a, (unsigned char *)sum, (struct bytes){ (void *)x, sizeof(x) });
	CHECK_EQ(sum[0], 11);
	CHECK_EQ(sum[2], 33);
	CHECK_EQ(sum[3], 0);
	t = btf__add_union(btf, "u", 4);
	btf__add_field(btf, "a", u32_id, 0, 0);
	CHECK(!value_can_add(&v, t));
}
