/* SPDX-License-Identifier: BSD-2-Clause */
/* The fsession command on a kernel: what it prints, how it ends, what it leaves behind. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../unit/json_check.h"
#include "../unit/tap.h"

#define OUT "/tmp/cli.out"
#define ERR "/tmp/cli.err"

/* What the last command did. */
static int status;
static char out[1 << 20], err[1 << 16];
static double seconds;
static uid_t run_as;	/* of the next commands; 0 = root */

static void read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, len = 0;

	while (fd >= 0 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	buf[len] = '\0';
	if (fd >= 0)
		close(fd);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* WAIT: until the command in the background says that it is attached */
#define WAIT "i=0; until grep -q engine " ERR " || [ $i = 100 ]; do sleep .1; i=$((i + 1)); done; "

static void set_variables(void)
{
	const char *engine = tap_option("engine"), *loader = getenv("LIB_RUN");
	char text[256];

	snprintf(text, sizeof(text), "%s build/src/cli/fsession", loader ? loader : "");
	setenv("F", text, 1);
	snprintf(text, sizeof(text), "%s run --engine %s", getenv("F"), engine ? engine : "auto");
	setenv("RUN", text, 1);
	setenv("EX", "build/examples", 1);
	setenv("T", "build/tests/kernel", 1);
}

__attribute__((constructor)) static void set_up(void)
{
	tap_set_up(set_variables);
}

/* A shell command. $F is the command, $RUN "fsession run" with the engine to test, $EX and $T are
 * where the objects are. */
static void sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *fmt, ...)
{
	char command[2048] = "exec >" OUT " 2>" ERR " </dev/null; ";
	size_t len = strlen(command);
	double start = now();
	va_list ap;
	pid_t pid;

	unlink(OUT);
	unlink(ERR);

	va_start(ap, fmt);
	vsnprintf(command + len, sizeof(command) - len, fmt, ap);
	va_end(ap);
	pid = fork();
	if (!pid) {
		if (run_as && setresuid(run_as, run_as, run_as))
			_exit(99);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(98);
	}
	waitpid(pid, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	seconds = now() - start;
	read_file(OUT, out, sizeof(out));
	read_file(ERR, err, sizeof(err));
}

static bool has(const char *text, const char *part, const char *what)
{
	if (strstr(text, part))
		return true;
	printf("# %s lacks '%s':\n", what, part);
	for (size_t at = 0, len; text[at] && at < 4000; at += len + !!text[at + len]) {
		len = strcspn(text + at, "\n");
		printf("#   ");
		fwrite(text + at, 1, len, stdout);
		putchar('\n');
	}
	return false;
}

#define OUT_HAS(part) CHECK(has(out, part, "output"))
#define ERR_HAS(part) CHECK(has(err, part, "messages"))
#define STATUS(n) CHECK(status == (n) || has(err, "\1", "status is wrong; what it said"))

static int count(const char *text, const char *part)
{
	int n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

/* BPF programs in the kernel */
static int nr_programs(void)
{
	uint32_t id = 0;
	int n = 0;

	while (!bpf_prog_get_next_id(id, &id))
		n++;
	return n;
}

/* The kernel frees programs and links some time after they are closed; those of the command before
 * may have been among the @n. */
static bool programs_go_back_to(int n)
{
	for (int i = 0; i < 100 && nr_programs() > n; i++)
		usleep(100000);
	return nr_programs() <= n;
}

/* A message which names @object and why, and nothing left behind. */
static void fails(const char *object, const char *why, const char *command)
{
	int before = nr_programs();

	sh("%s", command);
	STATUS(1);
	ERR_HAS(object);
	ERR_HAS(why);
	CHECK_EQ(count(err, "\n"), 1 + count(err, "\nhint: "));
	CHECK(!strstr(err, "libbpf: "));
	CHECK_STR(out, "");
	CHECK(programs_go_back_to(before));
}

TEST(cli_icmp)
{
	const char *engine = tap_option("engine");
	char line[64];

	sh("$RUN $EX/icmp.bpf.o -- ping -c1 127.0.0.1");
	STATUS(0);
	OUT_HAS("fsession entry.\n");
	OUT_HAS("fsession exit.\n");
	OUT_HAS("1 packets received");
	CHECK(strstr(out, "fsession entry.") < strstr(out, "fsession exit."));
	CHECK_EQ(count(out, "fsession entry.\n"), 2);	/* request and reply */
	CHECK_EQ(count(out, "fsession exit.\n"), 2);
	snprintf(line, sizeof(line), "icmp: engine %s on icmp_rcv: ", engine ? engine : "");
	ERR_HAS(engine ? line : "icmp: engine ");
	CHECK_EQ(count(err, "\n"), 1);
}

TEST(cli_cookie)
{
	sh("$RUN $EX/cookie.bpf.o -- ping -c1 127.0.0.1");
	STATUS(0);
	CHECK_EQ(count(out, "fsession cookie: 0xdeadbeef\n"), 2);
}

/* An object that declares the kfuncs as the kernel does, for kernels that have none. */
/* Kernels differ in what they let a process do to another, and to itself. */
TEST(cli_user_engine)
{
	if (access("build/src/shim/libfsession-user.so", F_OK))
		return;		/* not for this CPU */
	sh("$F run --engine user $EX/calc.bpf.o -- $EX/calc 3+4");
	STATUS(0);
	OUT_HAS("  product(\"3+4\") {\n    number(\"3+4\") {\n    } = 3, ");
	OUT_HAS("} = 7, ");
	sh("$F run --engine user --lib $EX/libsample.so $EX/icmp.bpf.o -- sample 3");
	STATUS(0);
	CHECK_EQ(count(out, "fsession entry.\n"), 3);
	CHECK_EQ(count(out, "fsession exit.\n"), 3);
}

TEST(cli_foreign_object)
{
	sh("$RUN $T/cli_foreign.bpf.o -- ping -c1 127.0.0.1");
	STATUS(0);
	CHECK_EQ(count(out, "fsession cookie: 0xdeadbeef\n"), 2);
}

TEST(cli_for)
{
	sh("$RUN $EX/icmp.bpf.o --for 1500ms");
	STATUS(0);
	CHECK_STR(out, "");
	CHECK(seconds >= 1.5 && seconds < 15);
}

TEST(cli_command_status)
{
	sh("$RUN $EX/icmp.bpf.o -- sh -c 'exit 3'");
	STATUS(0);
	ERR_HAS("'sh' exited with status 3");
	sh("$RUN $EX/icmp.bpf.o -- /no/such/command");
	STATUS(1);
	ERR_HAS("cannot run '/no/such/command': No such file or directory");
}

/* The command starts when everything is attached, and outlives a run that ends before it. */
TEST(cli_command_outlives)
{
	sh("$RUN $EX/icmp.bpf.o --for 500ms -- sh -c 'sleep 100; echo end'");
	STATUS(0);
	ERR_HAS("'sh' still runs, pid ");
	CHECK(!strstr(out, "end"));
	CHECK(seconds < 90);
}

TEST(cli_interrupt)
{
	sh("$RUN $EX/latency.bpf.o -a icmp_rcv --dump & pid=$!; " WAIT
	   "ping -c1 127.0.0.1 >/dev/null; kill -INT $pid; wait $pid");
	STATUS(0);
	OUT_HAS("map funcs (percpu_hash): 1 of ");
	OUT_HAS("  icmp_rcv\n");
	OUT_HAS("|#");		/* its histogram */
}

/* Runs a shell command whose messages go to a terminal; returns that. */
static int start_on_terminal(const char *command, pid_t *ret)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), tty;

	if (fd < 0 || grantpt(fd) || unlockpt(fd))
		return -1;
	*ret = fork();
	if (*ret)
		return fd;
	tty = open(ptsname(fd), O_RDWR | O_NOCTTY);
	dup2(tty, STDERR_FILENO);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(98);
}

