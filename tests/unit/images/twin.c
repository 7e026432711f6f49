/* SPDX-License-Identifier: BSD-2-Clause */
/* A second static function of the same name, with another prototype. */
int other_twin(int v);

__attribute__((noinline, used)) static char *twin(char *p, int n)
{
	return p + n;
}

int other_twin(int v)
{
	char buf[8] = "";

	return *twin(buf, v & 7);
}
