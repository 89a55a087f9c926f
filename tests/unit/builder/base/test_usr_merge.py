import pytest

from jettison.builder.minimal_packages import merged, root_links
from jettison.images.tar_writer import Member


@pytest.mark.parametrize(
    ("path", "target", "new_path", "new_target"),
    [
        ("lib/x/liba.so.1", "liba.so.1.2", "usr/lib/x/liba.so.1", "liba.so.1.2"),
        ("lib64/ld.so.2", "/lib/x/ld.so.2", "usr/lib64/ld.so.2", "/lib/x/ld.so.2"),
        ("lib64/ld.so.2", "../lib/x/ld.so", "usr/lib64/ld.so.2", "../lib/x/ld.so"),
        ("bin/a", "../usr/bin/b", "usr/bin/a", "b"),
        ("usr/lib/x/liba.so", "../../../lib/x/liba.so.1", "usr/lib/x/liba.so", "liba.so.1"),
        ("etc/a", "../usr/lib/a", "etc/a", "../usr/lib/a"),
    ],
)
def test_links_lead_to_the_same_file_after_the_move(path, target, new_path, new_target):
    entry = merged(Member.symlink(path, target).entry)
    assert (entry.path, entry.link) == (new_path, new_target)


def test_files_and_hard_links_move_and_root_links_are_ours():
    assert merged(Member.file("sbin/x", b"").entry).path == "usr/sbin/x"
    assert merged(Member.hard_link("bin/a", "bin/b").entry).link == "usr/bin/b"
    assert merged(Member.symlink("lib", "usr/lib").entry) is None
    assert [member.entry.path for member in root_links("amd64")] == ["bin", "lib", "lib64", "sbin"]
    assert [member.entry.path for member in root_links("arm64")] == ["bin", "lib", "sbin"]
