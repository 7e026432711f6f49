/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BTF types and the bytes they describe, as --dump looks at them. The types are the object's own:
 * nothing they say about sizes and offsets is trusted.
 *
 * A program says with the name of a typedef that an integer is more than a number:
 *
 *	typedef __u64 ksym_t;		an address in the kernel: shown as its symbol
 *	typedef __u64 ns_t;		nanoseconds: shown with a unit
 *	typedef __u64 hist_t[64];	element i counts values from 2^i to 2^(i+1) - 1, element 0
 *					also 0: shown as a histogram
 *	typedef __u64 hist_ns_t[64];	the same of nanoseconds
 */
#ifndef FS_CLI_SHAPE_H
#define FS_CLI_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;
struct btf_type;

enum shape_kind {
	SHAPE_NONE,	/* nothing to show: void, a function, a forward declaration */
	SHAPE_SCALAR,
	SHAPE_STRING,	/* array of char */
	SHAPE_ARRAY,
	SHAPE_HIST,	/* array of integers that is a histogram */
	SHAPE_STRUCT,	/* or union */
};

enum shape_unit { UNIT_NONE, UNIT_KSYM, UNIT_NS };

/* A type without its typedefs and qualifiers. */
struct shape {
	enum shape_kind kind;
	enum shape_unit unit;	/* of a scalar, of a histogram's bounds */
	const struct btf_type *t;
	size_t size;
};

struct shape shape_of(const struct btf *btf, uint32_t type);

/* Bytes of a value; p is NULL where they are missing. */
struct bytes {
	const unsigned char *p;
	size_t size;
};

/* The part of @data that @size bytes at @off are, if they are in it. */
struct bytes bytes_part(struct bytes data, size_t off, size_t size);

/* Of an array: how many, which type, where. */
uint32_t shape_nr_elements(const struct shape *s);
uint32_t shape_element_type(const struct shape *s);
struct bytes shape_element(const struct btf *btf, const struct shape *s, struct bytes data,
			   uint32_t i);

/* Of a struct or union. */
struct member {
	const char *name;	/* "" = anonymous */
	uint32_t type;
	struct bytes data;	/* the whole value's, if it is a bit field */
	uint32_t bit_off;	/* of a bit field, in @data */
	uint32_t bits;		/* 0 = no bit field */
};

uint32_t shape_nr_members(const struct shape *s);
struct member shape_member(const struct btf *btf, const struct shape *s, struct bytes data,
			   uint32_t i);

enum scalar_kind {
	SCALAR_MISSING,
	SCALAR_UNSIGNED,
	SCALAR_SIGNED,	/* x is the int64_t */
	SCALAR_BOOL,
	SCALAR_NAME,	/* of an enum's value */
	SCALAR_HEX,	/* a pointer */
	SCALAR_WIDE,	/* an integer of more than 64 bits: its bytes */
	SCALAR_REAL,
	SCALAR_KSYM,
	SCALAR_NS,
};

struct scalar {
	enum scalar_kind kind;
	uint64_t x;
	double real;
	const char *name;
	struct bytes data;	/* SCALAR_WIDE */
};

/* A scalar at the beginning of @data; or, with @bits, the bit field there. */
struct scalar shape_scalar(const struct btf *btf, const struct shape *s, struct bytes data,
			   uint32_t bit_off, uint32_t bits);

/* Length of the text in @data if it is nothing but text and zeroes after it, else -1. */
int shape_string_len(struct bytes data);

#endif