/* Appends to err what the terminal gets, until @text is there or its other end is closed. */
static bool read_terminal(int fd, size_t *len, const char *text)
{
	ssize_t n;

	while (!(text && strstr(err, text))) {
		n = read(fd, err + *len, sizeof(err) - 1 - *len);
		if (n <= 0)
			return false;
		*len += n;
		err[*len] = '\0';
	}
	return true;
}

/* A progress bar, and Ctrl-C while functions are being attached. */
TEST(cli_interrupt_attaching)
{
	int before = nr_programs(), fd, wait_status = 0;
	size_t len = 0;
	pid_t pid = -1;

	err[0] = '\0';
	fd = start_on_terminal("exec $RUN -e split $EX/latency.bpf.o -a 'vfs_*' >/dev/null", &pid);
	CHECK(fd >= 0);
	if (fd < 0)
		return;
	CHECK(read_terminal(fd, &len, "attaching ["));
	kill(pid, SIGINT);
	read_terminal(fd, &len, NULL);
	waitpid(pid, &wait_status, 0);
	close(fd);
	CHECK(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 1);
	ERR_HAS("\r\033[K");	/* the bar is taken away */
	ERR_HAS("stopped before everything was attached");
	CHECK(programs_go_back_to(before));
}

TEST(cli_kill)
{
	int before = nr_programs();

	sh("$RUN $EX/icmp.bpf.o & pid=$!; " WAIT "kill -9 $pid; wait $pid");
	CHECK_EQ(status, 128 + SIGKILL);
	ERR_HAS("icmp: engine ");	/* it was attached */
	CHECK(programs_go_back_to(before));
	sh("ls /sys/fs/bpf /sys/kernel/tracing/instances");
	CHECK(!strstr(out, "fsession"));
}

