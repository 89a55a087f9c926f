"""Runs inside a container: lists what a program there can write, see, reach and ask of the kernel.

Needs a Python and nothing else. Each line is one thing that works, so that the lines of two
containers can be held against each other.
"""

import ctypes
import errno
import os
import socket
import stat

LIBC = ctypes.CDLL(None, use_errno=True)
# Numbers of x86-64, with arguments that are wrong where the call is allowed.
CALLS = {
    "add_key": (248, 0, 0, 0, 0, 0),
    "bpf": (321, 99, 0, 0),
    "chroot": (161, b"/"),
    "clock_settime": (227, 0, 0),
    "finit_module": (313, -1, 0, 0),
    "fsopen": (430, b"tmpfs", 0),
    "init_module": (175, 0, 0, 0),
    "io_uring_setup": (425, 0, 0),
    "kexec_load": (246, 0, 0, 0, 0),
    "keyctl": (250, 0, -3, 0),
    "mount": (165, b"none", b"/tmp", b"tmpfs", 0, 0),
    "move_mount": (429, -1, b"", -1, b"", 0),
    "open_by_handle_at": (304, -1, 0, 0),
    "perf_event_open": (298, 0, 0, -1, -1, 0),
    "pivot_root": (155, b"/", b"/"),
    "quotactl": (179, 0, 0, 0, 0),
    "reboot": (169, 0, 0, 0, 0),
    "setdomainname": (171, b"x", 1),
    "sethostname": (170, b"x", 1),
    "setns": (308, -1, 0),
    "settimeofday": (164, 0, 1),
    "swapon": (167, b"/", 0),
    "syslog": (103, 3, 0, 0),
    "umount2": (166, b"/proc", 0),
    "unshare mounts": (272, 0x00020000),
    "unshare users": (272, 0x10000000),
    "userfaultfd": (323, 0),
}
SECRETS = (
    "kcore",
    "keys",
    "timer_list",
    "sched_debug",
    "kmsg",
    "kallsyms",
    "key-users",
    "vmallocinfo",
)
OUTSIDE = (("1.1.1.1", 53), ("169.254.169.254", 80), ("172.17.0.1", 22))


def can_open(path, flags):
    try:
        os.close(os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW))
    except OSError:
        return False
    return True


def written():
    for top in ("/proc", "/sys", "/dev"):
        for folder, folders, files in os.walk(top):
            if top == "/proc":
                folders[:] = [name for name in folders if not name.isdigit() and "self" not in name]
            if can_make(folder):
                yield "write folder " + folder
            paths = (os.path.join(folder, name) for name in files)
            yield from ("write " + path for path in paths if can_open(path, os.O_WRONLY))
    for folder, folders, _ in os.walk("/"):
        if folder == "/":
            # Those were looked at, and this holds many.
            folders[:] = [name for name in folders if name not in ("proc", "sys", "dev", "usr")]
        if can_make(folder):
            yield "write folder " + folder


def can_make(folder):
    path = os.path.join(folder, ".probe")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        os.unlink(path)
    except OSError:
        return False
    return True


def seen():
    for name in SECRETS:
        try:
            content = os.read(os.open("/proc/" + name, os.O_RDONLY | os.O_NONBLOCK), 4096)
        except OSError:
            continue
        if content.replace(b"0", b"").strip():
            yield "see /proc/" + name
    for name in sorted(os.listdir("/dev")):
        mode = os.stat("/dev/" + name).st_mode
        if stat.S_ISBLK(mode) or stat.S_ISCHR(mode):
            yield "see device " + name
    processes = [name for name in os.listdir("/proc") if name.isdigit()]
    others = len(processes) - 2
    if others > 1:
        yield "see %d other processes" % others
    for name in ("/sys/firmware", "/sys/devices/virtual/powercap"):
        if os.path.isdir(name) and os.listdir(name):
            yield "see " + name


def given():
    for name in sorted(os.environ):
        if name not in ("HOME", "PATH", "HOSTNAME", "LANG", "LC_CTYPE") and "PYTHON" not in name:
            yield "see variable " + name


def reached():
    for name in sorted(os.listdir("/sys/class/net")) if os.path.isdir("/sys/class/net") else ():
        if name != "lo":
            yield "reach interface " + name
    for address in OUTSIDE:
        try:
            socket.create_connection(address, 0.3).close()
        except ConnectionRefusedError:
            yield "reach %s" % address[0]
        except OSError:
            continue
        else:
            yield "reach %s:%d" % address
    for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock"):
        if os.path.exists(path):
            yield "reach " + path


def asked():
    for name, (number, *words) in CALLS.items():
        ctypes.set_errno(0)
        child = os.fork()
        if child == 0:
            result = LIBC.syscall(number, *words)
            refused = result < 0 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS, errno.EACCES)
            os._exit(0 if refused else 1)
        if os.waitpid(child, 0)[1]:
            yield "call " + name


def held():
    with open("/proc/self/status") as file:
        fields = {name: value.strip() for name, _, value in (line.partition(":") for line in file)}
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        if int(fields[name], 16):
            yield "hold %s %s" % (name, fields[name])
    if fields["NoNewPrivs"] == "0":
        yield "hold new privileges by set-user-ID programs"
    if fields["Seccomp"] == "0":
        yield "hold every system call"
    with open("/proc/self/uid_map") as file:
        outside = int(file.read().split()[1])
    if outside == 0 and os.getuid() == 0:
        yield "hold the identity of root of the machine"


def main():
    for lines in (written, seen, given, reached, asked, held):
        for line in sorted(set(lines())):
            print(line)


if __name__ == "__main__":
    main()
