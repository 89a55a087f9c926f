import shutil
import subprocess
import sys

import pytest

from jettison.formats.elf import library_names, listing_program, loader_cache

LIBRARIES = {
    name: f"/usr/lib/x86_64-linux-gnu/{name}"
    for name in (
        "libz.so.1",
        "libfoo.so.9",
        "libfoo.so.10",
        "libfoo.so",
        "liba.so.1",
        "libfoo2.so.1",
    )
}
# As glibc's binary search wants it: descending, digits by their number and after letters.
ORDER = ["libz.so.1", "libfoo2.so.1", "libfoo.so.10", "libfoo.so.9", "libfoo.so", "liba.so.1"]


def listed(output):
    return [line.split()[0] for line in output.splitlines() if line.startswith("\t")]


def printed(tmp_path, architecture):
    cache = tmp_path / "ld.so.cache"
    cache.write_bytes(loader_cache(LIBRARIES, architecture))
    program = listing_program(sys.executable, architecture).decode()
    script = tmp_path / "ldconfig"
    script.write_text(program.replace('/etc/ld.so.cache", "rb', f'{cache}", "rb'))
    return subprocess.run(
        [sys.executable, script, "-p"], capture_output=True, check=True, text=True
    )


def test_the_listing_shows_every_library_in_the_loaders_order(tmp_path):
    assert listed(printed(tmp_path, "arm64").stdout) == ORDER
    assert (
        "libz.so.1 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libz.so.1"
        in printed(tmp_path, "amd64").stdout
    )


LDCONFIG = shutil.which("ldconfig", path="/sbin:/usr/sbin")


@pytest.mark.skipif(LDCONFIG is None, reason="compares with glibc's own reader")
@pytest.mark.parametrize(("architecture", "kind"), [("amd64", "x86-64"), ("arm64", "AArch64")])
def test_glibc_reads_it(tmp_path, architecture, kind):
    cache = tmp_path / "ld.so.cache"
    cache.write_bytes(loader_cache(LIBRARIES, architecture))
    done = subprocess.run(
        [LDCONFIG, "-p", "-C", cache],
        capture_output=True,
        check=True,
        text=True,
        env={"LC_ALL": "C"},
    )
    assert listed(done.stdout) == ORDER
    assert done.stdout.count(f"(libc6,{kind})") == len(ORDER)


def test_the_program_refuses_what_it_cannot_do(tmp_path):
    script = tmp_path / "ldconfig"
    script.write_bytes(listing_program(sys.executable, "amd64"))
    done = subprocess.run([sys.executable, script], capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert "only -p is supported" in done.stderr


def test_names_are_sonames_and_links_by_the_first_directory():
    paths = [
        ("usr/lib/t/libx.so.1.2", "libx.so.1"),
        ("usr/lib/t/libx.so.1", ""),
        ("usr/lib/t/liby-2.so", "liby.so.0"),
        ("usr/local/lib/libx.so.1", "libx.so.1"),
        ("usr/lib/elsewhere/libz.so", "libz.so"),
    ]
    assert library_names(paths, ["usr/local/lib", "usr/lib/t"]) == {
        "libx.so.1": "/usr/local/lib/libx.so.1",
        "liby.so.0": "/usr/lib/t/liby-2.so",
    }
