from tools.debian_contents import owners_of, relevant_lines

LINES = """\
bin/cp                                                  utils/coreutils
usr/bin/nc.traditional                                  net/netcat-traditional
usr/lib/x86_64-linux-gnu/libmagic.so.1                  libs/libmagic1
usr/lib/x86_64-linux-gnu/libmagic.so                    libdevel/libmagic-dev
usr/lib/x86_64-linux-gnu/nss/libsoftokn3.so             libs/libnss3
usr/share/doc/a b/usr/bin/not                           doc/x
usr/bin/vi                                              editors/vim,editors/nvi
lib/aarch64-linux-gnu/libc.so.6                         libs/libc6
""".splitlines(keepends=True)


def test_only_what_is_loaded_or_started_is_kept():
    owners = owners_of(relevant_lines(LINES))
    assert owners.programs == {
        "cp": ("coreutils",),
        "nc.traditional": ("netcat-traditional",),
        "vi": ("nvi", "vim"),
    }
    assert owners.libraries == {
        "libmagic.so.1": ("libmagic1",),
        "libmagic.so": ("libmagic-dev",),
        "libc.so.6": ("libc6",),
    }