TEST(cli_json)
{
	sh("$RUN $EX/cookie.bpf.o --json --stats --dump -- ping -c1 127.0.0.1");
	STATUS(0);
	CHECK(json_check_lines(out));
	CHECK(out == strstr(out, "{\"type\":\"program\",\"name\":\"cookie\",\"section\":"
			    "\"fsession/icmp_rcv\",\"engine\":\""));
	CHECK_EQ(count(out, "{\"type\":\"printk\",\"time_ns\":"), 2);
	CHECK_EQ(count(out, ",\"text\":\"fsession cookie: 0xdeadbeef\"}\n"), 2);
	OUT_HAS("{\"type\":\"stats\",\"program\":\"cookie\",\"runs\":4,");
	OUT_HAS("{\"type\":\"end\",\"why\":\"command\",\"command_status\":0,\"lines\":2,");
	ERR_HAS("1 packets received");	/* the command's output is out of the way */
}

TEST(cli_stats_and_prefix)
{
	char *s;

	sh("$RUN $EX/icmp.bpf.o --stats --trace-prefix -- ping -c1 127.0.0.1");
	STATUS(0);
	OUT_HAS("program                        runs    entries      exits     missed");
	OUT_HAS("icmp                              4 ");
	if (strstr(err, "engine split"))
		OUT_HAS("          4          2          2          0          0          0          0");
	s = strstr(out, ": fsession entry.");
	CHECK(s && isdigit((unsigned char)s[-1]) && strstr(out, " [00"));
}

TEST(cli_dump_text)
{
	sh("$RUN $T/cli_dump.bpf.o --dump -- ping -c1 127.0.0.1");
	STATUS(0);
	OUT_HAS("map points (hash): 2 of 8 entries\n"
		"  {.a = 2, .b = 20}\n    x = 5\n    y = 4\n    flags = 1\n    small = -2\n"
		"    color = RED\n    {.whole = 0, .bytes = [4 x 0]}\n    name = \"p\"\n"
		"  {.a = 10, .b = 20}\n    x = 3\n");
	OUT_HAS("map per_cpu (percpu_array): 1 of 2 entries are not zero, sums of 2 CPUs\n  1 = 2\n");
	OUT_HAS("map untyped (hash): 1 of 4 entries\n  01020304 = aabb\n");
	OUT_HAS("map ring (ringbuf): has no entries to show\n");
	OUT_HAS("\n.rodata\n  config = -3\n");
	OUT_HAS("  counter = 42\n");
	OUT_HAS("  flag = true\n");
	OUT_HAS("  text = \"say \\\"hi\\\"\"\n");
	OUT_HAS("  favourite = BLUE\n");
	OUT_HAS("  origin\n    x = 1\n    y = -2\n    flags = 5\n    small = -1\n    color = GREEN\n"
		"    {.whole = 16909060, .bytes = [4, 3, 2, 1]}\n    name = \"abc\"\n");
	OUT_HAS("  numbers = [1, 2, 1 x 0]\n");
	OUT_HAS("  pointer = 0x0\n");
	OUT_HAS("  where = icmp_rcv\n");
	OUT_HAS("  slept = 1.50ms\n");
	OUT_HAS(" 0 .. 2          1 |#############");
	OUT_HAS("  entries = 2\n");
}

