/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#include "syscall/uptr.h"

#define BTF_BYTES_MAX (16 << 20)

static void btf_obj_free(struct btf_obj *b)
{
	if (!b)
		return;
	btf__free(b->btf);
	free(b->raw);
	free(b);
}

static void btf_destroy(struct obj *o)
{
	btf_obj_free((struct btf_obj *)o);
}

int btf_from_fd(int fd, struct btf_obj **ret)
{
	struct obj *o;
	int err = obj_from_fd(fd, OBJ_BTF, &o, NULL);

	if (!err)
		*ret = (struct btf_obj *)o;
	return err;
}

void btf_put(struct btf_obj *b)
{
	if (b)
		obj_put(&b->obj);
}

/* The header's sanity, so that the parser's own messages stay away from what is plainly no BTF. */
static int check_header(const struct btf_obj *b, struct blog *log)
{
	const struct btf_header *h = b->raw;

	if (b->raw_bytes < offsetof(struct btf_header, hdr_len) + sizeof(h->hdr_len)) {
		blog_print(log, "hdr_len not found\n");
		return -EINVAL;
	}
	if (h->hdr_len < sizeof(*h) || b->raw_bytes < h->hdr_len) {
		blog_print(log, "btf_header not found\n");
		return -EINVAL;
	}
	if (h->magic != BTF_MAGIC) {
		blog_print(log, "Invalid magic\n");
		return -EINVAL;
	}
	if (h->version != BTF_VERSION) {
		blog_print(log, "Unsupported version\n");
		return -ENOTSUP;
	}
	if (h->flags) {
		blog_print(log, "Unsupported flags\n");
		return -ENOTSUP;
	}
	return 0;
}

static int parse(struct btf_obj *b, struct blog *log)
{
	int err = check_header(b, log);

	if (err)
		return err;
	b->btf = btf__new(b->raw, b->raw_bytes);
	if (!b->btf) {
		blog_print(log, "Invalid BTF\n");
		return -EINVAL;
	}
	return 0;
}

int btf_load(const struct btf_load_attr *attr, struct blog *log)
{
	struct btf_obj *b;
	int err;

	if (attr->btf_size > BTF_BYTES_MAX)
		return -E2BIG;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->raw_bytes = attr->btf_size;
	err = uptr_dup(attr->btf, attr->btf_size, &b->raw);
	if (!err)
		err = parse(b, log);
	if (err) {
		btf_obj_free(b);
		return err;
	}
	obj_add(&b->obj, OBJ_BTF, btf_destroy);
	err = obj_new_fd(&b->obj, OBJ_READ | OBJ_WRITE);
	btf_put(b);
	return err;
}

int btf_add_kernel(struct btf *btf, const char *name, struct btf_obj **ret)
{
	struct btf_obj *b = calloc(1, sizeof(*b));
	const void *raw = b ? btf__raw_data(btf, &b->raw_bytes) : NULL;

	if (raw)
		b->raw = malloc(b->raw_bytes);
	if (!raw || !b->raw) {
		free(b);
		return -ENOMEM;
	}
	memcpy(b->raw, raw, b->raw_bytes);
	strncat(b->name, name, sizeof(b->name) - 1);
	b->btf = btf;
	b->kernel = true;
	obj_add(&b->obj, OBJ_BTF, btf_destroy);
	*ret = b;
	return 0;
}
