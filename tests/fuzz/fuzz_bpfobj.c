/* SPDX-License-Identifier: BSD-2-Clause */
/* BPF objects from anywhere: nothing but a refusal or a copy may come of them. */
#include <stdint.h>
#include <stdlib.h>

#include "image/bpfobj.h"
#include "util/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void discard(int level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *copy = NULL, *again = NULL;
	char license[16];

	log_set_sink(discard, NULL);
	/* a copy is an object too, however odd */
	if (bpfobj_patch(data, size, "fuzz", &copy) >= 0 && copy)
		bpfobj_patch(copy, size, "fuzz", &again);
	free(again);
	free(copy);
	bpfobj_license(data, size, license, sizeof(license));
	return 0;
}
