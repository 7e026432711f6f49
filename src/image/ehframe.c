/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/ehframe.h"

#include <stdbool.h>
#include <string.h>

/* The Linux Standard Base's DW_EH_PE_*: a format in the low bits, what it is relative to above. */
#define PE_FORMAT 0x0f
#define PE_RELATIVE 0x70
#define PE_PCREL 0x10
#define PE_INDIRECT 0x80
#define PE_OMIT 0xff

#define AUGMENTATION_MAX 16

struct cursor {
	const struct ehframe *f;
	size_t at, end;
	bool bad;
};

static uint64_t take(struct cursor *c, size_t bytes, bool is_signed)
{
	uint64_t v = 0;

	if (c->end - c->at < bytes) {
		c->bad = true;
		return 0;
	}
	memcpy(&v, c->f->data + c->at, bytes);		/* little-endian */
	c->at += bytes;
	if (is_signed && bytes < 8 && v >> (bytes * 8 - 1))
		v |= ~0ULL << (bytes * 8);
	return v;
}

/* Of signed ones too, only the length matters here. */
static uint64_t take_leb(struct cursor *c)
{
	uint64_t v = 0;
	uint8_t byte;

	for (int shift = 0; shift < 64; shift += 7) {
		byte = take(c, 1, false);
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

static uint64_t take_value(struct cursor *c, uint8_t encoding)
{
	switch (encoding & PE_FORMAT) {
	case 0x0:
	case 0x4:
	case 0xc:
		return take(c, 8, false);
	case 0x1:
	case 0x9:
		return take_leb(c);
	case 0x2:
		return take(c, 2, false);
	case 0x3:
		return take(c, 4, false);
	case 0xa:
		return take(c, 2, true);
	case 0xb:
		return take(c, 4, true);
	default:
		c->bad = true;
		return 0;
	}
}

/* Opens the entry at @at: its length, and the id which a CIE has 0 of. */
static bool open_entry(const struct ehframe *f, size_t at, struct cursor *c, uint32_t *id, size_t *id_at)
{
	uint64_t len;

	*c = (struct cursor){ .f = f, .at = at, .end = f->size };
	if (at >= f->size)
		return false;
	len = take(c, 4, false);
	if (len == UINT32_MAX)
		len = take(c, 8, false);
	if (c->bad || !len || len > c->end - c->at)
		return false;
	c->end = c->at + len;
	*id_at = c->at;
	*id = take(c, 4, false);
	return !c->bad;
}

struct cie {
	uint8_t encoding;	/* of addresses in FDEs; PE_OMIT: not known */
	bool has_data;		/* FDEs have their length before what follows the addresses */
};

static struct cie read_cie(const struct ehframe *f, size_t at)
{
	static const struct cie none = { .encoding = PE_OMIT };
	const char *augmentation, *end;
	uint8_t version, encoding = 0;
	struct cursor c;
	uint32_t id;
	size_t id_at;

	if (!open_entry(f, at, &c, &id, &id_at) || id)
		return none;
	version = take(&c, 1, false);
	augmentation = (const char *)f->data + c.at;
	end = memchr(augmentation, '\0', c.end - c.at < AUGMENTATION_MAX ? c.end - c.at : AUGMENTATION_MAX);
	if (c.bad || !end || (version != 1 && version != 3))
		return none;
	c.at += end + 1 - augmentation;
	if (*augmentation != 'z')
		return *augmentation ? none : (struct cie){};
	take_leb(&c);			/* code alignment, */
	take_leb(&c);			/* data alignment, */
	version == 1 ? take(&c, 1, false) : take_leb(&c);	/* return address, */
	take_leb(&c);			/* bytes of augmentation */
	for (const char *p = augmentation + 1; *p && !c.bad; p++) {
		if (*p == 'R')
			encoding = take(&c, 1, false);
		else if (*p == 'L')
			take(&c, 1, false);
		else if (*p == 'P')
			take_value(&c, take(&c, 1, false));
	}
	return c.bad ? none : (struct cie){ encoding, true };
}

/* Functions begin with the return address on top of the stack, as their CIE says; rules come behind the first
 * instructions. */
static bool starts_with_rules(struct cursor *c, const struct cie *cie)
{
	uint64_t skip = cie->has_data ? take_leb(c) : 0;
	uint8_t op;

	if (skip > c->end - c->at)
		return false;
	c->at += skip;
	if (c->at == c->end)
		return false;
	op = take(c, 1, false);
	return (op >> 6) == 2 || (op >= 0x0c && op <= 0x0f) || op == 0x05 || op == 0x12 || op == 0x13;
}

static bool read_fde(struct cursor *c, const struct cie *cie, struct ehframe_fde *ret)
{
	uint64_t at = c->f->addr + c->at;
	uint8_t encoding = cie->encoding;

	if (encoding == PE_OMIT || encoding & PE_INDIRECT ||
	    (encoding & PE_RELATIVE && (encoding & PE_RELATIVE) != PE_PCREL))
		return false;
	ret->start = take_value(c, encoding);
	if ((encoding & PE_RELATIVE) == PE_PCREL)
		ret->start += at;
	ret->size = take_value(c, encoding & 0x7);	/* without a sign */
	if (c->bad || !ret->size || ret->start + ret->size < ret->start)
		return false;
	ret->is_part = starts_with_rules(c, cie);
	return true;
}

int ehframe_next(struct ehframe *f, struct ehframe_fde *ret)
{
	struct cursor c;
	struct cie cie;
	size_t id_at;
	uint32_t id;

	while (open_entry(f, f->next, &c, &id, &id_at)) {
		f->next = c.end;
		if (!id || id > id_at)
			continue;
		cie = read_cie(f, id_at - id);
		if (read_fde(&c, &cie, ret))
			return 1;
	}
	return 0;
}
