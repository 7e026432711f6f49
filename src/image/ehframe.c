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

/* How addresses are written in the FDEs of the CIE at @at; PE_OMIT: not known. */
static uint8_t encoding_of(const struct ehframe *f, size_t at)
{
	const char *augmentation, *end;
	uint8_t version, encoding = 0;
	struct cursor c;
	uint32_t id;
	size_t id_at;

	if (!open_entry(f, at, &c, &id, &id_at) || id)
		return PE_OMIT;
	version = take(&c, 1, false);
	augmentation = (const char *)f->data + c.at;
	end = memchr(augmentation, '\0', c.end - c.at < AUGMENTATION_MAX ? c.end - c.at : AUGMENTATION_MAX);
	if (c.bad || !end || (version != 1 && version != 3))
		return PE_OMIT;
	c.at += end + 1 - augmentation;
	if (*augmentation != 'z')
		return *augmentation ? PE_OMIT : 0;
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
	return c.bad ? PE_OMIT : encoding;
}

static bool read_fde(struct cursor *c, uint8_t encoding, struct ehframe_fde *ret)
{
	uint64_t at = c->f->addr + c->at;

	if (encoding == PE_OMIT || encoding & PE_INDIRECT ||
	    (encoding & PE_RELATIVE && (encoding & PE_RELATIVE) != PE_PCREL))
		return false;
	ret->start = take_value(c, encoding);
	if ((encoding & PE_RELATIVE) == PE_PCREL)
		ret->start += at;
	ret->size = take_value(c, encoding & 0x7);	/* without a sign */
	return !c->bad && ret->size && ret->start + ret->size > ret->start;
}

int ehframe_next(struct ehframe *f, struct ehframe_fde *ret)
{
	struct cursor c;
	size_t id_at;
	uint32_t id;

	while (open_entry(f, f->next, &c, &id, &id_at)) {
		f->next = c.end;
		if (id && id <= id_at && read_fde(&c, encoding_of(f, id_at - id), ret))
			return 1;
	}
	return 0;
}