TEST(cli_dump_json)
{
	sh("$RUN $T/cli_dump.bpf.o --dump --json -- ping -c1 127.0.0.1");
	STATUS(0);
	CHECK(json_check_lines(out));
	OUT_HAS("{\"type\":\"map\",\"name\":\"points\",\"map_type\":\"hash\",\"max_entries\":8,\"entries\":[{");
	OUT_HAS("{\"key\":{\"a\":2,\"b\":20},\"value\":{\"x\":5,\"y\":4,\"flags\":1,\"small\":-2,"
		"\"color\":\"RED\",\"whole\":0,\"bytes\":[0,0,0,0],\"name\":\"p\"}}");
	OUT_HAS("\"name\":\"per_cpu\",\"map_type\":\"percpu_array\",\"max_entries\":2,\"entries\":"
		"[{\"key\":0,\"values\":[0,0]},{\"key\":1,\"values\":[");
	OUT_HAS("{\"key\":\"01020304\",\"value\":\"aabb\"}");
	OUT_HAS("{\"type\":\"globals\",\"section\":\".rodata\",\"values\":{\"config\":-3}}");
	OUT_HAS("\"counter\":42");
	OUT_HAS("\"flag\":true");
	OUT_HAS("\"text\":\"say \\\"hi\\\"\"");
	OUT_HAS("\"where\":\"icmp_rcv\"");
	OUT_HAS("\"slept\":1500000");
	OUT_HAS("\"sizes\":[1,0,3,0,0,0,0,0]");
	OUT_HAS("\"pointer\":\"0x0\"");
}

TEST(cli_kinds_of_programs)
{
	sh("$RUN $T/cli_mix.bpf.o --json --dump -- ping -c1 127.0.0.1");
	STATUS(0);
	OUT_HAS("\"kprobe_hits\":2");
	OUT_HAS("\"name\":\"mix_kprobe\",\"section\":\"kprobe/icmp_rcv\",\"engine\":null,\"reason\":null,"
		"\"target\":null,\"functions\":1");
	OUT_HAS("\"name\":\"mix_xdp\",\"section\":\"xdp\",\"engine\":null,\"reason\":null,\"target\":null,"
		"\"functions\":0");
	OUT_HAS("\"multi_hits\":[3,3]");	/* icmp_rcv twice, icmp_echo once */
	CHECK(!strstr(out, "mix_off"));
}

/* Lines that come fast: none missing, in order, and nothing that a terminal would obey. */
TEST(cli_burst)
{
	char line[64];
	size_t at = 0;

	sh("$RUN $T/cli_mix.bpf.o -- ping -c1 127.0.0.1 | grep ^line");
	for (int i = 0; i < 400; i++) {
		snprintf(line, sizeof(line), "line %d\\x1b[31m\n", i % 200);
		CHECK(!strncmp(out + at, line, strlen(line)));
		at += strcspn(out + at, "\n");
		at += !!out[at];
	}
	CHECK(!out[at]);
	CHECK(!strstr(err, "lost"));
}

/* Lines of another fsession's programs are its own. */
TEST(cli_lines_of_others)
{
	sh("$RUN $EX/icmp.bpf.o >/tmp/first & first=$!; " WAIT
	   "$RUN $EX/cookie.bpf.o -- ping -c1 127.0.0.1 >/tmp/second; "
	   "kill $first; wait; cat /tmp/first");
	CHECK_STR(out, "fsession entry.\nfsession exit.\nfsession entry.\nfsession exit.\n");
	sh("grep fsession /tmp/second");
	CHECK_STR(out, "fsession cookie: 0xdeadbeef\nfsession cookie: 0xdeadbeef\n");
}

