/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/verbs.h"

#include <stddef.h>

#define OFF(verb, member) offsetof(struct verb##_opts, member)

const struct opt global_opts[] = {
	{ "help", 'h', OPT_FLAG, OFF(global, help), NULL, "Print the verbs" },
	{ "version", 'V', OPT_FLAG, OFF(global, version), NULL, "Print the version" },
	{ NULL },
};

static const struct opt run_opts[] = {
	{ "attach", 'a', OPT_LIST, OFF(run, attach), "TARGET",
	  "Attach the programs whose section is a bare \"fsession\" to TARGET; may be repeated.\n"
	  "FUNC or MODULE:FUNC is one function; with '*' or '?' in it, every function that "
	  "matches and can be traced.\n"
	  "prog:ID, prog:NAME or prog:/PINNED/PATH is a loaded BPF program, with :FUNC at its end "
	  "one of that program's functions" },
	{ "dump", 'd', OPT_FLAG, OFF(run, dump), NULL,
	  "At the end, print the object's global variables and maps, by their types" },
	{ "engine", 'e', OPT_CHOICE, OFF(run, engine), "auto|kernel|split|user",
	  "Which engine runs fsession programs: the kernel's own (Linux 7.0 and newer), split "
	  "(a pair of fentry and fexit, Linux 5.10 and newer), or the best one of them that works; "
	  "or user, which needs no kernel: programs run on functions of COMMAND, of the process of --pid, "
	  "or of --lib" },
	{ "follow", 'F', OPT_FLAG, OFF(run, follow), NULL,
	  "With --engine user: also trace processes that COMMAND, or the process of --pid, makes, and the programs "
	  "that any of them executes, as far as these have the functions. The run ends when all have ended" },
	{ "for", 'f', OPT_TIME, OFF(run, for_ns), "TIME",
	  "Stop after TIME, such as 500ms, 5s or 2m" },
	{ "help", 'h', OPT_FLAG, OFF(run, help), NULL, "Print the options" },
	{ "jitdump", 'J', OPT_FLAG, OFF(run, jitdump), NULL,
	  "With --engine user: write trampolines and programs, with their code, to jit-PID.dump in the current "
	  "directory, which `perf inject --jit` reads after `perf record -k mono`" },
	{ "json", 'j', OPT_FLAG, OFF(run, json), NULL,
	  "Print JSON lines: one object per line, told apart by \"type\"" },
	{ "lib", 'l', OPT_TEXT, OFF(run, lib), "PATH",
	  "With --engine user: load the shared object PATH into this process and trace its "
	  "functions. COMMAND is then one of them, and its arguments are integers" },
	{ "perf-map", 'm', OPT_FLAG, OFF(run, perf_map), NULL,
	  "With --engine user: name trampolines and programs in /tmp/perf-PID.map, where perf(1) looks for names of "
	  "code that no file holds" },
	{ "pid", 'p', OPT_LIST, OFF(run, pids), "PID[,PID...]",
	  "Trace functions of the process PID; implies --engine user; may be repeated, for processes which then "
	  "share the object's maps. Its executable's are named as "
	  "kernel functions are, libfoo.so.1:FUNC is one of a shared object" },
	{ "stats", 's', OPT_FLAG, OFF(run, stats), NULL,
	  "At the end, print how often each fsession program ran, and what it missed" },
	{ "trace-prefix", 't', OPT_FLAG, OFF(run, prefix), NULL,
	  "Print task, CPU and time before each line of bpf_printk()" },
	{ "verbose", 'v', OPT_COUNT, OFF(run, verbose), NULL,
	  "Say more: once, what was decided and libbpf's warnings; twice, the verifier's logs and "
	  "what was tried; three times, all that libbpf says" },
	{ NULL },
};

static const struct opt doctor_opts[] = {
	{ "help", 'h', OPT_FLAG, OFF(doctor, help), NULL, "Print the options" },
	{ "json", 'j', OPT_FLAG, OFF(doctor, json), NULL, "Print one JSON object" },
	{ "verbose", 'v', OPT_COUNT, OFF(doctor, verbose), NULL,
	  "Say what is being tried; twice, with the verifier's logs" },
	{ NULL },
};

static const struct opt list_verb_opts[] = {
	{ "btf", 'b', OPT_TEXT, OFF(list, btf), "TYPES",
	  "Take types from TYPES, raw BTF or an ELF file with a section .BTF; with --pid, those of the executable" },
	{ "help", 'h', OPT_FLAG, OFF(list, help), NULL, "Print the options" },
	{ "json", 'j', OPT_FLAG, OFF(list, json), NULL,
	  "Print JSON lines: one object per line, told apart by \"type\"" },
	{ "pid", 'p', OPT_TEXT, OFF(list, pid), "PID",
	  "List what the process PID has mapped: its executable and shared objects, at its addresses" },
	{ "stats", 's', OPT_FLAG, OFF(list, stats), NULL,
	  "Print of each file how many functions there are, how many can be attached, and why the others "
	  "cannot" },
	{ NULL },
};

static const struct opt verify_verb_opts[] = {
	{ "attach", 'a', OPT_TEXT, OFF(verify_verb, attach), "TARGET",
	  "Judge programs whose section is a bare \"fsession\" for the function TARGET, FUNC or "
	  "MODULE:FUNC. Without it they are judged for any function: its arguments cannot be read" },
	{ "btf", 'b', OPT_TEXT, OFF(verify_verb, btf), "FILE",
	  "Take types from FILE, raw BTF or an ELF file with a section .BTF, not from the running "
	  "kernel" },
	{ "help", 'h', OPT_FLAG, OFF(verify_verb, help), NULL, "Print the options" },
	{ "json", 'j', OPT_FLAG, OFF(verify_verb, json), NULL, "Print one JSON object" },
	{ "program", 'p', OPT_TEXT, OFF(verify_verb, program), "NAME",
	  "Judge the program NAME alone" },
	{ "target", 'T', OPT_TEXT, OFF(verify_verb, target), "EXE",
	  "Take types from EXE, the executable whose functions are traced: its .BTF or DWARF" },
	{ "verbose", 'v', OPT_COUNT, OFF(verify_verb, verbose), NULL,
	  "Print the verifier's log: once, its last steps; twice, every instruction visited, with what "
	  "is known of registers" },
	{ NULL },
};

static const struct opt shim_opts[] = {
	{ "help", 'h', OPT_FLAG, OFF(shim, help), NULL, "Print the options" },
	{ NULL },
};

const struct verb verbs[] = {
	{ "run", run_verb, "load a BPF object, attach its programs, print what they say",
	  "[OPTION...] FILE.bpf.o [-- COMMAND [ARG...]]", run_opts },
	{ "doctor", doctor_verb, "find out which engines work here, and why others do not",
	  "[OPTION...]", doctor_opts },
	{ "verify", verify_verb, "judge the programs of a BPF object without running or loading them",
	  "[OPTION...] FILE.bpf.o", verify_verb_opts },
	{ "list", list_verb, "list the functions of a program, and which of them can be attached",
	  "[OPTION...] FILE [GLOB...], or -p PID [GLOB...]", list_verb_opts },
	{ "shim", shim_verb, "run a program that uses libbpf on the user engine, without a kernel's bpf(2)",
	  "-- COMMAND [ARG...]", shim_opts },
	{ NULL },
};
