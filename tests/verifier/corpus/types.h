/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The kernel's types, as far as programs look at them: members by name, places are the kernel's. */
#ifndef FS_TESTS_VERIFIER_TYPES_H
#define FS_TESTS_VERIFIER_TYPES_H

struct qstr {
	__u32 hash, len;
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct inode {
	__u16 i_mode;
	unsigned long i_ino;
};

struct file {
	unsigned int f_flags;
	struct path f_path;
	struct inode *f_inode;
};

struct task_struct {
	int pid, tgid, prio, exit_code;
	__u64 start_time;
	struct task_struct *real_parent, *group_leader;
	char comm[16];
};

struct sk_buff {
	unsigned int len, data_len;
	__be16 protocol;
	unsigned char *head, *data;
	__u16 transport_header, network_header, mac_header;
};

#endif