/* A reader of trace_pipe does not take our lines, nor we its. */
TEST(cli_trace_pipe_reader)
{
	sh("cd /sys/kernel/tracing; echo >trace; cat trace_pipe >/tmp/pipe & cat=$!; cd - >/dev/null; "
	   "$RUN $EX/icmp.bpf.o -- ping -c1 127.0.0.1; sleep .3; kill $cat");
	CHECK_EQ(count(out, "fsession entry.\n"), 2);
	sh("cat /tmp/pipe");
	CHECK_EQ(count(out, "fsession entry."), 2);
}

/* Not mounted, and switched off besides. */
TEST(cli_without_tracefs)
{
	sh("echo 0 >/sys/kernel/tracing/tracing_on");
	CHECK(!unshare(CLONE_NEWNS));
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	umount2("/sys/kernel/tracing", MNT_DETACH);
	umount2("/sys/kernel/debug", MNT_DETACH);
	CHECK(access("/sys/kernel/tracing/trace_pipe", F_OK));
	sh("$RUN $EX/icmp.bpf.o -- ping -c1 127.0.0.1");
	STATUS(0);
	CHECK_EQ(count(out, "fsession exit.\n"), 2);
}

TEST(cli_attach_several)
{
	sh("$RUN $EX/latency.bpf.o -a icmp_rcv -a vfs_statx -a 'icmp_ech?' -a vfs_caches_init --dump -- "
	   "sh -c 'ping -c1 127.0.0.1 >/dev/null; stat / >/dev/null; stat /nonexistent 2>/dev/null'");
	STATUS(0);
	ERR_HAS(" on 3 functions: ");
	ERR_HAS("left out 1 function: vfs_caches_init (");
	OUT_HAS("  icmp_echo\n    calls = 1\n");
	OUT_HAS("  icmp_rcv\n    calls = 2\n");
	OUT_HAS("  vfs_statx\n");
	CHECK(!strstr(strstr(out, "  vfs_statx\n"), "errors = 0\n"));
}

TEST(cli_attach_skips_json)
{
	sh("$RUN $EX/latency.bpf.o -a 'vfs_caches_*' -a vfs_rename --json --for 100ms");
	STATUS(0);
	CHECK(json_check_lines(out));
	OUT_HAS("{\"type\":\"skipped\",\"program\":\"latency\",\"function\":\"vfs_caches_init\",\"reason\":\"");
}

/* Loads cli_xdp.bpf.o, pins it and runs it all the time in a process of its own. */
static pid_t run_xdp(uint32_t *id)
{
	struct bpf_object *obj = bpf_object__open_file(tap_file("cli_xdp.bpf.o"), NULL);
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	char packet[64] = "";
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	struct bpf_program *p;
	pid_t pid;
	int fd;

	if (!obj || bpf_object__load(obj))
		return -1;
	p = bpf_object__find_program_by_name(obj, "cli_xdp_target_of_session");
	fd = bpf_program__fd(p);
	if (bpf_obj_get_info_by_fd(fd, &info, &len) || bpf_obj_pin(fd, "/sys/fs/bpf/cli_xdp"))
		return -1;
	*id = info.id;
	pid = fork();
	while (!pid) {
		bpf_prog_test_run_opts(fd, &opts);
		usleep(20000);
	}
	return pid;
}

TEST(cli_attach_prog)
{
	uint32_t id = 0;
	pid_t pid = run_xdp(&id);

	CHECK(pid > 0);
	if (pid <= 0)
		return;
	sh("$RUN $EX/latency.bpf.o -a prog:%u --json --for 100ms", id);
	STATUS(0);
	OUT_HAS(":cli_xdp_target_of_session\"");
	sh("$RUN $EX/latency.bpf.o -a prog:cli_xdp_target_of_session --dump --for 1s");
	STATUS(0);
	OUT_HAS("map funcs (percpu_hash): 1 of ");
	OUT_HAS("cli_xdp");
	sh("$RUN $EX/latency.bpf.o -a prog:/sys/fs/bpf/cli_xdp:cli_xdp_part --json --for 100ms");
	STATUS(0);
	OUT_HAS(":cli_xdp_part\"");
	fails("cli_xdp", "no function 'nothing'",
	      "$RUN $EX/latency.bpf.o -a prog:/sys/fs/bpf/cli_xdp:nothing");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink("/sys/fs/bpf/cli_xdp");
}

