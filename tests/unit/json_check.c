/* SPDX-License-Identifier: BSD-2-Clause */
#include "json_check.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 64

static const char *value(const char *s, int depth);

static const char *blanks(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* All return what follows, or NULL. */
static const char *string(const char *s)
{
	if (*s++ != '"')
		return NULL;
	for (; *s != '"'; s++) {
		if ((unsigned char)*s < 0x20)
			return NULL;
		if (*s != '\\')
			continue;
		s++;
		if (*s == 'u') {
			for (int i = 0; i < 4; i++)
				if (!isxdigit((unsigned char)*++s))
					return NULL;
		} else if (!*s || !strchr("\"\\/bfnrt", *s)) {
			return NULL;
		}
	}
	return s + 1;
}

static const char *digits(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n ? s + n : NULL;
}

static const char *number(const char *s)
{
	s += *s == '-';
	s = *s == '0' ? s + 1 : digits(s);
	if (s && *s == '.')
		s = digits(s + 1);
	if (s && (*s == 'e' || *s == 'E')) {
		s++;
		s += *s == '+' || *s == '-';
		s = digits(s);
	}
	return s;
}

static const char *list(const char *s, char end, int depth)
{
	s = blanks(s);
	if (*s == end)
		return s + 1;
	for (;;) {
		if (end == '}') {
			s = string(blanks(s));
			if (!s || *(s = blanks(s)) != ':')
				return NULL;
			s++;
		}
		s = value(s, depth + 1);
		if (!s)
			return NULL;
		s = blanks(s);
		if (*s == end)
			return s + 1;
		if (*s++ != ',')
			return NULL;
	}
}

static const char *value(const char *s, int depth)
{
	s = blanks(s);
	if (depth > DEPTH_MAX)
		return NULL;
	if (*s == '{' || *s == '[')
		return list(s + 1, *s == '{' ? '}' : ']', depth);
	if (*s == '"')
		return string(s);
	if (!strncmp(s, "true", 4) || !strncmp(s, "null", 4))
		return s + 4;
	return !strncmp(s, "false", 5) ? s + 5 : number(s);
}

bool json_check(const char *text)
{
	const char *end = value(text, 0);

	return end && !*blanks(end);
}

bool json_check_lines(const char *text)
{
	const char *end;

	if (!*text)
		return false;
	for (; *text; text = end + 1) {
		end = value(text, 0);
		if (!end || *end != '\n')
			return false;
	}
	return true;
}