TEST(cli_bad_targets)
{
	fails("'icmp_rvc'", "hint: ", "$RUN $EX/latency.bpf.o -a icmp_rvc");
	ERR_HAS("icmp_rcv");
	fails("'nomod:vfs_read'", "nomod", "$RUN $EX/latency.bpf.o -a nomod:vfs_read");
	fails("'xyzzy_*'", "no function matches", "$RUN $EX/latency.bpf.o -a 'xyzzy_*'");
	fails("'do_exit'", "'latency'", "$RUN $EX/latency.bpf.o -a do_exit");
	fails("prog:xyzzy", "no BPF program", "$RUN $EX/latency.bpf.o -a prog:xyzzy");
}

TEST(cli_bad_return)
{
	fails("bad_return", "", "$RUN $T/cli_bad.bpf.o");
}

/* The licence of an object that prints. */
TEST(cli_bad_licence)
{
	sh("sed 's,Dual BSD/GPL,Proprietary!,' $EX/icmp.bpf.o >/tmp/proprietary.bpf.o");
	CHECK_EQ(status, 0);
	fails("icmp", "GPL", "$RUN /tmp/proprietary.bpf.o");
}

TEST(cli_bad_object)
{
	sh("$RUN /nonexistent --json");
	STATUS(1);
	CHECK_STR(out, "{\"type\":\"end\",\"why\":\"error\",\"lines\":0,\"lines_of_others\":0,\"lost\":0}\n");
	fails("'/nonexistent'", "No such file", "$RUN /nonexistent");
	sh("head -c 2000 $EX/icmp.bpf.o >/tmp/cut.bpf.o");
	fails("'/tmp/cut.bpf.o'", "", "$RUN /tmp/cut.bpf.o");
}

TEST(cli_no_privilege)
{
	int before = nr_programs();

	chmod("/tmp", 01777);
	run_as = 65534;
	sh("$F run $EX/icmp.bpf.o");
	STATUS(1);
	ERR_HAS("icmp");
	ERR_HAS("Operation not permitted");
	ERR_HAS("hint: ");
	CHECK(programs_go_back_to(before));
}

/* A rung's line, and what would make it work where it does not. */
static void doctor_says(const char *rung, bool works)
{
	char line[64];

	snprintf(line, sizeof(line), "\n%-15s %s: ", rung, works ? "works" : "does not work");
	OUT_HAS(line);
}

/* Linux 7.0 has sessions, 7.2 links of many functions on x86_64. */
static void kernel_has(bool *native, bool *multi)
{
	int major = 0, minor = 0;
	struct utsname u;

	uname(&u);
	sscanf(u.release, "%d.%d", &major, &minor);
	*native = major >= 7;
	*multi = 100 * major + minor >= 702 && !strcmp(u.machine, "x86_64");
}

TEST(cli_doctor)
{
	int before = nr_programs();
	bool native, multi;

	kernel_has(&native, &multi);
	sh("echo; $F doctor");
	STATUS(0);
	doctor_says("kernel multi", multi);
	doctor_says("kernel", native);
	doctor_says("split", true);
	if (!native)
		OUT_HAS("to make it work: Linux 7.0 or newer\n");
	if (!multi)
		OUT_HAS("to make it work: Linux 7.2 or newer, on x86_64\n");
	OUT_HAS("cap_bpf                    yes");
	CHECK_STR(err, "");
	CHECK(programs_go_back_to(before));
}

/* Without privilege: what is wanting, for each rung, and a status that tells scripts. */
TEST(cli_doctor_no_privilege)
{
	chmod("/tmp", 01777);
	run_as = 65534;
	sh("echo; $F doctor");
	STATUS(1);
	doctor_says("kernel multi", false);
	doctor_says("kernel", false);
	doctor_says("split", false);
	CHECK(count(out, "to make it work: ") >= 3);
	CHECK(count(out, "CAP_BPF") >= 3);
	OUT_HAS("cap_bpf                    no");
	OUT_HAS("\nNo engine for functions of the kernel works here.\n");
	sh("$F doctor --json");
	STATUS(1);
	CHECK(json_check_lines(out));
	OUT_HAS("\"works\":false}");
}
